"""Statements of SQL text, cut as the clients cut them, whatever the size of a read."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.engine import Dialect
from advisor.sources.split import Split, comment_free

POSTGRESQL = r"""-- a header; with a semicolon
/* a block; /* nested */ of
   comments */
select 'it''s; one', E'a\';b', "odd;name", $$ body; $$, $x$ $$;$$ $x$ from t; -- trailing
\connect shop
/* app='web' */ select 2;

create function f() returns int language sql begin atomic select case when 1=1 then 1 end; select 2; end;
create rule r as on insert to t do also (insert into a values (1); insert into b values (2));
COPY t (a, b) FROM stdin;
1	x;y
2	it's
\.
select 3 \gset
begin; commit;
select 'last'"""

MYSQL = r"""# comment; one
-- comment; two
use shop;
select 'a\';b', "c;\"d", `e;f`, 5--1 from t /* c; */;
/*!40101 SET NAMES utf8 */;
delimiter //
create procedure p() begin select 1; select 2; end//
delimiter ;
create trigger t before insert on x for each row begin if new.a then set new.b = case when 1 then 2 end; end if; end;
select 2\G
select 3;
"""

SQLITE = """.mode csv
create table "a;b" ([c;d] text, `e;f` int);
create trigger t after insert on x begin update y set a = case when 1 then 2 else 3 end; delete from z; end;
pragma foreign_keys = on;
"""


def split(text: str | bytes, dialect: Dialect, chunk: int = 1 << 20, **options: int) -> tuple[list[str], Split]:
    data = text.encode() if isinstance(text, str) else text
    cut = Split(io.BytesIO(data), dialect, chunk=chunk, **options)
    statements = list(cut)
    for statement in statements:
        raw = statement.text.encode()
        assert data[statement.offset :].startswith(raw) or b"\xef\xbf\xbd" in raw
        assert statement.line == data.count(b"\n", 0, statement.offset) + 1
    assert cut.lines == data.count(b"\n") + (data[-1:] not in (b"\n", b""))
    return [statement.text for statement in statements], cut


def test_postgresql() -> None:
    statements, cut = split(POSTGRESQL, "postgresql")
    assert [text[:14] for text in statements] == [
        "select 'it''s;",
        "/* app='web' *",
        "create functio",
        "create rule r ",
        "COPY t (a, b) ",
        "select 3",
        "begin",
        "commit",
        "select 'last'",
    ]
    assert statements[1] == "/* app='web' */ select 2"
    assert statements[2].endswith("end")
    assert statements[3].endswith("values (2))")
    assert (cut.copied, cut.commands, cut.unreadable) == (2, 2, [])
    assert cut.lines == len(POSTGRESQL.split("\n"))


def test_databases_follow_the_client() -> None:
    cut = Split(io.BytesIO(POSTGRESQL.encode()), "postgresql")
    assert [statement.database for statement in cut] == [None, *["shop"] * 8]
    cut = Split(io.BytesIO(MYSQL.encode()), "mysql")
    assert {statement.database for statement in cut} == {"shop"}


def test_mysql() -> None:
    statements, cut = split(MYSQL, "mysql")
    assert [text[:12] for text in statements] == [
        "select 'a\\';",
        "/*!40101 SET",
        "create proce",
        "create trigg",
        "select 2",
        "select 3",
    ]
    assert statements[2].endswith("end")
    assert statements[3].endswith("end")
    assert (cut.commands, cut.unreadable) == (3, [])


def test_sqlite() -> None:
    statements, cut = split(SQLITE, "sqlite")
    assert [text[:14] for text in statements] == ['create table "', "create trigger", "pragma foreign"]
    assert cut.commands == 1


@pytest.mark.parametrize(("text", "dialect"), [(POSTGRESQL, "postgresql"), (MYSQL, "mysql"), (SQLITE, "sqlite")])
def test_the_size_of_a_read_changes_nothing(text: str, dialect: Dialect) -> None:
    expected, whole = split(text, dialect)
    for chunk in [*range(1, 60), 100, 200]:
        statements, cut = split(text, dialect, chunk)
        assert statements == expected, chunk
        assert (cut.lines, cut.commands, cut.copied) == (whole.lines, whole.commands, whole.copied), chunk


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("select 'open;\nselect 2;\nselect 3;\n", "single quote"),
        ('select "open;\nselect 2;\nselect 3;\n', "double quote"),
        ("select $a$ open;\nselect 2;\nselect 3;\n", "dollar quote"),
        ("select 1 /* open;\nselect 2;\nselect 3;\n", "comment"),
        ("select e'open\\';\nselect 2;\nselect 3;\n", "single quote"),
    ],
)
def test_what_is_never_closed_is_counted_and_the_rest_is_read(text: str, reason: str) -> None:
    statements, cut = split(text, "postgresql")
    assert statements == ["select 2", "select 3"]
    ((line, lines, why),) = cut.unreadable
    assert (line, lines) == (1, 1)
    assert reason in why


def test_a_statement_beyond_the_limit_is_counted() -> None:
    text = "select 1;\ninsert into t values (" + "1,\n" * 5000 + "1);\nselect 2;\n"
    for chunk in (64, 1000):
        statements, cut = split(text, "postgresql", chunk, max_bytes=4096)
        assert statements[0] == "select 1"
        assert "longer than" in cut.unreadable[0][2]
        assert cut.lines == text.count("\n")


def test_hostile_text_ends() -> None:
    text = "".join(f"$a{n}$;\n" for n in range(40_000))
    _, cut = split(text, "postgresql")
    assert cut.lines == 40_000
    assert sum(lines for _, lines, _ in cut.unreadable) == 40_000


PIECES = [
    "select 1",
    ";",
    "\n",
    "'",
    '"',
    "`",
    "$$",
    "$a$",
    "--",
    "/*",
    "*/",
    "\\",
    "(",
    ")",
    "e'",
    "#",
    " ",
    "begin ",
    "end ",
    "case ",
    "create function ",
    "delimiter //\n",
    "//",
    "[",
    "]\ncopy t from stdin",
    "\\.\n",
    "é",
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=30),
    st.sampled_from(["postgresql", "mysql", "sqlite"]),
    st.integers(1, 12),
)
def test_any_text_gives_the_same_at_any_read_size(parts: list[str], dialect: Dialect, chunk: int) -> None:
    text = "".join(parts)
    expected, whole = split(text, dialect)
    statements, cut = split(text, dialect, chunk)
    assert statements == expected
    assert cut.lines == whole.lines == text.count("\n") + bool(text and not text.endswith("\n"))
    assert cut.unreadable == whole.unreadable


def test_comments_are_taken_out_in_linear_time() -> None:
    assert comment_free("a -- b\nc /* d */ e /*! f */ g") == "a \nc  e /*! f */ g"
    assert comment_free("/* " * 500_000) == ""
    assert len(comment_free("/*" * 500_000)) < 500_000
    assert len(comment_free("/*!" * 200_000)) == 600_000
