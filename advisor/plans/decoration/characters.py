"""Characters that a page, a terminal, a chat or an editor put into the text: marks, colours, odd blanks, turned quotes.

What a literal may have held itself is changed only where the plan's form shows that all of the text was, and told.
"""

from __future__ import annotations

import html
import re

from advisor.model.plan import PlanWarning

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CARETS = re.compile(r"\^\[\[[0-9;]*m")
#: Blanks of one column that are no U+0020, and characters of no width.
_BLANK = "\u00a0\u2000-\u200a\u202f\u205f\u3000"
_BLANKS = re.compile(f"[{_BLANK}]")
_QUOTED_BLANK = re.compile(f"['\"][^'\"\n{_BLANK}]*[{_BLANK}]")
_LEADING = re.compile(f"^[ \t]*+[\"'>|]?[ \t{_BLANK}]+", re.MULTILINE)
_NO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_AT_ENDS = re.compile("^[\u200b-\u200f\u2060\ufeff\u00ad]+|[\u200b-\u200f\u2060\ufeff\u00ad]+$", re.MULTILINE)
#: Where a plan's form asks for a blank: there alone it shows that blanks were replaced.
_BLANK_IN_FORM = re.compile(
    f"->[ ]?[\u00a0\u2007\u202f]|[\u00a0\u2007\u202f] ?\\((?:cost|actual)|^[{_BLANK} ]*+[^ ]+:[{_BLANK}]"
    f'|":[{_BLANK}]|<explain[{_BLANK}]|[a-z][{_BLANK}](?:Scan|Join)\\b',
    re.MULTILINE,
)
_BLANK_AT_START = re.compile(f"^[ \t]*+[\"'>|]?[ \t]*+[{_BLANK}]", re.MULTILINE)
_ARROW_AT_START = re.compile(r"^([ \t>|\"']*)(?:→|⇒|[–—]>)(?= +[A-Z])", re.MULTILINE)
_ARROWS = re.compile(r"→|⇒|[–—]>")
_TURNED = re.compile("[\u2018\u2019]::\\w|[=(,~] ?[\u2018]|[\u201c\u201d] ?:|[{,] ?[\u201c]")
_TURNED_PAIR = re.compile("\\s[\u2018][^\u2018\u2019\n]*[\u2019]")
_SEPARATED = re.compile(
    r"[\u2028\u2029\x85](?=[^\w\s]*\s*(?:->|[\"{}\[\]<|`+*-]|\(\d+ |[A-Z][\w/-]*(?: [\w/]+)*:|\d+\t|[A-Z]|\d{4}-|Z?\Z))"
)
_SEPARATOR = re.compile("[\u2028\u2029\x85]")
_OF_PLAN = re.compile(r"[ \t>|\"'-]*+(?:[A-Z{\[<(]|\d)")
_SINGLE = re.compile("[\u2018\u2019]")
_DOUBLE = re.compile("[\u201c\u201d]")


class Cleaning:
    """A text on its way to plain characters, and what was doubtful about it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.warnings: list[PlanWarning] = []

    def doubt(self, position: int, text: str) -> None:
        """Something on the line of ``position`` that could have been a literal's own."""
        self.warnings.append(PlanWarning(self.text.count("\n", 0, position) + 1, text))


def clean(text: str) -> Cleaning:
    """The text with line ends \\n, plain blanks, quotes and arrows."""
    if text.startswith("\ufeff"):
        text = text[1:]
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "^[[" in text:
        text = _CARETS.sub("", text)
    if "\x00" in text:
        text = text.replace("\x00", "")
    made = Cleaning(text)
    if "\r" in text:
        _returns(made)
    if made.text.isascii():
        return made
    _separators(made)
    _no_width(made)
    _blanks(made)
    _turned(made)
    return made


def cleaned_again(text: str) -> Cleaning:
    """What stood in an export's or a log's strings, once they are opened: lines begin where none did before."""
    made = Cleaning(text)
    _blanks(made)
    _turned(made)
    return made


def _returns(made: Cleaning) -> None:
    """Carriage returns: of every line (Windows, a terminal's record), or some literal's."""
    text = made.text
    if "\n" not in text:
        made.text = text.replace("\r", "\n")
        return
    if "\r\n" not in text:
        # blanks that were put behind every line
        bare = re.sub(r"\r[ \t]+(?=\n)", "\r", text)
        if bare.count("\r\n") >= 0.9 * bare.strip("\n").count("\n"):
            text = bare
    inner = text.strip("\n")
    breaks, ended = inner.count("\n"), inner.count("\r\n")
    if ended >= 0.9 * breaks:
        made.text = text.replace("\r\n", "\n")
        doubled = made.text.count("\r\n")
        if doubled and doubled >= 0.9 * breaks:
            made.text = re.sub("\r+\n", "\n", made.text)
        elif ended < breaks:
            doubt = "most lines end in CR LF, not all: a literal with line breaks may have lost its own"
            made.doubt(text.index("\r"), doubt)
        made.text = re.sub(r"\r(?=\n*\Z)", "", made.text)
    elif ended:
        made.text = re.sub(r"\r+(?=[ \t]*\n)", "", text)
        doubt = "some lines end in CR LF: it was taken for a line's end, a literal may have held it"
        made.doubt(text.index("\r"), doubt)


def _separated(text: str) -> bool:
    """Whether lines end in Unicode's separators: most of them stand before what begins a line of a plan."""
    if "\u2028" not in text and "\u2029" not in text and "\x85" not in text:
        return False
    count = text.count("\u2028") + text.count("\u2029") + text.count("\x85")
    return count > text.strip("\n").count("\n") and len(_SEPARATED.findall(text)) >= 0.4 * count


def _separators(made: Cleaning) -> None:
    """Line and paragraph separators in place of line breaks."""
    if _separated(made.text):
        made.text = re.sub("[\u2028\u2029\x85]", "\n", made.text)
        made.doubt(0, "lines end in Unicode's separators: those of a literal were taken for line breaks too")
        return
    found = _SEPARATOR.search(made.text)
    if found is not None:
        made.doubt(found.start(), "a line separator of Unicode stands here: it was left as it is")


def _no_width(made: Cleaning) -> None:
    text = made.text
    if not _NO_WIDTH.search(text):
        return
    at_ends = list(_AT_ENDS.finditer(text))
    if len(at_ends) > 0.5 * (text.count("\n") + 1):
        made.text = text = _AT_ENDS.sub("", text)
    found = _NO_WIDTH.search(text)
    if found is None:
        return
    kept: list[str] = []
    for line in text.split("\n"):
        kept.append(line if line.isascii() or not _NO_WIDTH.search(line) else _bare_of_no_width(line))
    made.text = "\n".join(kept)
    made.doubt(found.start(), "characters of no width stand in the text: whether a literal held them cannot be told")


def _bare_of_no_width(line: str) -> str:
    """Those outside quotes are taken out."""
    kept: list[str] = []
    single = False
    first, last = line.find('"'), line.rfind('"')
    for at, char in enumerate(line):
        single ^= char == "'"
        if single or -1 < first < at <= last or not _NO_WIDTH.match(char):
            kept.append(char)
    return "".join(kept)


def _blanks(made: Cleaning) -> None:
    text = made.text
    if not _BLANKS.search(text):
        return
    if " " not in text or _BLANK_IN_FORM.search(text):
        quoted = _QUOTED_BLANK.search(text)
        if quoted is not None:
            made.doubt(
                quoted.start(), "blanks of another kind were replaced by plain ones, within literals and names too"
            )
        made.text = _BLANKS.sub(" ", text)
    elif _BLANK_AT_START.search(text):
        made.text = _LEADING.sub(lambda m: _BLANKS.sub(" ", m.group()), text)
        lines = made.text.split("\n")
        before = text.split("\n")
        changed = next((i for i, (a, b) in enumerate(zip(before, lines, strict=True)) if a != b), 0)
        if any("'" in line and line.count("'") % 2 for line in lines) or _BLANKS.search(made.text):
            made.warnings.append(
                PlanWarning(changed + 1, "blanks of another kind at the starts of lines were replaced, a literal's too")
            )


def _turned(made: Cleaning) -> None:
    """Quotes and arrows that an editor or a chat made prettier."""
    text = made.text
    if _ARROW_AT_START.search(text):
        made.text = text = _ARROW_AT_START.sub(r"\1->", text)
    found = _ARROWS.search(text)
    if found is not None:
        made.doubt(found.start(), "an arrow of one character stands here: whether it was -> cannot be told")
    turned = _turned_at(text)
    if turned is not None:
        made.doubt(turned, "quotes had been made typographic; they were read as plain ones")
        if "'" not in text:
            text = _SINGLE.sub("'", text)
        if '"' not in text:
            text = _DOUBLE.sub('"', text)
        made.text = text
    at = _only_turned(made.text)
    if at is not None:
        made.doubt(at, "all quotes of a kind are typographic: whether some were plain ones cannot be told")


def _only_turned(text: str) -> int | None:
    """Where a line of a plan has typographic quotes, and there is no plain one of that kind in all of the text."""
    kinds = [kind for kind, own in ((_SINGLE, "'"), (_DOUBLE, '"')) if own not in text and kind.search(text)]
    if not kinds:
        return None
    offset = 0
    for line in text.split("\n"):
        if not line.isascii() and _OF_PLAN.match(line):
            found = next((match for match in (kind.search(line) for kind in kinds) if match), None)
            if found is not None:
                return offset + found.start()
        offset += len(line) + 1
    return None


_ENTITY = re.compile(r"&(?:lt|gt|quot|#39|#x27);")
_ELLIPSIS = re.compile(
    r"^[ \t>|]*(?:\[?\(?(?:\.\.\.|…)\)?\]?|[<\[(]?(?:snip|snipped|cut|truncated|omitted)[>\])]?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


def unescaped(text: str) -> tuple[str, str | None]:
    """A plan (no XML) in which a chat's entities stand, and what to say of them."""
    if "&" not in text or not _ENTITY.search(text):
        return text, None
    if "<" in text or re.search("(?<!-)>", text):
        return text, "entities like &lt; stand in the plan: a page's or a literal's own, they were left as they are"
    return html.unescape(text), "entities like &lt; were read as the characters they stand for, in literals too"


def left_out(text: str) -> int | None:
    """Where somebody marked that lines were left out."""
    small = text.lower()
    if not any(sign in small for sign in ("...", "…", "snip", "cut", "truncated", "omitted")):
        return None
    found = _ELLIPSIS.search(text)
    return found.start() if found else None


_TABBED = re.compile(r"^\t+ *(?:->  [A-Z]|(?:- )?[A-Z][\w/-]*(?: [\w/]+)*: )", re.MULTILINE)


def plain(text: str) -> bool:
    """Whether nothing shows that a page, a chat or a mail changed characters."""
    if "=3D" in text or ("&" in text and _ENTITY.search(text) and "</" not in text):
        return False
    if _TABBED.search(text):
        return False
    if text.isascii():
        return True
    if _BLANK_AT_START.search(text) or _BLANK_IN_FORM.search(text) or _ARROWS.search(text):
        return False
    return not (_turned_at(text) is not None or _separated(text))


def _turned_at(text: str) -> int | None:
    """Where quotes show to be typographic: beside what only code has, or around a word behind a colon of its line."""
    found = _TURNED.search(text)
    if found is not None:
        return found.start()
    if "\u2018" not in text:
        return None
    offset = 0
    for line in text.split("\n"):
        colon = line.find(":")
        if colon >= 0 and "\u2018" in line:
            pair = _TURNED_PAIR.search(line, colon)
            if pair is not None:
                return offset + pair.start()
        offset += len(line) + 1
    return None
