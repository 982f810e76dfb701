"""Alternatives as files of the migration's tool, from the check to the reports."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from advisor.api.check import CheckWishes, check
from advisor.model.check import Check
from advisor.reports import check as reports
from advisor.reports import json as as_json

SCHEMA = "CREATE TABLE orders (id int PRIMARY KEY, customer_id bigint, n int); CREATE TABLE customer (id bigint PRIMARY KEY);"
INDEX = "CREATE INDEX i ON orders (customer_id)"
KEY = "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customer (id)"


def checked(root: Path, files: dict[str, str], *names: str, engine: str = "postgresql") -> Check:
    for name, text in files.items():
        (root / "db" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "db" / name).write_text(text)
    (root / "schema.ddl").write_text(SCHEMA)
    wishes = CheckWishes(engine=engine, server_version="15" if engine == "postgresql" else "10.11", dry_run="never")  # type: ignore[arg-type]
    return check([root / "db" / name for name in names], catalog=root / "schema.ddl", wishes=wishes)


def written(result: Check) -> list[str]:
    return [
        Path(file.path).name for one in result.statements if one.alternative for file in one.alternative.files
    ]  # fmt: skip


def test_several_alternatives_of_a_file_are_numbered_on(tmp_path: Path) -> None:
    text = f"-- +goose Up\n{INDEX};\n{KEY};\n"
    result = checked(
        tmp_path, {"00007_shop.sql": text, "00008_more.sql": "-- +goose Up\nSELECT 1;\n"}, "00007_shop.sql"
    )
    assert written(result) == ["00009_shop_1.sql", "00010_shop_2.sql", "00011_shop_3.sql"]
    first = result.statements[0].alternative
    assert first is not None
    assert first.files[0].text == (
        "-- +goose NO TRANSACTION\n-- +goose Up\n"
        "-- if it fails, drop the INVALID index that it leaves, and try again\n"
        "CREATE INDEX CONCURRENTLY i ON orders (customer_id);\n\n"
        "-- +goose Down\nDROP INDEX CONCURRENTLY IF EXISTS i;\n"
    )
    assert first.file_notes == (
        "take line 2 out of 00007_shop.sql; what follows it there and rests on it goes behind them",
    )
    document = json.loads(as_json.render(result))
    jsonschema.validate(document, as_json.schema("check"))
    assert document["statements"][0]["alternative"]["files"][0]["path"].endswith("00009_shop_1.sql")
    terminal, markdown = reports.terminal(result), reports.markdown(result)
    assert "as 1 file of the migration's tool" in terminal
    assert "-- +goose NO TRANSACTION" in terminal
    assert "As 1 file of the migration's tool:" in markdown
    assert markdown.count("<details") == markdown.count("</details>")


def test_versions_of_flyway_stay_between_their_neighbours(tmp_path: Path) -> None:
    files = {"V7__shop.sql": f"{INDEX};\nSELECT 1;\n", "V7.1__next.sql": "SELECT 1;\n"}
    assert written(checked(tmp_path, files, "V7__shop.sql")) == ["V7.0.1__shop.sql", "V7.0.1__shop.sql.conf"]


def test_a_migration_of_one_statement_gives_its_place(tmp_path: Path) -> None:
    assert written(checked(tmp_path, {"7_shop.up.sql": f"{KEY};\n"}, "7_shop.up.sql")) == [
        "7_shop.up.sql", "7_shop.down.sql", "8_shop_1.up.sql", "8_shop_1.down.sql",
    ]  # fmt: skip


def test_the_files_of_plain_sql_are_the_steps(tmp_path: Path) -> None:
    result = checked(tmp_path, {"7.sql": f"{INDEX};\n"}, "7.sql")
    assert result.statements[0].alternative is not None
    assert written(result) == []
    assert result.statements[0].alternative.file_notes == ()


def test_batches_of_mysql_are_no_migration(tmp_path: Path) -> None:
    text = "-- migrate:up\nUPDATE orders SET n = n + 1;\n-- migrate:down\n"
    found = checked(tmp_path, {"7_a.sql": text}, "7_a.sql", engine="mariadb").statements[0].alternative
    assert found is not None
    assert found.files == ()
    assert "run them by hand" in found.file_notes[0]


def test_what_drizzle_cannot_do_is_told(tmp_path: Path) -> None:
    journal = '{"dialect": "postgresql", "entries": [{"idx": 0, "tag": "0007_shop"}]}'
    result = checked(tmp_path, {"0007_shop.sql": f"{INDEX};\n", "meta/_journal.json": journal}, "0007_shop.sql")
    found = result.statements[0].alternative
    assert found is not None
    assert found.files == ()
    assert "CREATE INDEX CONCURRENTLY i ON orders (customer_id) cannot be a migration of it" in found.file_notes[0]


def test_what_is_for_later_is_told(tmp_path: Path) -> None:
    text = "-- migrate:up\nALTER TABLE orders ALTER COLUMN n TYPE bigint;\n-- migrate:down\n"
    found = checked(tmp_path, {"7_a.sql": text}, "7_a.sql").statements[0].alternative
    assert found is not None
    last = found.files[-1]
    assert "DROP COLUMN n_old" in last.text
    assert "it cannot be taken back by statements" in last.text
    assert any("in a later deployment, when nobody misses it" in note for note in found.file_notes)
