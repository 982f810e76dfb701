"""Records the plans of `plans.json` from PostgreSQL and MariaDB on loopback and from SQLite; run by hand.

    .venv/bin/python tests/plans/decoration/record.py

MySQL's tree and JSON stand here as they are printed: no MySQL server is at hand.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

HERE = Path(__file__).parent

SETUP = """
create table customer (id int primary key, name text, country text, "Mixed Case" text);
create table orders (id int primary key, customer int references customer, placed date, note text, total numeric);
create table line (id int primary key, orders int references orders, item int, amount int);
insert into customer select g, 'name ' || g, case when g % 7 = 0 then 'FR' else 'DE' end, 'x' from generate_series(1, 200) g;
insert into orders select g, g % 200 + 1, date '2024-01-01' + g % 300, 'note ' || g, g from generate_series(1, 2000) g;
insert into line select g, g % 2000 + 1, g % 50, g % 9 from generate_series(1, 6000) g;
create index on orders (customer);
create index on line (orders);
"""

QUERIES = [
    "select * from customer where country = 'FR' order by name limit 5",
    "select c.name, count(*), sum(o.total) from customer c join orders o on o.customer = c.id where o.placed between"
    " '2024-02-01' and '2024-06-30' and (c.country = 'DE' or c.name like 'name 1%') group by c.name having count(*) > 2",
    "select * from orders o where o.note = E'line1\\n  Filter: (x = 1)\\nline3' or o.note like '%->  Seq Scan on a  (cost=0.00..1.00"
    " rows=1 width=4)%'",
    "select * from orders o where note <> 'it''s (unbalanced' and note <> 'say \"hi' and total > (select avg(total) from orders)",
    "with recent as materialized (select * from orders where placed > '2024-03-01') select r.id, (select count(*) from line l"
    " where l.orders = r.id) from recent r where r.customer in (select id from customer where country = 'FR') and r.id < 300",
    'select "Mixed Case", "name" as "we""ird" from customer where "Mixed Case" <> \'a|b\' and id in (1, 2, 3, 5, 8, 13, 21)',
    "insert into line select id + 10000, 1, 1, 1 from line where amount = 3",
    "select l.item, sum(l.amount) over (partition by l.item order by l.id) from line l join orders o on o.id = l.orders where"
    " o.total > 100 and l.item + 1 > 3 order by 1 desc nulls last, 2",
    "select 1",
    "select * from customer c left join orders o on o.customer = c.id and o.total > 5 where o.id is null union all select *,"
    " null, null, null, null, null from customer where id < 3",
]
OPTIONS = [
    "",
    "analyze",
    "analyze, verbose, buffers",
    "costs off",
    "analyze, timing off, settings",
    "analyze, costs off",
]

MARIADB_SETUP = """
create table customer (id int primary key, name varchar(40), country char(2), key (country));
create table orders (id int primary key, customer int, note varchar(80), total int, key (customer));
insert into customer select seq, concat('name ', seq), if(seq % 7, 'DE', 'FR') from seq_1_to_200;
insert into orders select seq, seq % 200 + 1, concat('note ', seq), seq from seq_1_to_1000;
"""
MARIADB = [
    "select * from customer where country = 'FR' order by name limit 5",
    "select c.name, count(*) from customer c join orders o on o.customer = c.id where o.note <> 'a|b (\"x\"' and c.id < 50 group by 1",
    "select * from orders where note = 'line1\\nEXPLAIN: {\\n| -> x' or customer in (select id from customer where country = 'FR')",
    "select 1 union select id from customer where name like '%1'",
]

TREE = [
    """-> Limit: 5 row(s)  (cost=20.50 rows=5) (actual time=0.061..0.065 rows=5 loops=1)
    -> Sort: customer.`name`, limit input to 5 row(s) per chunk  (cost=20.50 rows=28) (actual time=0.060..0.062 rows=5 loops=1)
        -> Filter: (customer.note <> 'a -> b (cost=1.00')  (cost=9.80 rows=28) (actual time=0.020..0.041 rows=28 loops=1)
            -> Index lookup on customer using country (country='FR')  (cost=9.80 rows=28) (actual time=0.018..0.035 rows=28 loops=1)
""",
    """-> Table scan on <temporary>  (actual time=0.812..0.820 rows=49 loops=1)
    -> Aggregate using temporary table  (actual time=0.810..0.810 rows=49 loops=1)
        -> Nested loop inner join  (cost=95.10 rows=245) (actual time=0.033..0.512 rows=245 loops=1)
            -> Index range scan on c using PRIMARY over (id < 50), with index condition: (c.id < 50)  (cost=10.1 rows=49) (actual time=0.012..0.051 rows=49 loops=1)
            -> Index lookup on o using customer (customer=c.id)  (cost=1.27 rows=5) (actual time=0.007..0.009 rows=5 loops=49)
""",
    """-> Hash semijoin (FirstMatch) (c.id = o.customer)  (cost=402 rows=1000)
    -> Table scan on c  (cost=20.2 rows=200)
    -> Hash
        -> Table scan on o  (cost=0.5 rows=1000)
""",
]
MYSQL_JSON = {
    "query_block": {
        "select_id": 1,
        "cost_info": {"query_cost": "20.50"},
        "ordering_operation": {
            "using_filesort": True,
            "table": {
                "table_name": "customer",
                "access_type": "ref",
                "possible_keys": ["country"],
                "key": "country",
                "used_key_parts": ["country"],
                "key_length": "2",
                "ref": ["const"],
                "rows_examined_per_scan": 28,
                "rows_produced_per_join": 28,
                "filtered": "100.00",
                "cost_info": {
                    "read_cost": "7.00",
                    "eval_cost": "2.80",
                    "prefix_cost": "9.80",
                    "data_read_per_join": "4K",
                },
                "used_columns": ["id", "name", "country"],
                "attached_condition": "(`d`.`customer`.`name` <> 'a \"quoted\" (x')",
            },
        },
    }
}

SQLITE = [
    "select * from customer where country = 'FR' order by name",
    "select c.name, count(*) from customer c join orders o on o.customer = c.id where c.id < 50 group by 1",
    "select * from orders where customer in (select id from customer where country = 'FR') union select * from orders where id = 3",
]


def psql(sql: str, database: str = "decoration_plans") -> str:
    command = ["psql", "-h", "127.0.0.1", "-U", "postgres", "-d", database, "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def mariadb(sql: str, database: str = "decoration_plans") -> str:
    command = ["mariadb", "-h127.0.0.1", "-uroot", "-r", "-e", sql, *([database] if database else [])]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    plans: list[dict[str, str]] = []

    def add(engine: str, form: str, query: str, text: str) -> None:
        plans.append({"engine": engine, "format": form, "query": query, "text": text.rstrip("\n") + "\n"})

    psql("drop database if exists decoration_plans", "postgres")
    psql("create database decoration_plans", "postgres")
    for statement in SETUP.strip().split(";\n"):
        psql(statement)
    psql("analyze")
    for number, query in enumerate(QUERIES):
        for form in ("text", "json", "yaml", "xml"):
            for options in OPTIONS if form == "text" else [OPTIONS[number % len(OPTIONS)]]:
                if query.startswith("insert") and "analyze" in options:
                    continue
                inner = f"{options}, format {form}" if options else f"format {form}"
                add("postgresql", form, query, psql(f"explain ({inner}) {query}"))
    parallel = "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0;"
    for form in ("text", "json"):
        query = "select o.customer, sum(l.amount) from orders o join line l on l.orders = o.id where o.note like 'note 1%' group by 1"
        add("postgresql", form, query, psql(f"{parallel} explain (analyze, verbose, buffers, format {form}) {query}"))
    psql("drop database decoration_plans", "postgres")

    mariadb("drop database if exists decoration_plans; create database decoration_plans", "")
    mariadb(MARIADB_SETUP + "analyze table customer, orders")
    for query in MARIADB:
        for command in ("explain", "analyze", "explain extended"):
            add("mariadb", "tabular", query, mariadb(f"{command} {query}"))
        for command in ("explain format=json", "analyze format=json"):
            add("mariadb", "json", query, mariadb(f"{command} {query}").partition("\n")[2])
    mariadb("drop database decoration_plans", "")
    for text in TREE:
        add("mysql", "tree", "select * from customer", text)
    add("mysql", "json", "select * from customer", json.dumps(MYSQL_JSON, indent=2))

    sqlite = sqlite3.connect(":memory:")
    sqlite.executescript(
        "create table customer (id integer primary key, name, country);"
        "create table orders (id integer primary key, customer, total); create index oc on orders (customer)"
    )
    for query in SQLITE:
        rows = list(sqlite.execute("explain query plan " + query))
        head = "id\tparent\tnotused\tdetail"
        add("sqlite", "eqp", query, "\n".join([head, *("\t".join(map(str, row)) for row in rows)]))
        out = subprocess.run(
            [
                "sqlite3",
                "-cmd",
                "create table customer (id integer primary key, name, country);"
                "create table orders (id integer primary key, customer, total); create index oc on orders (customer);",
                ":memory:",
                "explain query plan " + query,
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        add("sqlite", "eqp", query, out.partition("\n")[2])
    (HERE / "plans.json").write_text(json.dumps(plans, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
