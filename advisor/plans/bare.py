"""A server's own output, with nothing around it: read as it stands, before any decoration is looked for.

What takes decorations off must guess (is this line break the literal's own, or a wrap's?); a text that its format's
reader understands to the last line needs no guess. Anything in doubt is left to `decoration`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise

from advisor.model.plan import Plan, PlanFormat, PlanWarning
from advisor.plans.decoration.characters import plain
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.keys import TABLES
from advisor.plans.postgresql.text_beginning import is_node

_FIRST = re.compile(r"\s*+(?P<json>[\[{])|\s*+(?P<xml><explain\b)|(?P<yaml>- Plan:|(?:Query Text: \"[^\n]*+\n)?Plan:)")
_CRLF = re.compile(
    r"(?:width=\d++|loops=[\d.]++|never executed)\)\r$|^[ \t]*+</?Plan>\r$|^[ -]*+Plans?: ?\r$", re.MULTILINE
)
#: What psql prints below a plan: no reader of text takes it for a part.
_ROW_COUNT = re.compile(r"\n\s*+\(\d++ [^()\n]{1,40}\)\s*+\Z")
#: The one remark of a reader that no decoration explains: SUMMARY OFF, or auto_explain.
_NO_FOOTER = "no Execution Time"
#: Ends of remarks about a text that ends early, whatever line they are of.
_OF_A_CUT = (
    "the text is cut within this line, it is left out",
    "the node of a subplan is missing: the text is cut",
    "a subplan is mentioned, but its node is missing: the text is cut",
    "inputs: the text is not whole",
)
_FOOTER = ("Planning Time: ", "Execution Time: ", "Planning time: ", "Execution time: ", "Planning:", "Settings: ")
_LABELS = ("->", "SubPlan", "InitPlan", "CTE", "Worker", *TABLES["node"])
#: Texts whose broken lines have more different lengths than this are none that somebody wrote.
_MOST_LENGTHS = 200


def read(text: str) -> Plan | None:
    """The only plan of a text that is nothing but the plan; None when in doubt."""
    form = _form(text)
    if form is None:
        return None
    if form == "yaml" and "\n\n" in text.strip():
        return None
    excerpt = Excerpt(text, range(1, text.count("\n") + 2), form, "postgresql")
    try:
        reader = import_module(f"advisor.plans.postgresql.{form}")
        several: list[Document] = reader.read_all(excerpt) if hasattr(reader, "read_all") else [reader.read(excerpt)]
        document = several[0]
        cut = form == "text" and _is_cut(text)
        if len(several) > 1 or not all(_harmless(warning, text, cut=cut) for warning in document.warnings):
            return None
        plan: Plan = import_module("advisor.plans.postgresql.interpret").interpret(document)
    except (PlanError, RecursionError):
        return None
    if len(plan.warnings) > len(document.warnings) and not cut:
        return None
    if form in ("text", "xml") and ((text.rstrip("\n")[-1:] in " \t" and not cut) or not _unwrapped(text, document)):
        return None
    return plan


def _is_cut(text: str) -> bool:
    """Whether the last line looks like the beginning of one of the server's: nothing is left to guess but its end."""
    lines = text.rstrip("\n").rsplit("\n", 1)
    last = lines[-1]
    body = last.lstrip(" ")
    if last and not body:
        return True
    if body == last and len(lines) > 1:
        return any(known.startswith(re.sub(r"[\d.]+(?: m?)?$", "", body)) for known in _FOOTER)
    if len(lines) == 1 or len(last) - len(body) < 2:
        return False
    label = body.partition(": ")[0]
    return body.startswith(("->", "SubPlan ", "InitPlan ", "CTE ")) or any(
        known.startswith(label.removesuffix(":")) if label == body else known == label for known in _LABELS
    )


def _harmless(warning: PlanWarning, text: str, *, cut: bool) -> bool:
    """Whether a remark is of a footer that is missing, or of the last line's end."""
    if warning.text.startswith(_NO_FOOTER):
        return True
    if not cut:
        return False
    return warning.line >= text.rstrip("\n").count("\n") + 1 or warning.text.endswith(_OF_A_CUT)


def document(text: str) -> Excerpt | None:
    """The whole text, where it is one object of MySQL's or MariaDB's JSON without a flaw; None when in doubt."""
    if not text.startswith("{") or '"query_block"' not in text or '"Node Type"' in text or '"Plan"' in text:
        return None
    if "\r" in text or not plain(text):
        return None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return Excerpt(text, range(1, text.count("\n") + 2), "json", None)


def _form(text: str) -> PlanFormat | None:
    """The format that the text can be in as it stands, told by a look at its ends: reading it in vain takes long."""
    if "\x1b[" in text or text.startswith("\ufeff") or ('"Node Type"' not in text and "{" in text[:2]):
        return None
    if not plain(text):
        return None
    first = _FIRST.match(text)
    if first is not None and first["json"]:
        return "json"
    if text[:1].isspace():
        return None  # all of it is indented, also in the midst of a literal
    # Where the lines end in \r\n, those of the plan do; in a literal they may anyway.
    if "\r" in text and (_CRLF.search(text) or text.count("\r\n") >= text.count("\n") > 0):
        return None
    if first is not None:
        return "xml" if first["xml"] else "yaml"
    line = text.partition("\n")[0]
    if not (line.startswith("Query Text:") or is_node(line)) or _ROW_COUNT.search(text, max(len(text) - 200, 0)):
        return None
    return "text"


def _unwrapped(text: str, document: Document) -> bool:
    """No value has a line break that a wrap could have made, and no line is padded."""
    broken = {line for value in _broken(document.root) for line in value.split("\n")[:-1]}
    if not broken:
        return True
    lines = text.rstrip("\n").split("\n")
    if len({len(line) for line in lines}) == 1:
        return False
    lengths = {len(line) for line in broken}
    if len(lengths) > _MOST_LENGTHS:
        return False
    # Whoever wraps at some width leaves no line that is longer: longer than a broken line and the word after the break.
    longest = max(map(len, lines))
    for line, following in pairwise(lines):
        whole = len(line) + 1 + len(following.split(" ", 1)[0])
        if whole >= longest and any(line[len(line) - length :] in broken for length in lengths if length <= len(line)):
            return False
    return True


def _broken(root: DocumentNode) -> Iterator[str]:
    """Values of more than one line."""
    pending = [root]
    while pending:
        node = pending.pop()
        pending += node.children
        for value in node.keys.values():
            if type(value) is str:
                if "\n" in value:
                    yield value
            elif type(value) is list:
                yield from (item for item in value if isinstance(item, str) and "\n" in item)
