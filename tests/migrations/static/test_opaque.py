"""After a statement whose doings the text does not tell, nobody can say that a name is missing, or taken."""

from __future__ import annotations

import pytest

from advisor.migrations.reading import script_of
from advisor.migrations.static import foretell
from advisor.model.engine import Engine, EngineName
from advisor.model.migration import Outcome

BASE = "create table t (a int primary key, b int, unique key u (b));"


def told(engine: EngineName, sql: str) -> list[Outcome]:
    base = script_of(BASE if engine != "postgresql" else "create table t (a int, b int);", "0.sql", engine=engine)
    script = script_of(sql, "1.sql", engine=engine)
    return list(foretell([script], None, Engine(engine, "16"), base=[base]).outcomes)


@pytest.mark.parametrize(
    ("engine", "hidden", "sql"),
    [
        ("postgresql", "do $$ begin execute format('create table %I ()', 'x' || a) from t; end $$", "drop table x"),
        ("postgresql", "select cut_into_parts('t')", "create index on t_1 (a)"),
        ("postgresql", "select drop_columns('t')", "alter table t add column b int"),
        ("mysql", "call drop_indexes('t')", "create unique index u on t (b)"),
        ("mysql", "prepare s from @x;\nexecute s", "alter table t add primary key (b)"),
        ("mariadb", "call add_columns('t')", "alter table t drop column z"),
    ],
)
def test_a_name_may_have_come_or_gone(engine: EngineName, hidden: str, sql: str) -> None:
    assert told(engine, sql)[-1].failure is not None
    last = told(engine, f"{hidden};\n{sql}")[-1]
    assert last.failure is None
    assert last.uncertain is not None


def test_what_hangs_on_no_name_still_fails() -> None:
    sql = "select cut_into_parts('t');\nbegin;\ncreate index concurrently i on t (a);\ncommit;"
    failure = told("postgresql", sql)[-1].failure
    assert failure is not None
    assert failure.code == "25001"
