"""`advisor.check` as a program calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

import advisor
from advisor.api.check import CheckWishes
from advisor.model.errors import UserError

SCHEMA = "CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint);\n"
NEVER = CheckWishes(dry_run="never")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "m.sql").write_text("CREATE INDEX orders_customer ON orders (customer_id);\n")
    return tmp_path


def test_a_result_has_the_fields_of_the_report(folder: Path) -> None:
    result = advisor.check(folder / "m.sql", catalog=folder / "schema.sql", wishes=NEVER)
    (statement,) = result.statements
    assert (statement.verdict, statement.evidence, statement.executed) == ("blocking", "schema", False)
    assert [one.rule for one in result.findings] == ["MIG001"]
    assert result.base is not None
    assert result.base.endswith("how large its tables are is not known")


@pytest.mark.parametrize(("rows", "rules"), [({"orders": 0}, []), ({"orders": 400_000_000}, ["MIG001"])])
def test_rows_of_a_schema_file(folder: Path, rows: dict[str, int], rules: list[str]) -> None:
    result = advisor.check([folder / "m.sql"], catalog=folder / "schema.sql", wishes=NEVER, rows=rows)
    assert [one.rule for one in result.findings] == rules
    assert all(one.severity == "high" for one in result.findings)
    assert "est. " in "".join(one.title for one in result.findings) or not rules


def test_what_the_user_can_mend_is_a_user_error(folder: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        advisor.check(folder / "nowhere.sql", wishes=NEVER)
