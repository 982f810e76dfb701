"""The commands for MySQL and MariaDB: each form was run beside a writer (docs/alternatives.md); here is what is printed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from advisor.alternatives.widening import loses
from advisor.api.check import CheckWishes, check
from advisor.model.check import Alternative

PLAIN = "CREATE TABLE t (id int NOT NULL PRIMARY KEY, n int, a varchar(20)) ENGINE=InnoDB;"


def instead(sql: str, tmp_path: Path, schema: str = PLAIN, engine: str = "mariadb") -> Alternative | None:
    (tmp_path / "s.sql").write_text(schema)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1.sql").write_text(sql + ";\n")
    version = "10.11.8" if engine == "mariadb" else "8.0.36"
    wishes = CheckWishes(server_version=version, dry_run="never", engine=engine)  # type: ignore[arg-type]
    return check(tmp_path / "m", catalog=tmp_path / "s.sql", wishes=wishes).statements[-1].alternative


def words(found: Alternative | None) -> list[list[str]]:
    return [] if found is None else [shlex.split(one) for one in found.commands]


def test_what_is_printed_only_tries(tmp_path: Path) -> None:
    ghost, pt = words(instead("ALTER TABLE t MODIFY n bigint", tmp_path, engine="mysql"))
    assert ghost[0] == "gh-ost"
    assert pt[0] == "pt-online-schema-change"
    assert "--execute" not in ghost + pt
    assert "--dry-run" in pt
    assert "--panic-on-warnings" in ghost


def test_gh_ost_is_not_for_mariadb(tmp_path: Path) -> None:
    found = instead("ALTER TABLE t MODIFY n bigint", tmp_path)
    assert [one[0] for one in words(found)] == ["pt-online-schema-change"]
    assert found is not None
    assert "MariaDB" in found.why


def test_a_comment_does_not_take_in_the_next_clause(tmp_path: Path) -> None:
    (pt,) = words(instead("ALTER TABLE t MODIFY n bigint -- wide\n, MODIFY a varchar(30) /* b */ NOT NULL", tmp_path))
    assert pt[pt.index("--alter") + 1] == "MODIFY n bigint, MODIFY a varchar(30) NOT NULL"


def test_text_of_the_server_alone_is_not_passed_on(tmp_path: Path) -> None:
    found = instead("ALTER TABLE t MODIFY n bigint, ADD COLUMN z int /*!80023 INVISIBLE */", tmp_path, engine="mysql")
    assert not words(found)


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("`a,b=c`", "D=DATABASE,t=a\\,b=c"),
        ("`a.b`", "D=DATABASE,t=a.b"),
        ("`we ird-$t`", "D=DATABASE,t=we ird-$t"),
        ("shop.`order`", "D=shop,t=order"),
    ],
)
def test_names(name: str, where: str, tmp_path: Path) -> None:
    schema = f"CREATE TABLE {name} (id int NOT NULL PRIMARY KEY, n int) ENGINE=InnoDB;"
    (pt,) = words(instead(f"ALTER TABLE {name} MODIFY n bigint", tmp_path, schema))
    assert pt[-1] == f"h=PRIMARY,A=utf8mb4,{where}"


@pytest.mark.parametrize("name", ["`a``b`", "`o'd`", '`o"d`', "`zähl`", "`5%`"])
def test_names_that_the_tools_cannot_take(name: str, tmp_path: Path) -> None:
    schema = f"CREATE TABLE {name} (id int NOT NULL PRIMARY KEY, n int) ENGINE=InnoDB;"
    assert not words(instead(f"ALTER TABLE {name} MODIFY n bigint", tmp_path, schema))


@pytest.mark.parametrize(
    ("sql", "schema"),
    [
        ("ALTER TABLE t MODIFY a varchar(3)", PLAIN),  # cut, and said to have succeeded
        ("ALTER TABLE t CONVERT TO CHARACTER SET latin1", PLAIN.replace(";", " CHARSET=utf8mb4;")),
        ("ALTER TABLE t ADD COLUMN z date NOT NULL, MODIFY n bigint", PLAIN),  # the traffic's writes fail meanwhile
        ("ALTER TABLE t MODIFY n bigint", "CREATE TABLE t (id int, n int, UNIQUE (id)) ENGINE=InnoDB;"),
        (
            "ALTER TABLE t MODIFY n bigint",
            "CREATE TABLE t (id int NOT NULL PRIMARY KEY, n int, up int, FOREIGN KEY (up) REFERENCES t (id)) ENGINE=InnoDB;",
        ),
        (
            "ALTER TABLE t MODIFY n bigint",
            "CREATE TABLE t (id int NOT NULL PRIMARY KEY, n int) ENGINE=InnoDB WITH SYSTEM VERSIONING;",
        ),
    ],
)
def test_what_the_tools_lose_or_refuse(sql: str, schema: str, tmp_path: Path) -> None:
    assert not words(instead(sql, tmp_path, schema))


KEYS = """CREATE TABLE p (id int NOT NULL PRIMARY KEY, n int) ENGINE=InnoDB;
CREATE TABLE k (id int NOT NULL PRIMARY KEY, n int, p_id int, CONSTRAINT k_p FOREIGN KEY (p_id) REFERENCES p (id)) ENGINE=InnoDB;"""


def test_foreign_keys_of_others_are_made_anew(tmp_path: Path) -> None:
    found = instead("ALTER TABLE p MODIFY n bigint", tmp_path, KEYS, "mysql")
    (pt,) = words(found)
    assert pt[pt.index("--alter-foreign-keys-method") + 1] == "rebuild_constraints"
    assert found is not None
    assert "keys of k are made anew" in found.why
    assert "gh-ost refuses" in found.why


def test_its_own_foreign_keys_need_no_method(tmp_path: Path) -> None:
    found = instead("ALTER TABLE k MODIFY n bigint", tmp_path, KEYS)
    (pt,) = words(found)
    assert "--alter-foreign-keys-method" not in pt
    assert found is not None
    assert "underscore" in found.why


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("int", "bigint", False),
        ("bigint", "tinyint", False),  # out of range ends the copy
        ("varchar(5)", "int", True),
        (None, "bigint", False),
        (None, "varchar(200)", True),
        ("varchar(20)", "varchar(40)", False),
        ("varchar(40)", "varchar(20)", True),
        ("varchar(300)", "text", False),
        ("text", "varchar(300)", True),
        ("varchar(20) character set utf8mb4", "varchar(20) character set latin1", True),
        ("varchar(20) character set latin1", "varchar(20) character set utf8mb4", False),
        ("int", "varchar(30)", False),
        ("bigint", "varchar(9)", True),
        ("varbinary(20)", "varchar(20)", True),
        ("enum('a','b')", "enum('b','a','c')", False),
        ("enum('a','b')", "enum('a')", True),
        ("decimal(10,2)", "decimal(10,1)", True),
        ("decimal(10,2)", "decimal(12,2)", False),
        ("datetime", "date", True),
        ("timestamp", "datetime", False),
        ("datetime", "timestamp", True),
        ("datetime", "datetime(3)", False),
        ("datetime(6)", "datetime(3)", True),
    ],
)
def test_what_may_be_cut(old: str | None, new: str, expected: bool) -> None:
    assert loses(old, new) is expected
