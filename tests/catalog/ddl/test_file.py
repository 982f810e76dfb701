"""Schema files of every kind into catalogs: what a server would have after running them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.model.catalog import Catalog, Index, Table
from advisor.model.engine import EngineName


def catalog(text: str, engine: EngineName = "postgresql") -> Catalog:
    found = read_ddl(text, "schema.sql", engine)
    assert found.unread == []
    return found


def table(text: str, name: str = "t", engine: EngineName = "postgresql") -> Table:
    return catalog(text, engine).tables[name]


def index(found: Table, name: str) -> Index:
    return next(i for i in found.indexes if i.name == name)


def test_columns_keys_and_defaults():
    found = table(
        "CREATE TABLE t (id bigserial PRIMARY KEY, n int4 DEFAULT (1 + 2) NOT NULL, s varchar(20) COLLATE \"C\" DEFAULT 'a,b)' UNIQUE,"
        " at timestamptz(3) DEFAULT now(), g int GENERATED ALWAYS AS (n * 2) STORED, i int GENERATED ALWAYS AS IDENTITY, a text[]);"
    )
    assert [(c.name, c.type, c.nullable) for c in found.columns] == [
        ("id", "bigint", False),
        ("n", "integer", False),
        ("s", "character varying(20)", True),
        ("at", "timestamp(3) with time zone", True),
        ("g", "integer", True),
        ("i", "integer", False),
        ("a", "text[]", True),
    ]
    assert [c.default for c in found.columns[1:4]] == ["(1 + 2)", "'a,b)'", "now()"]
    assert (found.columns[2].collation, found.columns[4].generated, found.columns[5].identity) == ("C", "n * 2", True)
    assert [(i.name, i.primary, i.unique) for i in found.indexes] == [("t_pkey", True, True), ("t_s_key", False, True)]


def test_indexes_in_all_their_forms():
    found = table(
        "CREATE TABLE t (a int, b text, c jsonb, d text);"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i1 ON ONLY public.t USING btree (a DESC NULLS LAST, lower(b) text_pattern_ops) INCLUDE (d) WHERE (a > 1);"
        'CREATE UNIQUE INDEX i2 ON t (b COLLATE "C") NULLS NOT DISTINCT WITH (fillfactor=70) TABLESPACE x;'
        "CREATE INDEX i3 ON t USING gin (c jsonb_path_ops, (c -> 'k'));"
        "CREATE INDEX ON t (a, (b || d));"
    )
    one = index(found, "i1")
    assert [(k.column, k.expression, k.descending, k.nulls_first, k.opclass) for k in one.keys] == [
        ("a", None, True, False, None),
        (None, "lower(b)", False, False, "text_pattern_ops"),
    ]
    assert (one.include, one.where, one.method, one.unique) == (("d",), "a > 1", "btree", False)
    two = index(found, "i2")
    assert (two.unique, two.nulls_not_distinct, two.keys[0].collation, two.constraint) == (True, True, "C", False)
    three = index(found, "i3")
    assert (three.method, three.keys[0].opclass, three.keys[1].expression) == ("gin", "jsonb_path_ops", "c -> 'k'")
    assert index(found, "t_a_expr_idx").keys[1].expression == "b || d"


def test_constraints_added_later_as_pg_dump_does():
    found = catalog(
        "CREATE TABLE public.p (id int NOT NULL); CREATE TABLE public.t (id int, p_id int, r int);"
        "ALTER TABLE ONLY public.p ADD CONSTRAINT p_pkey PRIMARY KEY (id);"
        "ALTER TABLE ONLY public.t ADD CONSTRAINT t_key UNIQUE (id, r) INCLUDE (p_id) DEFERRABLE INITIALLY DEFERRED;"
        "ALTER TABLE ONLY public.t ADD CONSTRAINT t_p FOREIGN KEY (p_id) REFERENCES public.p ON DELETE SET NULL NOT VALID;"
        "ALTER TABLE ONLY public.t ADD CONSTRAINT pos CHECK ((r > 0));"
    )
    key = found.tables["t"].foreign_keys[0]
    assert (key.parent, key.parent_columns, key.on_delete, key.validated) == ("p", ("id",), "set null", False)
    assert found.tables["t"].checks == ("r > 0",)
    assert index(found.tables["t"], "t_key").include == ("p_id",)
    assert found.tables["p"].indexes[0].primary


def test_a_history_of_migrations_ends_where_the_server_would():
    found = catalog(
        "CREATE TABLE old (a int, b text, c int, PRIMARY KEY (a)); CREATE INDEX i ON old (b, c); CREATE INDEX j ON old (c);"
        "ALTER TABLE old RENAME TO t; ALTER TABLE t RENAME COLUMN b TO bb; ALTER TABLE t ALTER COLUMN bb TYPE varchar(5), ALTER bb SET NOT NULL;"
        "ALTER TABLE t ADD COLUMN d date DEFAULT '2020-01-01', DROP COLUMN c; DROP INDEX nothing; ALTER TABLE t ADD UNIQUE (d);"
        "ALTER TABLE t DROP CONSTRAINT t_d_key; CREATE TABLE gone (x int REFERENCES t); DROP TABLE gone; ALTER INDEX old_pkey RENAME TO t_pk;"
        "CREATE TABLE IF NOT EXISTS t (z int);"
    )
    assert list(found.tables) == ["t"]
    final = found.tables["t"]
    assert [(c.name, c.type, c.nullable) for c in final.columns] == [
        ("a", "integer", False),
        ("bb", "character varying(5)", False),
        ("d", "date", True),
    ]
    assert [i.name for i in final.indexes] == ["t_pk"]


def test_schemas_and_search_path():
    found = catalog(
        "CREATE TABLE public.a (x int); CREATE TABLE s.b (x int); SET search_path = s, public; CREATE TABLE c (x int);"
        "ALTER TABLE b ADD COLUMN y int; CREATE INDEX i ON a (x);"
    )
    assert list(found.tables) == ["a", "s.b", "s.c"]
    assert len(found.tables["s.b"].columns) == 2
    assert found.tables["a"].indexes[0].name == "i"
    assert found.find("b", "s") is found.tables["s.b"]


def test_row_security_views_triggers_and_types():
    found = catalog(
        "CREATE TYPE mood AS ENUM ('a', 'b;c'); CREATE DOMAIN cents AS bigint CHECK (VALUE > 0); CREATE TABLE t (m mood, c cents);"
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t AS RESTRICTIVE FOR SELECT TO a, b USING ((m = 'a')) WITH CHECK (true);"
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
        "CREATE VIEW v AS SELECT m FROM t; CREATE MATERIALIZED VIEW mv AS SELECT m FROM t WITH NO DATA; CREATE INDEX mvi ON mv (m);"
    )
    t = found.tables["t"]
    policy = t.policies[0]
    assert t.rls_enabled
    assert (policy.name, policy.command, policy.roles, policy.permissive, policy.using, policy.check) == (
        "p", "select", ("a", "b"), False, "m = 'a'", "true",
    )  # fmt: skip
    assert t.triggers == ("tr",)
    assert (found.tables["v"].kind, found.tables["v"].definition) == ("view", "SELECT m FROM t")
    assert (found.tables["mv"].kind, found.tables["mv"].definition) == ("materialized_view", "SELECT m FROM t")
    assert found.types["mood"] == "enum"
    assert found.types["cents"] == "bigint"


def test_partitions_get_the_keys_of_their_parent():
    found = catalog(
        "CREATE TABLE e (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);"
        "CREATE TABLE e1 PARTITION OF e FOR VALUES FROM ('2020-01-01') TO ('2021-01-01'); CREATE INDEX ei ON e (at);"
        "CREATE TABLE e2 (id int NOT NULL, at date NOT NULL); ALTER TABLE e ATTACH PARTITION e2 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');"
    )
    assert (found.tables["e"].kind, found.tables["e"].partition_key) == ("partitioned", "RANGE (at)")
    for name in ("e1", "e2"):
        part = found.tables[name]
        assert (part.kind, part.partition_of) == ("partition", "e")
        assert [[k.column for k in i.keys] for i in part.indexes] == [["id", "at"], ["at"]]


def test_what_is_not_schema_is_stepped_over():
    text = (
        "\\set ON_ERROR_STOP on\nCREATE TABLE t (a int);\nCOPY t (a) FROM stdin;\n1\nCREATE TABLE not_me (x int);\n\\.\n"
        "INSERT INTO t VALUES (1); INSERT INTO t VALUES ('; CREATE TABLE nor_me (x int);');\n"
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $x$ SELECT 1; CREATE TABLE nor_this (x int); $x$;\n"
        "/* CREATE TABLE in_comment (x int); /* nested */ ; */ -- CREATE TABLE neither (x int);\n"
        "GRANT ALL ON t TO x; COMMENT ON TABLE t IS 'CREATE TABLE c (x int);'; SELECT pg_catalog.setval('s', 1);\nCREATE TABLE u (b int);"
    )
    assert list(catalog(text).tables) == ["t", "u"]


def test_what_is_not_understood_is_told_with_line_and_reason():
    found = read_ddl(
        "CREATE TABLE t (a int);\n\nFROBNICATE;\nALTER TABLE nope ADD b int;\n\\i other.sql\nCREATE TABLE u (a int b c);\n",
        "f.sql",
    )
    assert list(found.tables) == ["t"]
    assert [(u.file, u.line) for u in found.unread] == [("f.sql", 3), ("f.sql", 4), ("f.sql", 5), ("f.sql", 6)]
    assert "nope" in found.unread[1].reason
    assert "psql" in found.unread[2].reason
    assert all(u.reason and u.sql for u in found.unread)


def test_an_unterminated_quote_is_told():
    found = read_ddl("CREATE TABLE t (a int);\nCREATE TABLE u (b text DEFAULT 'x);\n", "f.sql", "postgresql")
    assert list(found.tables) == ["t"]
    assert found.unread[0].line == 2
    assert "never closed" in found.unread[0].reason


def test_mysqldump():
    found = table(
        "/*!40101 SET NAMES utf8 */;\nDROP TABLE IF EXISTS `t`;\n/*!40101 SET character_set_client = utf8 */;\n"
        "CREATE TABLE `t` (\n  `id` int(11) unsigned NOT NULL AUTO_INCREMENT,\n  `name` varchar(190) CHARACTER SET latin1 DEFAULT NULL,\n"
        "  `kind` enum('a','b,c','d)') NOT NULL DEFAULT 'a' COMMENT 'it''s; one',\n  `body` mediumtext,\n  `p_id` int(11) DEFAULT NULL,\n"
        "  `sum` int(11) GENERATED ALWAYS AS (`id` + 1) STORED,\n"
        "  PRIMARY KEY (`id`),\n  UNIQUE KEY `u` (`name`(20),`kind`) USING BTREE,\n  KEY `k` (`kind` DESC) /*!80000 INVISIBLE */,\n"
        "  FULLTEXT KEY `ft` (`body`),\n  CONSTRAINT `fk` FOREIGN KEY (`p_id`) REFERENCES `t` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION\n"
        ") ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci\n"
        "/*!50100 PARTITION BY RANGE (`id`)\n(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB) */;\n"
        "LOCK TABLES `t` WRITE;\nINSERT INTO `t` VALUES (1,'x\\';y',NULL);\nUNLOCK TABLES;\n",
        engine="mysql",
    )
    assert [(c.name, c.type) for c in found.columns] == [
        ("id", "int(11) unsigned"),
        ("name", "varchar(190)"),
        ("kind", "enum('a','b,c','d)')"),
        ("body", "mediumtext"),
        ("p_id", "int(11)"),
        ("sum", "int(11)"),
    ]
    assert (found.columns[1].charset, found.columns[3].collation) == ("latin1", "utf8mb4_unicode_ci")
    assert [(i.name, [(k.column, k.prefix) for k in i.keys], i.method, i.visible) for i in found.indexes] == [
        ("PRIMARY", [("id", None)], "btree", True),
        ("u", [("name", 20), ("kind", None)], "btree", True),
        ("k", [("kind", None)], "btree", False),
        ("ft", [("body", None)], "fulltext", True),
        ("fk", [("p_id", None)], "btree", True),
    ]
    assert found.indexes[2].keys[0].descending
    assert (found.partition_key, found.storage_engine) == ("RANGE (`id`)", "InnoDB")


def test_a_foreign_key_uses_an_index_that_begins_with_it():
    found = table(
        "CREATE TABLE t (a int, b int, KEY ab (a, b), FOREIGN KEY (a) REFERENCES p (id)) ENGINE=InnoDB", engine="mysql"
    )
    assert [i.name for i in found.indexes] == ["ab"]
    assert table("CREATE TABLE t (a int REFERENCES p (id))").indexes == ()


def test_mysql_alter():
    found = table(
        "CREATE TABLE t (a int, b int); ALTER TABLE t ADD PRIMARY KEY (a), ADD INDEX i (b), ADD COLUMN c int FIRST, MODIFY b bigint NOT NULL;"
        "ALTER TABLE t CHANGE c d varchar(5), DROP INDEX i, ADD UNIQUE u (d); CREATE INDEX x ON t (d(3)); ALTER TABLE t RENAME COLUMN b TO bb;",
        engine="mysql",
    )
    assert {c.name: c.type for c in found.columns} == {"a": "int", "bb": "bigint", "d": "varchar(5)"}
    assert [i.name for i in found.indexes] == ["PRIMARY", "u", "x"]
    assert (
        found.column_nullable("a") is False if hasattr(found, "column_nullable") else found.columns[0].nullable is False
    )


def test_sqlite():
    found = catalog(
        "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, [odd name] TEXT, b, UNIQUE (b COLLATE NOCASE));"
        "CREATE TABLE w (k TEXT PRIMARY KEY, v INT) WITHOUT ROWID, STRICT;"
        "CREATE UNIQUE INDEX i ON a (lower([odd name]) DESC) WHERE b IS NOT NULL;"
        "CREATE TRIGGER tr AFTER INSERT ON a BEGIN UPDATE a SET b = CASE WHEN 1 THEN 2 END; DELETE FROM w; END; CREATE VIEW v AS SELECT 1;",
        "sqlite",
    )
    a = found.tables["a"]
    assert [c.name for c in a.columns] == ["id", "odd name", "b"]
    assert (a.indexes[0].primary, a.columns[0].identity, a.columns[0].nullable) == (True, True, False)
    assert (a.indexes[2].keys[0].expression, a.indexes[2].where) == ("lower([odd name])", "b IS NOT NULL")
    assert a.triggers == ("tr",)
    assert list(found.tables) == ["a", "w", "v"]


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ("CREATE TABLE t (id bigserial PRIMARY KEY)", "postgresql"),
        ("-- PostgreSQL database dump\nCREATE TABLE t (id integer)", "postgresql"),
        ("CREATE TABLE t (at timestamptz DEFAULT now())", "postgresql"),
        ("CREATE TABLE `t` (id int(11)) ENGINE=InnoDB", "mysql"),
        ("-- MySQL dump 10.13\nCREATE TABLE t (id int)", "mysql"),
        ("/*M!999999\\- enable the sandbox mode */\n-- MariaDB dump 10.19\nCREATE TABLE `t` (id int)", "mariadb"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "sqlite"),
        ("CREATE TABLE t (id TEXT PRIMARY KEY) WITHOUT ROWID", "sqlite"),
        ("CREATE TABLE t (id int)", "postgresql"),
    ],
)
def test_the_engine_is_seen_from_the_words(text: str, engine: str):
    found = read_ddl(text, "x")
    assert found.engine.name == engine
    assert list(found.tables) == ["t"]
    assert found.unread == []


WORDS = """
CREATE TABLE INDEX ALTER ADD DROP COLUMN CONSTRAINT PRIMARY KEY UNIQUE FOREIGN REFERENCES CHECK DEFAULT NOT NULL ON USING
WHERE INCLUDE PARTITION OF BY VIEW AS SELECT TYPE ENUM POLICY TRIGGER BEGIN END SET TO RENAME t u a b int text ( ( ) ) , ,
; ; ' '' " ` $$ /* */ /*! -- \\ \\. COPY FROM stdin = . :: [ ] 1 'x' $a$ DELIMITER //
""".split()  # noqa: SIM905
WORDS.append("\n")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(WORDS), max_size=40), st.sampled_from(["postgresql", "mysql", "mariadb", "sqlite"]))
def test_any_soup_is_read_or_told(words: list[str], engine: EngineName):
    found = read_ddl(" ".join(words), "soup", engine)
    for unread in found.unread:
        assert unread.reason
        assert unread.line >= 1


@pytest.mark.parametrize(
    "piece", ["'", "(", "/*", "$$", '"', "`", "CREATE TABLE t (a int); ", "CREATE TRIGGER x BEGIN ;", "\\", "[", "a,"]
)
def test_repeated_pieces_end_soon(piece: str):
    for engine in ("postgresql", "mysql", "sqlite"):
        read_ddl("CREATE TABLE t (x int" + piece * 3000, "long", engine)
