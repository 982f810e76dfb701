"""Learns `log_line_prefix` from the log itself.

Each line with a severity gives the text of one prefix. The text is cut into pieces by what they look like (a time, a
session id, `label=value`, `user@database`, `[123]`); lines that are cut alike form a *skeleton*; a skeleton becomes a
template. A skeleton is only believed as far as its values go: which of two unlabelled words is the user is decided by
the log's own messages (`connection authorized: user=... database=...`) or stays unknown.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advisor.sources.postgresql.prefix import ANY_HEAD, Item, Prefix, PrefixTemplate

_LABELS = {
    "u": "user usr username user_name role",
    "d": "db database dbname datname database_name",
    "a": "app application appname application_name app_name",
    "h": "client host remote ip client_ip client_addr remote_host rhost addr remote_addr",
    "p": "pid process process_id proc",
    "c": "session session_id sid sessionid sess",
    "l": "line line_num line_number log_line lineno seq session_line_num",
    "x": "xid txid trx_id tx tid trx transaction transaction_id",
    "v": "vxid vtxid virtual vx virtual_transaction_id",
    "e": "state sqlstate code err error errcode sqlcode sql_error_code sql_state error_code",
    "i": "tag cmd command command_tag ps",
    "Q": "query_id queryid qid",
    "b": "backend type backend_type btype",
    "P": "leader leader_pid",
    "L": "local local_ip server",
    "s": "start started session_start session_start_time",
}  # fmt: skip
_LETTER_OF = {label: letter for letter, labels in _LABELS.items() for label in labels.split()}
_LABEL = r"(?<![A-Za-z0-9_])(?P<label>" + "|".join(sorted(_LETTER_OF, key=len, reverse=True)) + r")(?P<is>\s?[=:]\s?)"
_BACKENDS = (
    "client backend|parallel worker|autovacuum worker|autovacuum launcher|background writer|background worker|"
    "checkpointer|walwriter|walsender|walreceiver|archiver|startup|postmaster|logger|not initialized|slotsync worker|"
    "io worker|logical replication launcher|logical replication worker|logical replication apply worker"
)
_COMMANDS = (
    r"idle in transaction \(aborted\)|idle in transaction|idle|authentication|SELECT|INSERT|UPDATE|DELETE|MERGE|BEGIN|"
    "COMMIT|ROLLBACK|PARSE|BIND|EXECUTE|VACUUM|ANALYZE|COPY|FETCH|PREPARE|DEALLOCATE|SET|SHOW|CREATE TABLE|CREATE INDEX"
)
_ZONE = r"(?: (?:[A-Z]{2,5}|[A-Z][A-Za-z]{1,5}|[+-]\d\d(?:\d\d){0,2})(?![a-z0-9]))"
_GROUPS = r"[0-9a-f]{1,4}(?::[0-9a-f]{1,4})"
_HOST = (
    rf"(?:\d{{1,3}}(?:\.\d{{1,3}}){{3}}|(?:{_GROUPS}{{7}}|(?:{_GROUPS}{{0,5}})?::{_GROUPS}{{0,5}})(?:%\w+)?|\[local\])"
)
_PIECE = re.compile(
    rf"(?P<I>\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
    rf"|(?P<t>\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d(?P<fraction>\.\d{{1,6}})?(?P<zone>{_ZONE})?)"
    rf"|(?P<n>(?<![\d.])1\d{{9}}\.\d{{3}}(?!\d))"
    rf"|{_LABEL}"
    rf"|(?P<c>(?<![0-9A-Za-z.])[0-9a-f]{{8}}\.[0-9a-f]{{1,8}}(?![0-9A-Za-z]))"
    rf"|(?P<v>(?<![\w/])-?\d+/\d+(?![\w/]))"
    rf"|(?P<r>{_HOST}\(\d+\)|(?<![\w:]){_HOST}(?![\w:]{{2}})|[A-Za-z0-9][\w.-]*\(\d{{2,5}}\))"
    rf"|(?P<at>(?P<u>[^\s@:\[\]|,;()/]*|\[unknown\])@(?P<d>\[unknown\]|[^\s@:\[\]|,;()/]*))"
    rf"|(?P<unknown>\[unknown\])"
    rf"|(?P<b>(?<!\w)(?:{_BACKENDS})(?!\w))"
    rf"|(?P<i>(?<!\w)(?:{_COMMANDS})(?!\w))"
    rf"|(?P<number>(?<![\w.])-?\d+(?![\w.]))"
    rf"|(?P<word>[^\W\d][\w.]*(?:-[^\W\d][\w.]*)*|\w[\w.]*)"
)  # fmt: skip
_VALUE_END = re.compile(r"[\s,;|\])>]|:(?=\[|$)")
_AUTHORIZED = re.compile(
    r"(?:connection authorized: |disconnection: .*?)user=(?P<u>\S+) database=(?P<d>\S+)"
    r"(?: application_name=(?P<a>.*?))?"
    r"(?: host=(?P<h>\S+))?(?: port=\d+)?(?: SSL .*)?$"
)
#: Shapes of prefix that are told apart within one log, and lines looked at.
_MOST_TEMPLATES = 8
_MOST_LINES = 4000


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of a prefix: ``kind`` is the letter it seems to be, `word`, `number`, or empty for punctuation."""

    kind: str
    text: str


def _value_end(text: str, start: int, labels: Sequence[int]) -> int:
    """Where the value behind a label ends: at the separator before the next label, else at the first separator."""
    if text.startswith("[", start):
        close = text.find("]", start)
        return close + 1 if close > 0 else len(text)
    following = next((at for at in labels if at >= start), None)
    if following is not None:
        between = text[start:following]
        value = between.rstrip(" ,;|([\t")
        if "]" not in value and ")" not in value:
            return start + len(value)
    stop = _VALUE_END.search(text, start)
    return stop.start() if stop else len(text)


def _cut(text: str) -> list[_Piece]:
    """Cut one prefix into pieces."""
    pieces: list[_Piece] = []
    labels = [match.start() for match in re.finditer(_LABEL, text)]
    at = 0
    while at < len(text):
        match = _PIECE.search(text, at)
        if match is None:
            break
        if match.end() == match.start():
            at += 1
            continue
        if match.start() > at:
            pieces.append(_Piece("", text[at : match.start()]))
        at = match.end()
        if match["label"]:
            letter = _LETTER_OF[match["label"]]
            end = _value_end(text, at, labels)
            value = text[at:end]
            if letter == "h":
                letter = "r"
            if letter in "xplP" and not re.fullmatch(r"-?\d+", value):
                letter = {"x": "v"}.get(letter, "?") if re.fullmatch(r"(-?\d+/\d+)?", value) else "?"
            elif letter == "c" and not re.fullmatch(r"[0-9a-f]+\.[0-9a-f]+", value):
                letter = "p" if value.isdigit() else "?"
            elif letter == "e" and not re.fullmatch(r"[0-9A-Z]{5}", value):
                letter = "?"
            elif letter == "s":
                letter = "?"
                stamp = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d" + _ZONE).match(text, at)
                if stamp:
                    letter, end = "s", stamp.end()
            pieces.append(_Piece("", match[0]))
            pieces.append(_Piece(letter, text[at:end]))
            at = end
        elif match["at"] is not None:
            pieces += [_Piece("u", match["u"]), _Piece("", "@"), _Piece("d", match["d"])]
        elif match["t"]:
            pieces.append(_Piece("T" if not match["zone"] else "m" if match["fraction"] else "t", match["t"]))
        else:
            kind = str(match.lastgroup)
            pieces.append(_Piece("word" if kind == "unknown" else kind, match[0]))
    if at < len(text):
        pieces.append(_Piece("", text[at:]))
    return pieces


def _skeleton(pieces: Sequence[_Piece]) -> tuple[tuple[str, str], ...]:
    """What lines of one template share: kinds of pieces, and the text of punctuation."""
    seen: Counter[str] = Counter()
    out = []
    for piece in pieces:
        kind = piece.kind
        if kind in "mtT" and kind:
            kind = "s" if seen["time"] and kind != "m" else kind
            seen["time"] += 1
        if kind == "word" and re.fullmatch(r"[0-9A-Z]{5}", piece.text) and any(c.isdigit() for c in piece.text):
            kind = "number"
        out.append((kind, piece.text if not kind else ""))
    return tuple(out)


@dataclass(slots=True)
class _Column:
    """The values that one piece of a skeleton takes over its lines."""

    kind: str
    values: list[str]
    before: str = ""
    after: str = ""


def _numbers(columns: Sequence[_Column]) -> None:
    """Decide what unlabelled numbers are: SQLSTATE, pid, line number, query id, or unknown."""
    numbers = [column for column in columns if column.kind == "number"]
    for column in numbers:
        if all(re.fullmatch(r"[0-9A-Z]{5}", value) for value in column.values) and any(
            value == "00000" or not value.isdigit() for value in column.values
        ):
            column.kind = "e"
        elif any(value.startswith("-") or len(value) > 12 for value in column.values):
            column.kind = "Q"
    numbers = [column for column in numbers if column.kind == "number"]
    sessions = next((column.values for column in columns if column.kind == "c"), None)
    known = next((column for column in columns if column.kind == "p"), None)
    if known is None:
        known = _pid(numbers, sessions)
        if known is not None:
            known.kind = "p"
    owners = (known.values if known is not None else sessions) or []
    for column in numbers:
        if column.kind != "number":
            continue
        if column.before == "-" and all(value == "1" for value in column.values):
            column.kind = ""  # the customary [%l-1]
        elif column.after.startswith("-1") or _counts(column.values, owners):
            column.kind = "l"
        elif all(value == "0" for value in column.values) and len(column.values) >= 5:
            column.kind = "x"  # outside of a transaction; a line number is never 0
        else:
            column.kind = "#"


def _counts(values: Sequence[str], owners: Sequence[str]) -> bool:
    """Whether the numbers go up by one from line to line of the same owner, as line numbers do."""
    last: dict[str, int] = {}
    steps: Counter[int] = Counter()
    for owner, value in zip(owners, values, strict=False):
        if owner in last:
            steps[int(value) - last[owner]] += 1
        last[owner] = int(value)
    return steps.total() >= 3 and steps[1] > steps[0] and steps[1] + steps[0] >= 0.6 * steps.total()


def _pid(numbers: Sequence[_Column], sessions: Sequence[str] | None) -> _Column | None:
    """Which unlabelled number is the process: the one in the session id, in brackets, or that another counts by."""
    if sessions:
        pids = [str(int(session.partition(".")[2], 16)) for session in sessions]
        return next((column for column in numbers if column.values == pids), None)
    free = [column for column in numbers if not (column.before == "-" and set(column.values) == {"1"})]
    bracketed = [c for c in free if c.before.endswith(("[", "(", "{")) and not c.after.startswith("-1")]
    if len(free) > 1:
        counted = [c for c in free if any(_counts(other.values, c.values) for other in free if other is not c)]
        if len(counted) == 1:
            return counted[0]
    return next(iter([*bracketed, *free]), None)


def _words(columns: Sequence[_Column], messages: Sequence[str]) -> None:
    """Decide what unlabelled words are, by messages of the same line that name user, database and application."""
    told = list(map(_AUTHORIZED.search, messages))
    for column in columns:
        if column.kind != "word":
            continue
        pairs = [
            (match, value) for match, value in zip(told, column.values, strict=True) if match and value != "[unknown]"
        ]
        agree = [
            letter for letter in "uda"
            if pairs and all(match[letter] == value for match, value in pairs if match[letter])
            and any(match[letter] for match, _ in pairs)
        ]  # fmt: skip
        if len(agree) == 1:
            column.kind = agree[0]
        elif all(re.fullmatch(r"[A-Z0-9]{5}", value) for value in column.values) and "00000" in column.values:
            column.kind = "e"


def _application(columns: Sequence[_Column]) -> None:
    """The one word that is left beside a known user and database, and that differs from line to line, is `%a`.

    All other escapes print something with a form of its own (or a command, in capitals, or a host, with dots).
    """
    kinds = {column.kind for column in columns}
    words = [column for column in columns if column.kind == "word"]
    if len(words) == 1 and {"u", "d"} <= kinds and "a" not in kinds:
        values = set(words[0].values)
        if (
            len(values) > 1
            and not all(value.isupper() for value in values)
            and not all("." in value for value in values)
        ):
            words[0].kind = "a"


def _template(lines: Sequence[tuple[Sequence[_Piece], str]]) -> PrefixTemplate:
    """The template that lines of one skeleton came from."""
    skeleton = _skeleton(lines[0][0])
    columns = [_Column(kind, [pieces[at].text for pieces, _ in lines]) for at, (kind, _) in enumerate(skeleton)]
    for at, column in enumerate(columns):
        column.before = skeleton[at - 1][1] if at else ""
        column.after = skeleton[at + 1][1] if at + 1 < len(skeleton) else ""
    _numbers(columns)
    _words(columns, [message for _, message in lines])
    _application(columns)
    items: list[Item] = []
    literal = ""
    taken: set[str] = set()
    for column in columns:
        first = column.values[0]
        constant = len(set(column.values)) == 1
        letter = column.kind
        if letter == "word":
            glued = column.after[:1] in ("-", "=") or column.before[-1:] == "-"
            letter = "" if constant and glued and first != "[unknown]" else "?"
        if letter in taken and letter not in ("", "?", "#", "I"):
            letter = {"p": "#", "l": "#", "x": "#"}.get(letter, "?")
        if not letter:
            literal += first
            continue
        taken.add(letter)
        if literal:
            items.append(Item("", literal.encode("utf-8", "surrogateescape")))
            literal = ""
        if letter == "?" and items and items[-1].letter == "?":
            continue
        items.append(Item(letter))
    if literal:
        items.append(Item("", literal.encode("utf-8", "surrogateescape")))
    return PrefixTemplate(tuple(items))


def infer(lines: Iterable[bytes]) -> list[PrefixTemplate]:
    """The templates that the lines were printed with, the most specific first; empty when no line has a severity.

    A background process prints less than a session (`%q`), so one setting often gives two templates.
    """
    groups: dict[tuple[tuple[str, str], ...], list[tuple[Sequence[_Piece], str]]] = defaultdict(list)
    heads: list[bytes] = []
    words: set[bytes] = set()
    for line in lines:
        match = ANY_HEAD.match(line)
        if match is None:
            continue
        pieces = _cut(match[1].decode("utf-8", "surrogateescape"))
        message = line[match.end() : match.end() + 500].decode("utf-8", "replace").rstrip("\r\n")
        groups[_skeleton(pieces)].append((pieces, message))
        heads.append(line)
        words.add(match[2])
        if len(heads) >= _MOST_LINES:
            break
    found: list[PrefixTemplate] = []
    left = heads
    # The richest skeletons first: a template whose optional fields are empty also matches the poorer lines.
    several = len(heads) >= 20
    order = sorted(
        groups.items(), key=lambda group: (-sum(bool(k) and k != "word" for k, _ in group[0]), -len(group[1]))
    )
    for lonely in (False, True):
        for _, members in order:
            if not left or len(found) >= _MOST_TEMPLATES:
                break
            if several and (len(members) < max(2, len(heads) // 200)) is not lonely:
                continue
            template = _template(members)
            matches = Prefix([*found, template], words)
            remaining = [line for line in left if matches.head(line) is None]
            if len(remaining) < len(left):
                found.append(template)
                left = remaining
        if not several:
            break
    return list(Prefix(found, words).templates)
