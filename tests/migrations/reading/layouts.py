"""Small folders of migrations, one for each tool, as the tool demands them."""

from __future__ import annotations

from pathlib import Path

#: tool -> (files, what runs in order: file, [(line, statement, transaction)])
Runs = list[tuple[str, list[tuple[int, str, int | None]]]]
LAYOUTS: dict[str, tuple[dict[str, str], Runs]] = {
    "sql": (
        {"10_b.sql": "drop table b;", "2_a.sql": "begin;\ndrop table a;\ncommit;"},
        [("2_a.sql", [(2, "drop table a", 1)]), ("10_b.sql", [(1, "drop table b", None)])],
    ),
    "flyway": (
        {
            "V1__a.sql": "create table a (i int);\ninsert into a values (1);",
            "V1.10__c.sql": "drop table c;",
            "V1_2__b.sql": "create index concurrently i on a (i);\nvacuum a;",
            "V2__d.sql": "create index i2 on a (i);\ncreate index concurrently i3 on a (i);",
            "sub/V3__e.sql": "drop table e;\ndrop table e2;",
            "sub/V3__e.sql.conf": "executeInTransaction=false\n",
            "R__z.sql": "create or replace view z as select ${what};",
            "U1__a.sql": "drop table a;",
            "B2__base.sql": "create table everything (i int);",
            "afterMigrate.sql": "analyze;",
            "../flyway.conf": "flyway.placeholders.what=7\n",
        },
        [
            ("V1__a.sql", [(1, "create table a (i int)", 1), (2, "insert into a values (1)", 1)]),
            ("V1_2__b.sql", [(1, "create index concurrently i on a (i)", None), (2, "vacuum a", None)]),
            ("V1.10__c.sql", [(1, "drop table c", 1)]),
            ("V2__d.sql", [(1, "create index i2 on a (i)", None), (2, "create index concurrently i3 on a (i)", None)]),
            ("sub/V3__e.sql", [(1, "drop table e", None), (2, "drop table e2", None)]),
            ("R__z.sql", [(1, "create or replace view z as select 7", 1)]),
        ],
    ),
    "golang-migrate": (
        {
            "1_a.up.sql": "drop table a;\ndrop table a2;",
            "1_a.down.sql": "create table a (i int);",
            "10_c.up.sql": "begin;\ndrop table c;\ncommit;\ndrop table c2;\ndrop table c3;",
            "9_b.up.sql": "create index concurrently i on b (i);",
        },
        [
            ("1_a.up.sql", [(1, "drop table a", 1), (2, "drop table a2", 1)]),
            ("9_b.up.sql", [(1, "create index concurrently i on b (i)", None)]),
            ("10_c.up.sql", [(2, "drop table c", 1), (4, "drop table c2", 2), (5, "drop table c3", 2)]),
        ],
    ),
    "dbmate": (
        {
            "20200101_a.sql": "-- migrate:up\ndrop table a;\ndrop table b;\n\n-- migrate:down\ncreate table a (i int);\n",
            "20200102_b.sql": "-- migrate:up transaction:false\ncreate index concurrently i on c (i);\n-- migrate:down\n",
        },
        [
            ("20200101_a.sql", [(2, "drop table a", 1), (3, "drop table b", 1)]),
            ("20200102_b.sql", [(2, "create index concurrently i on c (i)", None)]),
        ],
    ),
    "sqitch": (
        {
            "sqitch.plan": "%syntax-version=1.0.0\n%project=x\n\nusers 2020-01-01T00:00:00Z A <a@b> # note\n@v1 2020-01-01T00:00:00Z A <a@b>\n"
            "app/roles [users] 2020-01-02T00:00:00Z A <a@b>\nusers [users@v1] 2020-01-03T00:00:00Z A <a@b>\n",
            "sqitch.conf": "[core]\n\tengine = pg\n",
            "deploy/users@v1.sql": "BEGIN;\ndrop table a;\nCOMMIT;",
            "deploy/users.sql": "-- Deploy users\n\nBEGIN;\n\ndrop table c;\n\nCOMMIT;\n",
            "deploy/app/roles.sql": "drop table b;",
            "revert/users.sql": "create table c (i int);",
            "verify/users.sql": "select 1;",
        },
        [
            ("deploy/users@v1.sql", [(2, "drop table a", 1)]),
            ("deploy/app/roles.sql", [(1, "drop table b", None)]),
            ("deploy/users.sql", [(5, "drop table c", 1)]),
        ],
    ),
    "goose": (
        {
            "00001_a.sql": "-- +goose Up\ndrop table a;\n-- +goose StatementBegin\ncreate function f() returns void as $$\nbegin; end\n$$ language plpgsql;\n"
            "-- +goose StatementEnd\ndrop table b;\n-- +goose Down\ncreate table a (i int);\n",
            "00002_b.sql": "-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently i on c (i);\n-- +goose StatementBegin\ndrop table d;\ndrop table e;\n-- +goose StatementEnd\n",
            "00003_c.sql": "-- +goose Up\n-- +goose ENVSUB ON\ncreate table ${NAME} (i int default ${N:-3});\n-- +goose ENVSUB OFF\nselect $$ ${NAME} $$;\n",
        },
        [
            (
                "00001_a.sql",
                [(2, "drop table a", 1), (4, "create function f() returns void as $$", 1), (8, "drop table b", 1)],
            ),
            (
                "00002_b.sql",
                [(3, "create index concurrently i on c (i)", None), (5, "drop table d", 1), (6, "drop table e", 1)],
            ),
            ("00003_c.sql", [(3, "create table shop (i int default 3)", 1), (5, "select $$ ${NAME} $$", 1)]),
        ],
    ),
    "diesel": (
        {
            "2020-01-01-000000_a/up.sql": "drop table a;\ndrop table b;",
            "2020-01-01-000000_a/down.sql": "create table a (i int);",
            "2020-01-02-000000_b/up.sql": "create index concurrently i on c (i);",
            "2020-01-02-000000_b/metadata.toml": "run_in_transaction = false\n",
            "20190101000000_old/up.sql": "drop table o;",
        },
        [
            ("20190101000000_old/up.sql", [(1, "drop table o", 1)]),
            ("2020-01-01-000000_a/up.sql", [(1, "drop table a", 1), (2, "drop table b", 1)]),
            ("2020-01-02-000000_b/up.sql", [(1, "create index concurrently i on c (i)", None)]),
        ],
    ),
    "prisma": (
        {
            "migration_lock.toml": 'provider = "postgresql"\n',
            "20200101000000_a/migration.sql": "-- DropTable\ndrop table a;\n\n-- DropTable\ndrop table b;\n",
            "20200102000000_b/migration.sql": "create index concurrently i on c (i);\n",
        },
        [
            ("20200101000000_a/migration.sql", [(2, "drop table a", 1), (5, "drop table b", 1)]),
            ("20200102000000_b/migration.sql", [(1, "create index concurrently i on c (i)", None)]),
        ],
    ),
    "drizzle": (
        {
            "meta/_journal.json": '{"version":"7","dialect":"postgresql","entries":[{"idx":0,"when":1,"tag":"0000_z","breakpoints":true},'
            '{"idx":1,"when":2,"tag":"0001_a","breakpoints":true}]}',
            "0000_z.sql": "drop table a;--> statement-breakpoint\ndrop table b;",
            "0001_a.sql": "drop table c;\n",
            "9999_stray.sql": "drop table s;\n",
        },
        [("0000_z.sql", [(1, "drop table a", 1), (2, "drop table b", 1)]), ("0001_a.sql", [(1, "drop table c", 1)])],
    ),
    "liquibase": (
        {
            "1.sql": "--liquibase formatted sql\n--property name:t value:shop\n\n--changeset ann:1\ndrop table ${t};\ndrop table b;\n--rollback create table b (i int);\n"
            "--changeset ann:2 runInTransaction:false\n--preconditions onFail:MARK_RAN\ncreate index concurrently i on c (i);\n"
            "--changeset bob:3 dbms:mysql\ndrop table only_mysql;\n"
            "--changeset bob:4 splitStatements:false endDelimiter:/\ncreate function f() returns int language sql as $$ select 1; $$\n/\ndrop table d\n/\n"
            "--ignoreLines:start\ndrop table never;\n--ignoreLines:end\n--changeset bob:5 dbms:!mysql,postgresql\ndrop table e;\n",
        },
        [
            (
                "1.sql",
                [
                    (5, "drop table shop", 1),
                    (6, "drop table b", 1),
                    (10, "create index concurrently i on c (i)", None),
                    (14, "create function f() returns int language sql as $$ select 1; $$", 2),
                    (16, "drop table d", 2),
                    (22, "drop table e", 3),
                ],
            )
        ],
    ),
}


def lay(tool: str, folder: Path) -> Path:
    """Write a tool's folder and return it."""
    for name, text in LAYOUTS[tool][0].items():
        path = (folder / name).resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder
