"""How each tool runs a file: which parts of it, and in which transactions."""

from __future__ import annotations

from collections.abc import Callable

from advisor.migrations.reading.source import Reading, Source
from advisor.migrations.reading.tools import (
    dbmate,
    diesel,
    drizzle,
    flyway,
    golang_migrate,
    goose,
    liquibase,
    plain,
    prisma,
    sqitch,
)
from advisor.model.migration import Tool

READERS: dict[Tool, Callable[[Source], Reading]] = {
    "sql": plain.read,
    "flyway": flyway.read,
    "golang-migrate": golang_migrate.read,
    "dbmate": dbmate.read,
    "sqitch": sqitch.read,
    "goose": goose.read,
    "diesel": diesel.read,
    "prisma": prisma.read,
    "drizzle": drizzle.read,
    "liquibase": liquibase.read,
}
