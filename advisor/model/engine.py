"""Which database product a text, a log or a catalog belongs to."""

from __future__ import annotations

from typing import Literal

import msgspec

EngineName = Literal["postgresql", "mysql", "mariadb", "sqlite"]
#: How SQL is cut into tokens. MariaDB is read as MySQL; SQLite has PostgreSQL's quoting plus backticks and brackets.
Dialect = Literal["postgresql", "mysql", "sqlite"]


class Engine(msgspec.Struct, frozen=True):
    """A product and, where known, its version text (``15.4``, ``10.11.6-MariaDB``)."""

    name: EngineName
    version: str | None = None


def dialect_of(engine: EngineName) -> Dialect:
    """The lexical rules that an engine's SQL follows."""
    return "mysql" if engine in ("mysql", "mariadb") else "postgresql" if engine == "postgresql" else "sqlite"


#: Schemes of database URLs.
SCHEMES: dict[str, EngineName] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mariadb",
    "sqlite": "sqlite",
}


def engine_of_scheme(scheme: str) -> EngineName | None:
    """The engine that a URL's scheme names, with or without SQLAlchemy's ``+driver``; None: of no engine known."""
    return SCHEMES.get(scheme.partition("+")[0].lower())
