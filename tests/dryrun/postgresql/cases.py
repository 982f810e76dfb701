"""Statements and what they are known to do on tables with rows: for the empty copy and for a loaded one."""

from __future__ import annotations

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN free AS int;
CREATE TABLE customers (id bigserial PRIMARY KEY, email text NOT NULL, name varchar(50), city varchar(20), m mood);
CREATE INDEX customers_city ON customers (city);
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id bigint, total numeric(10,2), note text, code varchar(20), state int DEFAULT 1,
    at timestamp, done boolean, big bigint NOT NULL DEFAULT 0, day date, amount free, price int
);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_code ON orders (code);
ALTER TABLE orders ADD CONSTRAINT note_there CHECK (note IS NOT NULL);
ALTER TABLE orders ADD CONSTRAINT total_right CHECK (total > -1) NOT VALID;
ALTER TABLE orders ADD CONSTRAINT customer_there FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
CREATE UNIQUE INDEX orders_big ON orders (id, big);
CREATE TABLE narrow (a int, b int);
CREATE TABLE narrow_keyed (a int PRIMARY KEY, b int);
CREATE TABLE empty_one (id int);
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, body text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE TABLE logs (id bigint NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE logs_2024 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE logs_old (id bigint NOT NULL, at date NOT NULL);
CREATE TABLE logs_checked (
    id bigint NOT NULL, at date NOT NULL, CHECK (at >= DATE '2023-01-01' AND at < DATE '2024-01-01')
);
CREATE TABLE parent_table (id int, v text);
CREATE TABLE child_table (w int) INHERITS (parent_table);
CREATE VIEW orders_view AS SELECT id, note FROM orders;
CREATE MATERIALIZED VIEW per_city AS SELECT city, count(*) AS number FROM customers GROUP BY city;
CREATE UNIQUE INDEX per_city_key ON per_city (city);
CREATE TABLE audit (at timestamptz DEFAULT now(), what text);
CREATE TABLE audited (id int PRIMARY KEY, v int);
CREATE FUNCTION note_it() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO audit(what) VALUES ('x'); RETURN NEW; END $$;
CREATE TRIGGER noted BEFORE INSERT ON audited FOR EACH ROW EXECUTE FUNCTION note_it();
CREATE SEQUENCE numbers;
CREATE SCHEMA other;
CREATE TABLE other.things (id int PRIMARY KEY, v text);
"""

ROWS = """
INSERT INTO customers (email, name, city, m)
    SELECT 'a' || g, 'n' || g % 1000, 'c' || g % 50, 'ok' FROM generate_series(1, 20000) g;
INSERT INTO orders SELECT g, g, g % 100, 'n' || g, 'c' || g, 1, '2024-01-01', true, g, '2024-01-01', 5, 5
    FROM generate_series(1, 20000) g;
INSERT INTO narrow SELECT g, g FROM generate_series(1, 20000) g;
INSERT INTO narrow_keyed SELECT g, g FROM generate_series(1, 20000) g;
INSERT INTO events SELECT g, DATE '2024-02-01' + g % 700, 'b' FROM generate_series(1, 20000) g;
INSERT INTO logs SELECT g, '2024-02-01' FROM generate_series(1, 20000) g;
INSERT INTO logs_old SELECT g, '2023-02-01' FROM generate_series(1, 20000) g;
INSERT INTO logs_checked SELECT g, '2023-02-01' FROM generate_series(1, 20000) g;
INSERT INTO child_table SELECT g, 'v', g FROM generate_series(1, 20000) g;
INSERT INTO audited SELECT g, g FROM generate_series(1, 200) g;
INSERT INTO other.things SELECT g, 'v' FROM generate_series(1, 20000) g;
REFRESH MATERIALIZED VIEW per_city;
ANALYZE;
"""

#: Statements of one transaction, and the verdict of each by the manual and by what loaded tables show.
TOGETHER: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "add column": (("ALTER TABLE orders ADD COLUMN x int",), ("brief_lock",)),
    "add column, constant": (("ALTER TABLE orders ADD COLUMN x int NOT NULL DEFAULT 5",), ("brief_lock",)),
    "add column, now()": (("ALTER TABLE orders ADD COLUMN x timestamptz DEFAULT now()",), ("brief_lock",)),
    "add column, random()": (("ALTER TABLE orders ADD COLUMN x float DEFAULT random()",), ("blocking",)),
    "add column, serial": (("ALTER TABLE orders ADD COLUMN x serial",), ("blocking",)),
    "add column, identity": (
        ("ALTER TABLE orders ADD COLUMN x int GENERATED ALWAYS AS IDENTITY",),
        ("blocking",),
    ),
    "add column, stored": (
        ("ALTER TABLE orders ADD COLUMN x int GENERATED ALWAYS AS (price * 2) STORED",),
        ("blocking",),
    ),
    "add column, check": (("ALTER TABLE orders ADD COLUMN x int CHECK (x > 0)",), ("blocking",)),
    "add column, domain without default": (("ALTER TABLE orders ADD COLUMN x free",), ("brief_lock",)),
    "add column, constrained domain with default": (
        ("ALTER TABLE orders ADD COLUMN x positive DEFAULT 5",),
        ("blocking|brief_lock",),
    ),
    "add column, references": (
        ("ALTER TABLE orders ADD COLUMN x bigint REFERENCES customers",),
        ("brief_lock",),
    ),
    "add column, unique": (("ALTER TABLE orders ADD COLUMN x int UNIQUE",), ("blocking",)),
    "add column to a narrow table": (("ALTER TABLE narrow ADD COLUMN x float DEFAULT random()",), ("blocking",)),
    "drop column": (("ALTER TABLE orders DROP COLUMN note",), ("fails|brief_lock",)),
    "drop column, cascade": (("ALTER TABLE orders DROP COLUMN note CASCADE",), ("brief_lock",)),
    "int to bigint": (("ALTER TABLE orders ALTER COLUMN price TYPE bigint",), ("blocking",)),
    "widen varchar": (("ALTER TABLE orders ALTER COLUMN code TYPE varchar(40)",), ("brief_lock",)),
    "varchar to text": (("ALTER TABLE orders ALTER COLUMN code TYPE text",), ("brief_lock",)),
    "narrow varchar": (("ALTER TABLE orders ALTER COLUMN code TYPE varchar(10)",), ("blocking",)),
    "text to varchar": (("ALTER TABLE customers ALTER COLUMN email TYPE varchar(200)",), ("blocking",)),
    "widen numeric": (("ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,2)",), ("brief_lock",)),
    "scale numeric": (("ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,3)",), ("blocking",)),
    "to timestamptz in UTC": (("ALTER TABLE orders ALTER COLUMN at TYPE timestamptz",), ("brief_lock",)),
    "to timestamptz in Berlin": (
        ("SET LOCAL timezone = 'Europe/Berlin'", "ALTER TABLE orders ALTER COLUMN at TYPE timestamptz"),
        ("safe", "blocking"),
    ),
    "domain over the same type": (("ALTER TABLE orders ALTER COLUMN price TYPE free",), ("brief_lock",)),
    "collation of an indexed column": (
        ('ALTER TABLE orders ALTER COLUMN code TYPE varchar(20) COLLATE "C"',),
        ("blocking",),
    ),
    "set not null": (("ALTER TABLE orders ALTER COLUMN price SET NOT NULL",), ("blocking",)),
    "set not null, proved": (("ALTER TABLE orders ALTER COLUMN note SET NOT NULL",), ("brief_lock",)),
    "set not null, again": (("ALTER TABLE orders ALTER COLUMN big SET NOT NULL",), ("brief_lock",)),
    "add check": (("ALTER TABLE orders ADD CHECK (price > -1)",), ("blocking",)),
    "add check not valid": (("ALTER TABLE orders ADD CHECK (price > -1) NOT VALID",), ("brief_lock",)),
    "validate check": (("ALTER TABLE orders VALIDATE CONSTRAINT total_right",), ("online",)),
    "not valid and validate together": (
        (
            "ALTER TABLE orders ADD CONSTRAINT c CHECK (price > -1) NOT VALID",
            "ALTER TABLE orders VALIDATE CONSTRAINT c",
        ),
        ("brief_lock", "blocking"),
    ),
    "add foreign key": (
        ("ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers",),
        ("blocking",),
    ),
    "add foreign key not valid": (
        ("ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID",),
        ("brief_lock",),
    ),
    "validate foreign key": (("ALTER TABLE orders VALIDATE CONSTRAINT customer_there",), ("online",)),
    "new table with foreign key": (
        ("CREATE TABLE x (id int PRIMARY KEY, c bigint REFERENCES customers)",),
        ("brief_lock",),
    ),
    "foreign key of a new table": (
        ("CREATE TABLE x (c bigint)", "ALTER TABLE x ADD FOREIGN KEY (c) REFERENCES customers"),
        ("safe", "brief_lock"),
    ),
    "new table with index": (("CREATE TABLE x (c bigint)", "CREATE INDEX ON x (c)"), ("safe", "safe")),
    "add primary key": (("ALTER TABLE narrow ADD PRIMARY KEY (a)",), ("blocking",)),
    "add unique": (("ALTER TABLE narrow ADD UNIQUE (a)",), ("blocking",)),
    "unique using index": (
        ("ALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX orders_big",),
        ("brief_lock",),
    ),
    "add exclusion": (("ALTER TABLE narrow ADD EXCLUDE USING btree (a WITH =)",), ("blocking",)),
    "create index": (("CREATE INDEX ON orders (state)",), ("blocking",)),
    "create index on narrow": (("CREATE INDEX ON narrow (a)",), ("blocking",)),
    "create index if not exists, there": (
        ("CREATE INDEX IF NOT EXISTS orders_code ON orders (state)",),
        ("safe|brief_lock",),
    ),
    "create index on partitioned": (("CREATE INDEX ON events (id)",), ("blocking",)),
    "create index on only": (("CREATE INDEX ON ONLY events (id)",), ("brief_lock",)),
    "drop index": (("DROP INDEX orders_code",), ("brief_lock",)),
    "reindex": (("REINDEX TABLE orders",), ("blocking",)),
    "reindex index": (("REINDEX INDEX orders_code",), ("blocking",)),
    "rename index": (("ALTER INDEX orders_code RENAME TO x",), ("brief_lock|safe",)),
    "cluster": (("CLUSTER orders USING orders_code",), ("blocking",)),
    "set unlogged": (("ALTER TABLE narrow SET UNLOGGED",), ("blocking",)),
    "set storage": (("ALTER TABLE orders ALTER COLUMN note SET STORAGE EXTERNAL",), ("brief_lock",)),
    "set statistics": (("ALTER TABLE orders ALTER COLUMN note SET STATISTICS 500",), ("safe",)),
    "set fillfactor": (("ALTER TABLE orders SET (fillfactor = 70)",), ("safe",)),
    "truncate": (("TRUNCATE orders",), ("brief_lock",)),
    "truncate narrow": (("TRUNCATE narrow",), ("brief_lock",)),
    "truncate narrow with a key": (("TRUNCATE narrow_keyed",), ("brief_lock",)),
    "truncate cascade": (("TRUNCATE customers CASCADE",), ("brief_lock",)),
    "truncate in a block": (("DO $$ BEGIN TRUNCATE narrow_keyed; END $$",), ("brief_lock",)),
    "truncate then index": (("TRUNCATE orders", "CREATE INDEX ON orders (state)"), ("brief_lock", "brief_lock")),
    "drop table": (("DROP TABLE narrow",), ("brief_lock",)),
    "rename table": (("ALTER TABLE narrow RENAME TO x",), ("brief_lock",)),
    "rename column": (("ALTER TABLE orders RENAME COLUMN price TO cost",), ("brief_lock",)),
    "rename, then index": (
        ("ALTER TABLE narrow RENAME TO x", "CREATE INDEX ON x (a)"),
        ("brief_lock", "blocking"),
    ),
    "attach": (
        ("ALTER TABLE logs ATTACH PARTITION logs_old FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",),
        ("blocking",),
    ),
    "attach, proved": (
        ("ALTER TABLE logs ATTACH PARTITION logs_checked FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",),
        ("brief_lock",),
    ),
    "new partition": (
        ("CREATE TABLE logs_2025 PARTITION OF logs FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",),
        ("brief_lock",),
    ),
    "new partition beside a default": (
        ("CREATE TABLE events_2027 PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')",),
        ("blocking",),
    ),
    "detach": (("ALTER TABLE logs DETACH PARTITION logs_2024",), ("brief_lock",)),
    "partitioned column": (("ALTER TABLE events ADD COLUMN x int",), ("brief_lock",)),
    "partitioned not null": (("ALTER TABLE events ALTER COLUMN body SET NOT NULL",), ("blocking",)),
    "inherited check": (("ALTER TABLE parent_table ADD CHECK (id > -1)",), ("blocking",)),
    "cluster in a block": (("DO $$ BEGIN EXECUTE 'CLUSTER orders USING orders_code'; END $$",), ("blocking",)),
    "rewrite in a block": (
        ("DO $$ BEGIN ALTER TABLE narrow ALTER a TYPE bigint; END $$",),
        ("blocking",),
    ),
    "refresh": (("REFRESH MATERIALIZED VIEW per_city",), ("blocking",)),
    "refresh concurrently": (("REFRESH MATERIALIZED VIEW CONCURRENTLY per_city",), ("online",)),
    "refresh without data": (("REFRESH MATERIALIZED VIEW per_city WITH NO DATA",), ("brief_lock",)),
    "new materialised view": (("CREATE MATERIALIZED VIEW x AS SELECT count(*) FROM orders",), ("online",)),
    "create table as": (("CREATE TABLE x AS SELECT * FROM orders",), ("online",)),
    "create table like": (("CREATE TABLE x (LIKE orders INCLUDING ALL)",), ("safe",)),
    "create view": (("CREATE VIEW x AS SELECT * FROM orders",), ("safe",)),
    "replace view": (("CREATE OR REPLACE VIEW orders_view AS SELECT id, note, at FROM orders",), ("brief_lock",)),
    "create trigger": (
        ("CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note_it()",),
        ("brief_lock",),
    ),
    "policy": (
        ("ALTER TABLE orders ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON orders TO somebody USING (true)"),
        ("brief_lock", "brief_lock"),
    ),
    "comment": (("COMMENT ON TABLE orders IS 'x'",), ("safe",)),
    "grant": (("GRANT SELECT ON orders TO somebody_else",), ("safe",)),
    "owner": (("ALTER TABLE orders OWNER TO third",), ("brief_lock",)),
    "analyze": (("ANALYZE orders",), ("online",)),
    "lock table": (("LOCK TABLE orders",), ("brief_lock",)),
    "lock, then read": (("LOCK TABLE orders", "SELECT count(*) FROM customers"), ("brief_lock", "blocking")),
    "one row": (("UPDATE orders SET state = 2 WHERE id = 5",), ("safe",)),
    "insert values": (("INSERT INTO other.things VALUES (100001, 'a'), (100002, 'b')",), ("safe",)),
    "insert values, a trigger": (("INSERT INTO audited VALUES (100001, 1)",), ("safe",)),
    "all rows": (("UPDATE orders SET state = 2",), ("online",)),
    "column and fill": (
        ("ALTER TABLE orders ADD COLUMN x int", "UPDATE orders SET x = 1"),
        ("brief_lock", "blocking"),
    ),
    "column and one row": (
        ("ALTER TABLE orders ADD COLUMN x int", "UPDATE orders SET x = 1 WHERE id = 3"),
        ("brief_lock", "brief_lock"),
    ),
    "delete": (("DELETE FROM narrow WHERE b < 100",), ("online",)),
    "insert select": (("INSERT INTO empty_one SELECT a FROM narrow",), ("online",)),
    "block with index": (("DO $$ BEGIN CREATE INDEX ON orders (state); END $$",), ("blocking",)),
    "block with update": (
        ("LOCK TABLE customers", "DO $$ BEGIN UPDATE orders SET state = 1; END $$"),
        ("brief_lock", "blocking"),
    ),
    "enum value": (("ALTER TYPE mood ADD VALUE 'happy'",), ("safe",)),
    "domain check": (("ALTER DOMAIN free ADD CHECK (VALUE > 0)",), ("blocking",)),
    "domain check not valid": (("ALTER DOMAIN free ADD CHECK (VALUE > 0) NOT VALID",), ("safe|brief_lock",)),
    "concurrently": (("CREATE INDEX CONCURRENTLY ON orders (state)",), ("fails",)),
    "vacuum": (("VACUUM orders",), ("fails",)),
    "exists": (("CREATE TABLE orders (id int)",), ("fails",)),
    "exists not": (("ALTER TABLE nowhere ADD COLUMN x int",), ("fails",)),
    "dropped before": (
        ("DROP TABLE narrow", "ALTER TABLE narrow ADD COLUMN x int"),
        ("brief_lock", "fails"),
    ),
    "view in the way": (("ALTER TABLE orders ALTER COLUMN note TYPE varchar(10)",), ("fails",)),
    "after a failure": (("SELECT nothing", "CREATE INDEX ON orders (state)"), ("fails", "blocking")),
    "default and not null": (("ALTER TABLE orders ALTER COLUMN price SET DEFAULT 3",), ("brief_lock",)),
    "identity": (("ALTER TABLE orders ALTER COLUMN big DROP DEFAULT",), ("brief_lock",)),
    "several at once": (
        ("ALTER TABLE orders ADD COLUMN x int, ADD CHECK (state > -1), ADD UNIQUE (price, id)",),
        ("blocking",),
    ),
    "sequence": (("ALTER SEQUENCE numbers INCREMENT 5",), ("brief_lock",)),
    "replica identity": (("ALTER TABLE orders REPLICA IDENTITY FULL",), ("brief_lock",)),
    "extended statistics": (("CREATE STATISTICS s ON state, price FROM orders",), ("safe",)),
    "disable trigger": (("ALTER TABLE audited DISABLE TRIGGER noted",), ("brief_lock",)),
    "drop constraint": (("ALTER TABLE orders DROP CONSTRAINT note_there",), ("brief_lock",)),
    "inherit": (("CREATE TABLE x () INHERITS (parent_table)",), ("safe",)),
}

#: Statements that commit by themselves.
ALONE: dict[str, tuple[str, str]] = {
    "create index concurrently": ("CREATE INDEX CONCURRENTLY ON orders (state)", "online"),
    "reindex concurrently": ("REINDEX INDEX CONCURRENTLY orders_code", "online"),
    "reindex table concurrently": ("REINDEX TABLE CONCURRENTLY narrow_keyed", "online"),
    "drop index concurrently": ("DROP INDEX CONCURRENTLY orders_code", "safe"),
    "vacuum": ("VACUUM orders", "online"),
    "vacuum full": ("VACUUM FULL customers", "blocking"),
    "vacuum full narrow": ("VACUUM (FULL) narrow", "blocking"),
    "detach concurrently": ("ALTER TABLE logs DETACH PARTITION logs_2024 CONCURRENTLY", "brief_lock"),
    "reindex schema": ("REINDEX SCHEMA other", "blocking"),
    "lock outside": ("LOCK TABLE orders", "fails"),
    "index": ("CREATE INDEX ON orders (price)", "blocking"),
    "not possible": ("ALTER SYSTEM SET work_mem = '4MB'", "unknown"),
}
