"""TypeORM's own table goes by its columns: others have one of that name."""

from __future__ import annotations

import pytest

from advisor.dryrun.capture.bookkeeping import bookkeeping


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE TABLE "migrations" ("id" SERIAL NOT NULL, "timestamp" bigint NOT NULL, "name" varchar NOT NULL)',
        "CREATE TABLE `migrations` (`id` int NOT NULL AUTO_INCREMENT, `timestamp` bigint NOT NULL)",
        "INSERT INTO `shop`.`migrations`(`timestamp`, `name`) VALUES (1, 'A')",
        'DELETE FROM "migrations" WHERE "timestamp" = 1',
        'SELECT * FROM "migrations" "migrations" ORDER BY "id" DESC',
    ],
)
def test_of_typeorm(sql: str) -> None:
    assert bookkeeping(sql)


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE TABLE "migrations" ("id" int, "bird" text)',
        "INSERT INTO migrations (bird, month) VALUES ('crane', 3)",
        'DELETE FROM "migrations" WHERE "bird" IS NULL',
        'SELECT * FROM "migrations" m ORDER BY 1',
    ],
)
def test_of_birds(sql: str) -> None:
    assert not bookkeeping(sql)
