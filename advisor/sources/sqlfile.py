"""Plain SQL: each statement of a file is an event of unknown time, to ask about a query without a log."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.model.batch import Batch, Context
from advisor.model.engine import Engine, EngineName, dialect_of
from advisor.model.limits import LIMITS
from advisor.sources.blocks import Rewound
from advisor.sources.ledger import Ledger
from advisor.sources.rows import Rows
from advisor.sources.split import Split, comment_free
from advisor.sources.unpack import Readable

#: Statements a batch, and bytes of text: whichever is reached first.
_BATCH_ROWS, _BATCH_BYTES = 2000, 4 << 20

_NAME = r'[\w."`\[\]$]+'
_OPENING = re.compile(
    rf"""\s*+(?:
      select\b | \(\s*select\b | values\s*\( | table\s+{_NAME}\s*;
    | insert\s+(?:into|ignore|low_priority|delayed|high_priority|or|overwrite)\b | replace\s+into\b | merge\s+into\b
    | update\s+(?:only\s+|or\s+\w+\s+|low_priority\s+|ignore\s+)*{_NAME}[^;]{{0,2000}}?\bset\b
    | delete\s+(?:from|{_NAME}\s+from|low_priority|quick|ignore)\b
    | with\s+(?:recursive\s+)?{_NAME}\s*(?:\([^)]{{0,2000}}\))?\s*as\b
    | (?:create|alter|drop)\s+(?:or\s+replace\s+)?(?:
        table|unique|index|view|materialized|schema|database|function|procedure|trigger|sequence|type|domain|extension|role
        |user|policy|event|temp|temporary|global|local|unlogged|foreign|rule|operator|aggregate|cast|collation|conversion
        |publication|subscription|server|statistics|tablespace|definer|algorithm|sql|virtual|if|default|large|language
        |text|access|fulltext|spatial|tenant|transform|routine|system|undo|instance|logfile|package|column)\b
    | (?:begin|commit|rollback|end)(?:\s+(?:work|transaction|immediate|deferred|exclusive|isolation\b[^;]*))?\s*;
    | start\s+transaction\b | savepoint\s+\w+\s*; | set\s+@{{0,2}}[\w.]+\s*(?:=|:=|\bto\b|\bsession\b)
    | set\s+(?:session|local|global|names|role|time|transaction|character)\b
    | explain\s+(?:analyze\b|select\b|\(|verbose\b|with\b|update\b|delete\b|insert\b|extended\b|format\b|query\b|for\b)
    | truncate\s+(?:table\s+)?{_NAME}\s*[;,] | use\s+{_NAME}\s*; | call\s+{_NAME}\s*[(;]
    | (?:vacuum|analyze|reindex|cluster|checkpoint|discard|optimize|flush|reset|show|describe|listen|notify)\b
      [^;\n]{{0,500}};
    | pragma\s+\w+ | do\s+(?:language\s+\w+\s+)?\$ | copy\s+(?:{_NAME}|\()[^;]{{0,2000}}?\b(?:from|to)\b
    | comment\s+on\b | grant\s+[^;]{{0,2000}}?\bto\b | revoke\s+[^;]{{0,2000}}?\bfrom\b | lock\s+tables?\b
    | refresh\s+materialized\b | delimiter\s+\S+\s*\n | (?:prepare|execute|deallocate|declare|fetch|close)\s+\w+
    | attach\s+(?:database\s+)?' | /\*M?!\d
    | \\(?:connect|c|set|restrict|unrestrict|echo|i|ir|timing|pset|encoding|o|copy|d\w*\+?|q|x|gset|if|t|a)\b
    | \.(?:mode|headers?|open|read|timer|import|schema|tables|output|eqp|stats|width|separator|bail|echo)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)

#: What only one engine's people write -> how much it says.
_SIGNS: tuple[tuple[EngineName, float, re.Pattern[str]], ...] = (
    ("mysql", 1, re.compile(r"`\w+`")),
    (
        "mysql",
        3,
        re.compile(
            r"\bengine\s*=\s*\w+|\bauto_increment\b|^delimiter\s|\bunsigned\b|\bon duplicate key update\b|/\*!\d{5}"
            r"|\b(?:straight_join|force index|use index|sql_no_cache|sql_calc_found_rows|group_concat)\b"
            r"|\bdate_(?:sub|add)\("
            r"|\binsert ignore\b|\blimit\s+\d+\s*,\s*\d|<=>|\binterval\s+\d+\s+(?:day|hour|minute|second|month)\b",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    ("mariadb", 9, re.compile(r"-- MariaDB dump|/\*M!\d|\breturning\b.*`", re.IGNORECASE)),
    (
        "postgresql",
        9,
        re.compile(r"-- PostgreSQL database dump|^\\(?:connect|restrict|c)\b|\bfrom stdin\b", re.MULTILINE),
    ),
    (
        "postgresql",
        3,
        re.compile(
            r"\w::\w|\)::\w|'::\w|\$\$|\$\d|\bilike\b|\b(?:big|small)?serial\b|\bjsonb\b|\btimestamptz\b|\bbytea\b"
            r"|\btext\[\]|\busing\s+(?:gin|gist|brin|btree|hash)\b|\b(?:any|all)\s*\(\s*array\b|->>|@>|<@|\blateral\b"
            r"|\bconcurrently\b"
            r"|\bdistinct on\b|\bfor no key update\b|\bcreate extension\b|\bgenerate_series\b"
            r"|\bnow\(\)\s*[-+]\s*interval '",
            re.IGNORECASE,
        ),
    ),
    (
        "sqlite",
        5,
        re.compile(
            r"\bautoincrement\b|^pragma\b|\bwithout rowid\b|\bsqlite_\w+|\bglob '"
            r"|^\.(?:mode|headers?|open|read|import)\b",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
)


def matches(head: bytes) -> float:
    """How surely the text is SQL: it begins, comments aside, as a statement or a client command does."""
    if b"\0" in head:
        return 0.0
    text = comment_free(head[:65536].decode("utf-8", "replace"))
    return 0.6 if _OPENING.match(text[:16384]) else 0.0


def guess_engine(text: str) -> EngineName | None:
    """The engine whose dialect a text is written in, None where nothing tells."""
    bare = comment_free(text)
    votes: dict[EngineName, float] = {}
    for engine, weight, pattern in _SIGNS:
        # Dumps sign themselves in a comment; all else counts outside of comments only.
        hits = len(pattern.findall(text if weight == 9 else bare))
        if hits:
            votes[engine] = votes.get(engine, 0) + weight * min(hits, 5)
    if not votes:
        return None
    best = max(votes, key=lambda engine: votes[engine])
    return "mariadb" if best == "mysql" and "mariadb" in votes else best


def read(stream: Readable, source: int, ledger: Ledger, engine: EngineName | None) -> Iterator[Batch]:
    """The statements of a file. What the client would do itself (``\\connect``, COPY data) is passed over and noted."""
    rewound = Rewound(stream)
    if engine is None:
        engine = guess_engine(rewound.head().decode("utf-8", "replace"))
        if engine is None:
            engine = "postgresql"
            ledger.note("nothing in the text tells the engine: read as PostgreSQL; --engine says otherwise")
    split = Split(rewound, dialect_of(engine), max_bytes=LIMITS.max_record_bytes)
    rows, size = Rows(source, Engine(engine)), 0
    for statement in split:
        context = Context(database=statement.database)
        rows.add(statement.text, offset=statement.offset, line=statement.line, context=context)
        size += len(statement.text)
        if len(rows) >= _BATCH_ROWS or size >= _BATCH_BYTES:
            batch, size = rows.batch(), 0
            if batch is not None:
                yield batch
    ledger.lines(split.lines)
    for line, lines, reason in split.unreadable:
        ledger.unreadable(line, lines, reason)
    if split.copied:
        ledger.note(f"{split.copied:,} lines of COPY data were passed over")
    if split.commands:
        ledger.note(f"{split.commands:,} commands to the client (such as \\connect or DELIMITER) were passed over")
    batch = rows.batch()
    if batch is not None:
        yield batch
