"""The tables that the suite asks: small, deterministic, with every kind of object that a plan can name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

#: Names that need quotes, hold quotes, arrows, parentheses, or look like a line of a plan.
WEIRD_TABLE = '"Odd  (cost=0.00..1.00 rows=1 width=4)"'
WEIRD_INDEX = '"Odd ""idx"" on x -> y"'

_TABLES = f"""
CREATE TABLE customer (
    id int PRIMARY KEY, name text NOT NULL, email text, region text NOT NULL, vip boolean NOT NULL, note text
);
CREATE TABLE orders (
    id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, status text NOT NULL, amount numeric(12,2) NOT NULL,
    placed timestamptz NOT NULL, shipped timestamptz, tags text[] NOT NULL DEFAULT '{{}}', data jsonb
);
CREATE TABLE item (
    order_id int NOT NULL REFERENCES orders ON DELETE CASCADE, line int NOT NULL, product_id int NOT NULL,
    quantity int NOT NULL, PRIMARY KEY (order_id, line)
);
CREATE TABLE product (id int PRIMARY KEY, sku text UNIQUE NOT NULL, price numeric(10,2) NOT NULL, parent_id int);
CREATE TABLE "Mixed Case" ("Key" int PRIMARY KEY, "select" text, "col with, comma" text, "a""b" int);
CREATE TABLE {WEIRD_TABLE} (id int PRIMARY KEY, "->  Seq Scan on z" text, "Filter: (x = 1)" int);
CREATE SCHEMA "my schema";
CREATE TABLE "my schema"."my.table" (id int PRIMARY KEY, v text);
CREATE TABLE empty_table (id int PRIMARY KEY, v text);
CREATE TABLE counter (id int PRIMARY KEY, hits int NOT NULL DEFAULT 0, label text);
CREATE TABLE place (id int, spot point);
CREATE TABLE audit (at timestamptz DEFAULT now(), what text);
CREATE TABLE event (id int NOT NULL, day date NOT NULL, kind text NOT NULL, payload text) PARTITION BY RANGE (day);
CREATE TABLE event_q1 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2025-04-01');
CREATE TABLE event_q2 PARTITION OF event FOR VALUES FROM ('2025-04-01') TO ('2025-07-01');
CREATE TABLE event_q3 PARTITION OF event FOR VALUES FROM ('2025-07-01') TO ('2025-10-01');
CREATE TABLE event_q4 PARTITION OF event FOR VALUES FROM ('2025-10-01') TO ('2026-01-01');
CREATE TABLE parent_table (id int, v text);
CREATE TABLE child_a (extra int) INHERITS (parent_table);
CREATE TABLE child_b (other text) INHERITS (parent_table);
"""

_DATA = f"""
INSERT INTO customer SELECT g, 'name ' || g, CASE WHEN g % 7 > 0 THEN 'c' || g || '@example.org' END,
    (array['north','south','east','west'])[1 + g % 4], g % 50 = 0, repeat('n', g % 40) FROM generate_series(1, 1000) g;
INSERT INTO orders SELECT g, 1 + (g * 7919) % 1000, (array['new','paid','sent','done','done','done'])[1 + g % 6],
    (g * 31 % 10000) / 7.0, timestamptz '2025-01-01 00:00+00' + g * interval '1 hour',
    CASE WHEN g % 3 = 0 THEN timestamptz '2025-01-02 00:00+00' + g * interval '1 hour' END,
    array['t' || g % 5, 't' || g % 11], jsonb_build_object('n', g, 'k', 'v' || g % 20) FROM generate_series(1, 5000) g;
INSERT INTO product SELECT g, 'SKU-' || g, g % 97 + 0.5, CASE WHEN g > 1 THEN g / 2 END FROM generate_series(1, 300) g;
INSERT INTO item SELECT 1 + g % 5000, g / 5000, 1 + (g * 37) % 300, 1 + g % 9 FROM generate_series(0, 11999) g;
INSERT INTO "Mixed Case" SELECT g, 'x' || g, 'y,' || g, g FROM generate_series(1, 200) g;
INSERT INTO {WEIRD_TABLE} SELECT g, 'w' || g, g % 10 FROM generate_series(1, 300) g;
INSERT INTO "my schema"."my.table" SELECT g, 'm' || g FROM generate_series(1, 100) g;
INSERT INTO counter SELECT g, 0, 'l' || g FROM generate_series(1, 500) g;
INSERT INTO event SELECT g, date '2025-01-01' + g % 365, (array['click','view','buy'])[1 + g % 3], repeat('p', 30)
    FROM generate_series(1, 6000) g;
INSERT INTO place SELECT g, point(g % 83, g % 71) FROM generate_series(1, 1000) g;
INSERT INTO child_a SELECT g, 'a' || g, g FROM generate_series(1, 500) g;
INSERT INTO child_b SELECT g, 'b' || g, 'o' FROM generate_series(1, 500) g;
"""

_INDEXES = f"""
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_status_placed ON orders (status, placed);
CREATE INDEX orders_placed ON orders (placed) WHERE status <> 'done';
CREATE INDEX orders_tags ON orders USING gin (tags);
CREATE INDEX orders_data ON orders USING gin (data jsonb_path_ops);
CREATE INDEX orders_brin ON orders USING brin (amount);
CREATE INDEX customer_email ON customer (lower(email));
CREATE INDEX place_spot ON place USING gist (spot);
CREATE INDEX customer_region ON customer USING hash (region);
CREATE INDEX item_product ON item (product_id);
CREATE INDEX {WEIRD_INDEX} ON {WEIRD_TABLE} ("Filter: (x = 1)");
CREATE INDEX event_q1_day ON event_q1 (day);
CREATE INDEX event_q2_day ON event_q2 (day);
CREATE INDEX event_q3_day ON event_q3 (day);
CREATE INDEX event_q4_day ON event_q4 (day);
"""

_CODE = """
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.audit (what) VALUES (TG_OP || ' ' || TG_NAME); RETURN NULL; END $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.hits := coalesce(NEW.hits, 0); RETURN NEW; END $$;
CREATE TRIGGER "counter audit: time=1.000 calls=9" AFTER INSERT OR UPDATE OR DELETE ON counter
    FOR EACH ROW EXECUTE PROCEDURE note_change();
CREATE TRIGGER counter_touch BEFORE INSERT OR UPDATE ON counter FOR EACH ROW EXECUTE PROCEDURE touch();
CREATE TRIGGER counter_once AFTER UPDATE ON counter FOR EACH STATEMENT EXECUTE PROCEDURE note_change();
CREATE FUNCTION numbers(n int) RETURNS TABLE (a int, b text) LANGUAGE sql STABLE ROWS 20 AS
    $$ SELECT g, 'n' || g FROM generate_series(1, n) g OFFSET 0 $$;
CREATE FUNCTION volatile_one() RETURNS int LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN 1; END $$;
CREATE VIEW order_totals AS
    SELECT o.id, o.customer_id, sum(i.quantity * p.price) AS total FROM orders o
    JOIN item i ON i.order_id = o.id JOIN product p ON p.id = i.product_id GROUP BY o.id;
CREATE MATERIALIZED VIEW region_totals AS
    SELECT c.region, count(*) AS n, sum(o.amount) AS amount FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY 1;
"""


def create(connection: Connection[tuple[object, ...]], directory: Path) -> None:
    """Makes everything in an empty database; ``directory`` (the server's own) takes the file of a foreign table."""
    for script in (_TABLES, _DATA, _INDEXES, _CODE, *_foreign(connection, directory)):
        connection.execute(script)
    connection.execute("VACUUM ANALYZE")


def _foreign(connection: Connection[tuple[object, ...]], directory: Path) -> Iterator[str]:
    to = conninfo_to_dict(connection.info.dsn)
    asynchronous = ", async_capable 'true'" if connection.info.server_version >= 140000 else ""
    yield f"""
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER loopback FOREIGN DATA WRAPPER postgres_fdw
        OPTIONS (host '{to["host"]}', port '{to["port"]}', dbname '{to["dbname"]}'{asynchronous});
    CREATE USER MAPPING FOR PUBLIC SERVER loopback OPTIONS (user '{to["user"]}');
    CREATE FOREIGN TABLE remote_customer (id int, name text, region text) SERVER loopback OPTIONS (table_name 'customer');
    CREATE FOREIGN TABLE remote_orders (id int, customer_id int, amount numeric) SERVER loopback
        OPTIONS (table_name 'orders');
    CREATE FOREIGN TABLE remote_counter (id int, hits int, label text) SERVER loopback OPTIONS (table_name 'counter');
    CREATE EXTENSION tsm_system_rows;
    """
    path = directory / "lab file.csv"
    yield f"COPY (SELECT g, 'f' || g FROM generate_series(1, 100) g) TO '{path}' (FORMAT csv)"
    yield f"""
    CREATE EXTENSION file_fdw;
    CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
    CREATE FOREIGN TABLE from_file (id int, v text) SERVER files OPTIONS (filename '{path}', format 'csv');
    """
