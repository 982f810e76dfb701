"""What normalised text looks like, and what shares a shape."""

import pytest

from advisor.fingerprint import keying
from advisor.fingerprint.normal import normal

PG, MY, LITE = "postgresql", "mysql", "sqlite"


@pytest.fixture(params=["compiled", "python"])
def normalise(request, monkeypatch):
    if request.param == "compiled":
        pytest.importorskip("advisor.fingerprint._tokenise")
        return keying.normalise
    return lambda sql, dialect: normal(sql.encode(), dialect).out.decode()


CASES = [
    # literals
    (PG, "select * from t where name='O''Brien'", "select * from t where name = ?"),
    (PG, r"select E'it\'s', U&'d\0061t', N'x', B'01', X'1F'", "select ?, ?, ?, ?, ?"),
    (PG, "select $$a 'b' $c$ $$, $t$ $$ ; $t$", "select ?, ?"),
    (PG, "select 0x1F, 0b11, 0o17, 1_000, 1.5e-3, .5, 5., 1E10", "select ?, ?, ?, ?, ?, ?, ?, ?"),
    (PG, "select 'a'\n  'b', 'c'", "select ?, ?"),
    (MY, r"select * from t where name='back\\' AND y='z'", "select * from t where name = ? and y = ?"),
    (MY, r"""select "it's", 'say \"x\"', "a""b", _utf8mb4'x', N'x', 0xFF, x'ff'""", "select ?, ?, ?, ?, ?, ?, ?"),
    (PG, "select 'back\\' and y='z'", "select ? and y = ?"),
    (LITE, "select x'ff', 'it''s', ?1, :a, @b, $c", "select ?, ?, ?, ?, ?, ?"),
    # signs
    (PG, "select a-1, b -1, c - 1, -d, -(e)", "select a - ?, b - ?, c - ?, -d, -(e)"),
    (PG, "select * from t where a = -5 and b in (-1, +2) limit -1", "select * from t where a = ? and b in (?) limit ?"),
    (PG, "select a - -5, a*-5, - - 5, case when a then -1 end", "select a - ?, a * ?, ?, case when a then ? end"),
    (MY, "select a--5, --5", "select a - ?, ?"),
    # names
    (PG, 'SELECT "Col" FROM "T 2" WHERE "Id" = 2', 'select "Col" from "T 2" where "Id" = ?'),
    (PG, "select t1.col_2020 from db1.t1, db2.t2 where a$1 = 1", "select t1.col_2020 from db1.t1, db2.t2 where a$1 = ?"),
    (MY, "select `a 1`.2fa, db.2020_t from `a 1`", "select `a 1`.2fa, db.2020_t from `a 1`"),
    (MY, "select @v, @@global.x, @v := 5", "select @v, @@global.x, @v := ?"),
    (LITE, 'select [a 1], `b`, "C" from t', 'select [a 1], `b`, "C" from t'),
    (PG, "select t.offset - 1, t.values - 1, t.in(1, 2)", "select t.offset - ?, t.values - ?, t.in(?, ?)"),
    (PG, "SELECT É, Größe FROM Straße1", "select É, größe from straße1"),
    # constants with a type
    (PG, "select * from t where d > date '2024-01-01'", "select * from t where d > ?"),
    (PG, "select timestamp with time zone '2024-01-01', date, time from t", "select ?, date, time from t"),
    (PG, "select '1'::int, $1::numeric(10, 2)[], 'x'::public.\"T\"::text, a::int", "select ?, ?, ?, a::int"),
    (PG, "select now() - interval '1 day', cast(a as int)", "select now() - interval ?, cast(a as int)"),
    (MY, "select now() - interval 1 day", "select now() - interval ? day"),
    (PG, "select null, true, a is null, b is not false", "select null, true, a is null, b is not false"),
    # lists
    (PG, "select 1 from t where a IN ('x','y''z',NULL)", "select ? from t where a in (?)"),
    (PG, "select 1 from t where a in (1)", "select ? from t where a in (?)"),
    (PG, "select 1 from t where a not in ($1, $2, $3)", "select ? from t where a not in (?)"),
    (PG, "where a IN (cast(1 as date), cast(2 as date))", "where a in (?)"),
    (PG, "where a IN (1::uuid, '2'::uuid, null::uuid, -1, true)", "where a in (?)"),
    (PG, "where a in (date '2024-01-01', interval '1 day')", "where a in (?)"),
    (PG, "where (a,b) IN ((1,2),(3,null),(4,5::int))", "where (a, b) in ((?, ?))"),
    (PG, "where a = ANY(ARRAY[1,2]) and b = any('{1,2}'::int[])", "where a = any(array[?]) and b = any(?)"),
    (PG, "where a in (1, 2, b, 3)", "where a in (?, b)"),
    (PG, "where a in (select 1, 1 from t)", "where a in (select ?, ? from t)"),
    (PG, "select f(1,2), f(1,2,3), (1,2)", "select f(?, ?), f(?, ?, ?), (?, ?)"),
    (PG, "insert into t (a,b) values (1,2),(3,4)", "insert into t(a, b) values (?, ?)"),
    (PG, "insert into t (a,b) values (default, null)", "insert into t(a, b) values (?, ?)"),
    (PG, "insert into t values (1,now()),(2,now()) returning id", "insert into t values (?, now()) returning id"),
    (MY, "insert into t values row(1,2), row(3,4)", "insert into t values row(?, ?)"),
    (MY, "insert into t(a) values (1),(2) on duplicate key update a = values(a)",
     "insert into t(a) values (?) on duplicate key update a = values (a)"),
    (PG, "select * from (values (1,'a'),(2,'b')) v(x,y)", "select * from (values (?, ?)) v(x, y)"),
    # cut off
    (PG, "select 1 from t where a in (1, 2, 3", "select ? from t where a in (?"),
    (PG, "select 1 from t where a in (1, 2,", "select ? from t where a in (?"),
    (PG, "insert into t values (1,2),(3,4),(5", "insert into t values (?, ?)"),
    (PG, "select 'secret", "select ?"),
    (PG, 'select "secret', "select ?"),
    (PG, "select 1 /* secret", "select ?"),
    (PG, "select $x$ secret", "select ?"),
    # comments
    (PG, "select 1 -- it's\n, 2 /* a /* nested ' */ */ from t -- x", "select ?, ? from t"),
    (MY, "select 1 # it's\n, 2 -- it's\n from t /* x */", "select ?, ? from t"),
    (MY, "select /*!40001 SQL_NO_CACHE */ /*+ MAX_EXECUTION_TIME(5) */ * from t", "select sql_no_cache * from t"),
    # placeholders and operators
    (PG, "select x->>'k', y @> '{}', z #>> '{a}', a||'b'", "select x ->> ?, y @> ?, z #>> ?, a || ?"),
    (PG, "select x ? 'k', x ?| array['a','b'], x ?& $1 from t where a = ? and b=?",
     "select x ? ?, x ?| array[?], x ?& ? from t where a = ? and b = ?"),
    (PG, "select %s, %(a)s, :name, $1, a % s, a[1:2], a::int", "select ?, ?, ?, ?, a % s, a[? : ?], a::int"),
    (MY, "select * from t limit 5, 10", "select * from t limit ?, ?"),
    # names that go
    (PG, "FETCH 5 FROM c19128", "fetch ? from ?"),
    (PG, 'fetch forward all in "C 1"; move backward 3 c; close c1; close all',
     "fetch forward all in ?; move backward ? ?; close ?; close all"),
    (PG, "declare c1 no scroll cursor for select 1", "declare ? no scroll cursor for select ?"),
    (PG, "update t set a = 1 where current of c1", "update t set a = ? where current of ?"),
    (PG, "savepoint s1; release savepoint s1; rollback to savepoint s1; rollback to s1; rollback",
     "savepoint ?; release savepoint ?; rollback to savepoint ?; rollback to ?; rollback"),
    (PG, "prepare p1 as select 1; execute p1(1, 'x'); deallocate p1; deallocate all",
     "prepare ? as select ?; execute ? (?); deallocate ?; deallocate all"),
    (MY, "prepare s from 'select 1'; execute s using @a; drop prepare s; call p(1, 'x', 3); use shop",
     "prepare ? from ?; execute ? using @a; drop prepare ?; call p(?); use ?"),
    (PG, "set search_path to a, b; set x = on; set x to default; set local y = 'z'",
     "set search_path to ?; set x = ?; set x to default; set local y = ?"),
    (MY, "set @a = 1, sql_mode = ansi, @b = @c", "set @a = ?, sql_mode = ?, @b = @c"),
    # statements
    (PG, ";; BEGIN ;; SELECT 1 ; ; ", "begin; select ?"),
    (PG, "  ", ""),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "sql", "wanted"), CASES)
def test_normalised_text(normalise, dialect, sql, wanted):
    assert normalise(sql, dialect) == wanted
    assert normalise(wanted, dialect) == wanted


@pytest.mark.parametrize(
    ("dialect", "one", "other"),
    [
        (PG, "select * from t where a = $1 and b in ($2, $3)", "SELECT * FROM t WHERE a='x' AND b IN (7)"),
        (PG, "select * from t where a = any($1)", "select * from t where a = any('{1,2}'::int[])"),
        (PG, "select 1 from t where d = '2024-01-01'::date", "select $1 from t where d = $2"),
        (MY, "select a from t where b = ?", 'select a from t where b = "x"'),
        (PG, "/* a */ select a -- b\n from t;", "select a from t"),
    ],
)
def test_one_shape(normalise, dialect, one, other):
    assert normalise(one, dialect) == normalise(other, dialect)


@pytest.mark.parametrize(
    ("dialect", "one", "other"),
    [
        (MY, "select * from db1.t1", "select * from db2.t2"),
        (PG, 'select "a 1" from t', 'select "a 2" from t'),
        (PG, 'select "A" from t', 'select "a" from t'),
        (PG, "select f(1, 2)", "select f(1, 2, 3)"),
        (PG, "select a - 1", "select a, 1"),
        (PG, "select a is null", "select a is not null"),
        (PG, "insert into t(a) values (1)", "insert into t(a, b) values (1, 2)"),
        (PG, "drop table temp_1", "drop table temp_2"),
    ],
)
def test_two_shapes(normalise, dialect, one, other):
    assert normalise(one, dialect) != normalise(other, dialect)


@pytest.mark.parametrize(("dialect", "sql"), [(dialect, sql) for dialect, sql, _ in CASES if dialect != LITE])
def test_normalised_text_is_sql_that_sqlglot_reads_when_it_read_the_original(dialect, sql):
    sqlglot = pytest.importorskip("sqlglot")
    read = {"postgresql": "postgres", "mysql": "mysql"}[dialect]
    if ";" in sql or "?" in sql or "%" in sql or sql.lower().startswith(("prepare", "where", "fetch", "declare")):
        pytest.skip("not one plain statement")
    try:
        sqlglot.parse_one(sql, read=read)
    except sqlglot.errors.SqlglotError:
        pytest.skip("sqlglot does not read the original")
    sqlglot.parse_one(keying.normalise(sql, dialect), read=read)
