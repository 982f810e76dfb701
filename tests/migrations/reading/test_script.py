"""One text: statements, transactions, ignores, what is passed over."""

from __future__ import annotations

import gc
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.migrations.reading import script_of
from advisor.model.engine import EngineName
from advisor.model.migration import Script


def script(text: str, engine: EngineName = "postgresql", **options: object) -> Script:
    found = script_of(text, "f.sql", engine=engine, **options)  # type: ignore[arg-type]
    lines = text.removeprefix("\ufeff").split("\n")
    for statement in found.statements:
        first = statement.sql.split("\n")[0].split()[0]
        assert first in lines[statement.line - 1]
        assert statement.end_line - statement.line == statement.sql.count("\n")
    return found


def brief(found: Script) -> list[tuple[int, str, int | None, bool]]:
    return [(one.line, one.sql.split("\n")[0], one.transaction, one.open_ended) for one in found.statements]


POSTGRESQL = [
    (
        "alter table a add b int;\ndrop table c",
        [(1, "alter table a add b int", None, False), (2, "drop table c", None, False)],
    ),
    ("-- x\n/* y */\n\ndrop table a /* z */ -- w\n;", [(4, "drop table a", None, False)]),
    ("/* on its line */ drop table a;", [(1, "drop table a", None, False)]),
    ("begin; drop table a; commit; drop table b", [(1, "drop table a", 1, False), (1, "drop table b", None, False)]),
    ("START TRANSACTION ISOLATION LEVEL SERIALIZABLE;\ndrop table a;\nEND WORK;", [(2, "drop table a", 1, False)]),
    ("begin; drop table a; rollback; drop table b", [(1, "drop table a", 1, True), (1, "drop table b", None, False)]),
    ("begin; drop table a", [(1, "drop table a", 1, True)]),
    (
        "begin; drop table a; savepoint s; drop table b; rollback to savepoint s; drop table c; commit",
        [(1, "drop table a", 1, False), (1, "drop table b", 1, True), (1, "drop table c", 1, False)],
    ),
    (
        "begin; drop table a; commit and chain; drop table b; commit",
        [(1, "drop table a", 1, False), (1, "drop table b", 2, False)],
    ),
    (
        "do $$ begin; drop table x; end $$;\nselect 1",
        [(1, "do $$ begin; drop table x; end $$", None, False), (2, "select 1", None, False)],
    ),
    (
        "\\set AUTOCOMMIT off\ndrop table a;\ncommit;\ndrop table b;",
        [(2, "drop table a", 1, False), (4, "drop table b", 2, True)],
    ),
    ("commit prepared 'x';", [(1, "commit prepared 'x'", None, False)]),
    (
        "copy t from stdin;\n1\t;drop table a;\n\\.\ndrop table b;",
        [(1, "copy t from stdin", None, False), (4, "drop table b", None, False)],
    ),
    ("\ufeffdrop table a;", [(1, "drop table a", None, False)]),
    ("drop table a;\r\ndrop table b;\r\n", [(1, "drop table a", None, False), (2, "drop table b", None, False)]),
    ("", []),
    (";;\n-- only\n", []),
]


@pytest.mark.parametrize(("text", "expected"), POSTGRESQL)
def test_statements_and_transactions_of_postgresql(
    text: str, expected: list[tuple[int, str, int | None, bool]]
) -> None:
    assert brief(script(text)) == expected


MYSQL = [
    (
        "start transaction; insert into a values (1); alter table a add b int; delete from a; commit",
        [
            (1, "insert into a values (1)", 1, False),
            (1, "alter table a add b int", None, False),
            (1, "delete from a", None, False),
        ],
    ),
    (
        "begin;\ncreate temporary table t (a int);\ninsert into t values (1);\ncommit;",
        [(2, "create temporary table t (a int)", 1, False), (3, "insert into t values (1)", 1, False)],
    ),
    (
        "delimiter //\ncreate trigger t before insert on a for each row begin set new.a = 1; end//\ndelimiter ;\ndrop table a;",
        [
            (2, "create trigger t before insert on a for each row begin set new.a = 1; end", None, False),
            (4, "drop table a", None, False),
        ],
    ),
    (
        "set autocommit=0; delete from a; delete from b; commit; set autocommit=1; delete from c",
        [(1, "delete from a", 1, False), (1, "delete from b", 1, False), (1, "delete from c", None, False)],
    ),
    ("use shop;\ndrop table `a;b`; # x", [(2, "drop table `a;b`", None, False)]),
    (
        "/*!40101 SET NAMES utf8 */;\nselect 1",
        [(1, "/*!40101 SET NAMES utf8 */", None, False), (2, "select 1", None, False)],
    ),
    (
        "begin; insert into a values (1); begin; insert into b values (1); commit",
        [(1, "insert into a values (1)", 1, False), (1, "insert into b values (1)", 2, False)],
    ),
]


@pytest.mark.parametrize(("text", "expected"), MYSQL)
def test_statements_and_transactions_of_mysql(text: str, expected: list[tuple[int, str, int | None, bool]]) -> None:
    assert brief(script(text, "mysql")) == expected


def test_a_whole_file_in_one_transaction_until_a_commit() -> None:
    found = script("drop table a;\nbegin;\ndrop table b;\ncommit;\ndrop table c;", transactions="file")
    assert [one.transaction for one in found.statements] == [1, 1, None]
    assert found.notes == (
        "line 2: BEGIN has no effect: a transaction is open already",
        "line 4: COMMIT ends the transaction that the tool opened",
    )


def test_what_a_client_would_do_is_told() -> None:
    found = script("\\i more.sql\n\\set ON_ERROR_STOP on\n\\timing\n\\c other\n\\if :x\ndrop table a;\n\\endif\n")
    assert found.notes == (
        "line 4: psql command `\\c other` is not followed",
        "line 5: psql command `\\if :x` is not evaluated: every branch is read",
        "line 7: psql command `\\endif` is not evaluated: every branch is read",
    )
    assert [one.sql for one in found.statements] == ["drop table a"]
    assert script("use shop;\ndrop table a;", "mysql").notes == (
        "line 1: `use shop` is not followed: all statements count for one database",
    )


def test_psql_variables() -> None:
    text = "\\set s app\nalter table :s.t add c text default :'d', add e int[], add x text default 'a:b'::text;\nselect a[1:n];"
    found = script(text)
    assert [one.sql for one in found.statements] == ["select a[1:n]"]
    assert [(one.line, one.reason) for one in found.unread] == [
        (2, "the psql variable :d has no value: give --placeholder d=VALUE")
    ]
    found = script("\\set s app\n\\set d 'it''s'\nalter table :s.\"t\" add c text default :'d', rename :\"s\" to :s;")
    assert found.statements[0].sql == "alter table app.\"t\" add c text default 'it''s', rename \"app\" to app"


def test_what_never_ends_is_unread_and_the_rest_is_read() -> None:
    found = script("drop table a;\nselect 'open;\ndrop table b;\nselect 1;")
    assert [one.sql for one in found.statements] == ["drop table a", "drop table b", "select 1"]
    assert [(one.line, one.reason) for one in found.unread] == [(2, "a single quote is never closed")]


IGNORES = [
    ("-- advisor: ignore MIG001 small\ndrop table a;", [(1, ("MIG001",), "small", 2)]),
    (
        "drop table a; -- advisor: ignore MIG001,MIG-2 , X3Y small table",
        [(1, ("MIG001", "MIG-2", "X3Y"), "small table", 1)],
    ),
    ("drop table a\n-- advisor: ignore MIG001\n;\ndrop table b;", [(2, ("MIG001",), "", 1)]),
    ("drop table\n  a -- advisor: ignore MIG001\n;", [(2, ("MIG001",), "", 1)]),
    ("drop table a\n; -- advisor: ignore MIG001 -- why", [(2, ("MIG001",), "why", 1)]),
    ("/* advisor: ignore MIG001\n   two lines */\ndrop table a;", [(1, ("MIG001",), "two lines", 3)]),
    ("drop table a; /* advisor: ignore MIG001 x */ drop table b;", [(1, ("MIG001",), "x", 1)]),
    ("drop table z;\n/* advisor: ignore MIG001 x */ drop table b;", [(2, ("MIG001",), "x", 2)]),
    ("-- advisor: ignore MIG001 x\n\n-- other\nbegin;\ndrop table a;", [(1, ("MIG001",), "x", 5)]),
    ("drop table a;\n-- advisor: ignore-file MIG001 generated\n", [(2, ("MIG001",), "generated", None)]),
    (
        "drop table a; -- advisor: ignore A1\n-- advisor: ignore B1 q\ndrop table b;",
        [(1, ("A1",), "", 1), (2, ("B1",), "q", 3)],
    ),
    ("copy t from stdin;\n-- advisor: ignore MIG001\n\\.\ndrop table a;", []),
    ("drop table a;", []),
    ("-- the advisor said so\ndrop table a;", []),
]


@pytest.mark.parametrize(("text", "expected"), IGNORES)
def test_ignores(text: str, expected: list[tuple[int, tuple[str, ...], str, int | None]]) -> None:
    found = script(text)
    assert [(one.line, one.rules, one.reason, one.statement_line) for one in found.ignores] == expected
    assert not [note for note in found.notes if "ignores nothing" in note]


@pytest.mark.parametrize(
    "comment",
    [
        "-- advisor: ignore",
        "-- advisor: ignore because we say so",
        "-- advisor ignore MIG001",
        "-- advisor:ignore-next MIG001",
        "-- advisor: IGNORE MIG001",
        "-- Advisor: ignore MIG001",
        "-- advisor: ignore mig001",
        "-- advisor: ignore MIG001 MIG002 both",
        "-- advisor: ignore *",
        "-- advisor: disable MIG001",
        "-- advisor-ignore: MIG001",
        "/* advisor: ignore MIG001; MIG002 */",
    ],
)
def test_what_looks_like_an_ignore_is_told(comment: str) -> None:
    found = script(f"{comment}\ndrop table a;")
    assert found.ignores == ()
    assert [note for note in found.notes if note.startswith("line 1: this comment ignores nothing")]


def test_an_ignore_where_none_can_be_is_told() -> None:
    assert "no statement follows" in script("drop table a;\n\n-- advisor: ignore MIG001 x\n").notes[0]
    inside = script("do $$\n-- advisor: ignore MIG001 x\nbegin end $$;")
    assert inside.ignores == ()
    assert "stands in a string or body" in inside.notes[0]


WORDS = st.sampled_from(
    [
        "select",
        "'a;b'",
        '"c;d"',
        "$$ ; $$",
        "$x$ -- $$ $x$",
        "E'\\';'",
        "(",
        ")",
        "1",
        "a.b",
        "::text",
        "--5\n",
        "/* ; */",
        "\n",
        " ",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=8), max_size=8),
    st.sampled_from([";", " ;\n", ";\n\n-- c\n", "; /* d */"]),
)
def test_no_word_is_lost(statements: list[list[str]], between: str) -> None:
    text = between.join(" ".join(words) for words in statements)
    expected = [word for words in statements for word in words if word not in ("--5\n", "/* ; */", "\n", " ")]
    found = script_of(text, "f.sql", engine="postgresql")
    joined = " ".join(one.sql for one in found.statements)
    for word in expected:
        assert word in joined
    assert sum(joined.count(word) for word in ("select", "a.b")) == sum(
        expected.count(word) for word in ("select", "a.b")
    )
    lines = text.split("\n")
    for one in found.statements:
        assert lines[one.line - 1].find(one.sql.split("\n")[0]) >= 0


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab;'\"$`\\-/*#{}:[]()\n @E!", max_size=80), st.sampled_from(["postgresql", "mysql", "sqlite"]))
def test_nothing_crashes(text: str, engine: EngineName) -> None:
    found = script_of(text, "f.sql", engine=engine)
    for one in found.statements:
        assert one.sql.strip() == one.sql != ""
        assert 1 <= one.line <= one.end_line <= text.count("\n") + 1


@pytest.mark.long
@pytest.mark.parametrize(
    "piece",
    [
        "drop table a; -- advisor: ignore MIG001 x\n",
        "/*",
        "$",
        "'",
        "begin;",
        "savepoint a;",
        "\\i x\n",
        ":a ",
        "${",
        "(",
        "--\n",
        "[",
        ";",
        "$a$ $a$;",
        "x /* y */",
    ],
)
def test_time_is_linear(piece: str) -> None:
    def seconds(times: int) -> float:
        gc.disable()  # what other tests have left behind takes as long as they like
        try:
            begun = time.process_time()
            script_of(piece * times, "f.sql", engine="postgresql")
            return time.process_time() - begun
        finally:
            gc.enable()

    small = max(seconds(4000), 0.01)
    assert seconds(16000) < small * 4 * 3 + 0.3
