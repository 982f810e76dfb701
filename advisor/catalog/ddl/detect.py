"""Which engine a schema file was written for, judged by its words."""

from __future__ import annotations

import re

from advisor.model.engine import Engine, EngineName

_SIGNS: tuple[tuple[EngineName, int, str], ...] = (
    ("postgresql", 20, r"PostgreSQL database dump|SET statement_timeout = 0|pg_catalog\.set_config"),
    (
        "postgresql",
        4,
        r"\bUSING (?:gin|gist|brin|spgist)\b|\bEXTENSION\b|\bROW LEVEL SECURITY\b|\bCONCURRENTLY\b|\bOWNER TO\b",
    ),
    (
        "postgresql",
        3,
        r"::\w|\b(?:big)?serial\b|\btimestamptz\b|\bjsonb\b|\btimestamp with(?:out)? time zone\b|\$\$|\bbytea\b"
        r"|\bALTER TABLE ONLY\b",
    ),
    (
        "postgresql",
        2,
        r"\bcharacter varying\b|\bUSING btree\b|\bGENERATED (?:ALWAYS|BY DEFAULT) AS IDENTITY\b|\buuid\b"
        r"|\bINCLUDE \(|\btext\[\]",
    ),
    ("postgresql", 1, r"\bboolean\b|\bint8\b|\bint4\b|\bDEFAULT now\(\)|\bCREATE (?:TYPE|DOMAIN|SEQUENCE|POLICY)\b"),
    ("mysql", 20, r"-- (?:MySQL|MariaDB) dump|/\*!\d{5}"),
    ("mysql", 8, r"\bENGINE\s*=\s*\w|\bAUTO_INCREMENT\b"),
    (
        "mysql",
        3,
        r"\bunsigned\b|\bDEFAULT CHARSET\b|\bCHARACTER SET\b|\b(?:medium|long|tiny)(?:text|blob|int)\b|\bdatetime\b"
        r"|\bFULLTEXT\b|`\w+`",
    ),
    ("mysql", 2, r"^\s*(?:UNIQUE )?KEY\s+`?\w+`?\s*\(|\bint\(\d+\)|\benum\('|\bON UPDATE CURRENT_TIMESTAMP\b"),
    ("sqlite", 20, r"\bWITHOUT ROWID\b|\bAUTOINCREMENT\b|\bsqlite_sequence\b|\bPRAGMA\b"),
    ("sqlite", 6, r"\)\s*STRICT\s*;|\bCREATE VIRTUAL TABLE\b"),
    ("sqlite", 2, r"\bINTEGER PRIMARY KEY\b|\bDATETIME\b.*\bINTEGER\b"),
)
_COMPILED = tuple(
    (engine, weight, re.compile(pattern, re.IGNORECASE | re.MULTILINE)) for engine, weight, pattern in _SIGNS
)
_MARIADB = re.compile(r"MariaDB|/\*M!|\bENGINE\s*=\s*Aria\b|\bWITH SYSTEM VERSIONING\b", re.IGNORECASE)
_VERSIONS = (
    re.compile(r"Dumped from database version (\d+(?:\.\d+)*)"),
    re.compile(r"Server version\s+(\d+(?:\.\d+)*\S*)"),
)
_DATABASE = re.compile(r"^-- Host: .*?\bDatabase: (\S+)[^\S\n]*$", re.MULTILINE)
_LOOK = 512 << 10


def detect(text: str) -> Engine:
    """The engine of a schema file. A file without any sign is taken as PostgreSQL, the most standard of them."""
    head = text[:_LOOK]
    scores: dict[EngineName, int] = {"postgresql": 0, "mysql": 0, "sqlite": 0}
    for engine, weight, pattern in _COMPILED:
        hits = sum(1 for _, _ in zip(range(8), pattern.finditer(head), strict=False))
        scores[engine] += weight * hits
    best: EngineName = max(scores, key=lambda engine: scores[engine])
    version = next((m.group(1) for pattern in _VERSIONS if (m := pattern.search(head))), None)
    if best == "mysql" and _MARIADB.search(head):
        best = "mariadb"
    return Engine(best, version)


def dumped_database(text: str) -> str | None:
    """The database that a mysqldump is of, when its header names one."""
    match = _DATABASE.search(text[:_LOOK])
    return match.group(1) if match is not None else None
