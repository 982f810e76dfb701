"""The tables that generated queries are about, for PostgreSQL and MariaDB."""

from __future__ import annotations

#: Columns by table, each with its family.
TABLES = {
    "customers": {
        "id": "int",
        "name": "varchar",
        "email": "text",
        "active": "bool",
        "region": "varchar",
        "created": "timestamp",
        "score": "num",
    },
    "orders": {
        "id": "int",
        "customer_id": "int",
        "status": "text",
        "total": "num",
        "created": "timestamp",
        "note": "text",
        "kind": "varchar",
        "qty": "int",
        "day": "date",
    },
    "items": {"id": "int", "order_id": "int", "product_id": "int", "price": "num", "qty": "int", "sku": "varchar"},
    "products": {"id": "int", "name": "text", "cat": "int", "price": "num"},
    "events": {"id": "int", "at": "timestamp", "kind": "int", "payload": "text"},
}

_COMMON = """
create table customers(id int primary key, name varchar(100), email {text}, active boolean, region char(8), created {ts}, score numeric(12,2));
create table orders(id int primary key, customer_id int, status varchar(20), total numeric(12,2), created {ts}, note {text}, kind varchar(20), qty smallint, day date);
create table items(id int primary key, order_id int, product_id int, price double precision, qty int, sku varchar(20));
create table products(id int primary key, name {text}, cat int, price numeric(12,2));
create index o_customer on orders(customer_id);
create index o_created on orders(created);
create index o_kind on orders(kind);
create index o_total on orders(total, qty);
create index o_day on orders(day);
create index c_name on customers(name{pattern});
create index c_score on customers(score);
create index i_order on items(order_id);
create index i_product on items(product_id, qty);
create index i_sku on items(sku);
create index p_cat on products(cat);
"""

POSTGRESQL = (
    _COMMON.format(text="text", ts="timestamptz", pattern=" text_pattern_ops")
    + """
create table events(id int, at timestamptz not null, kind int, payload text) partition by range(at);
create table events_2024_01 partition of events for values from ('2024-01-01') to ('2024-02-01');
create table events_2024_02 partition of events for values from ('2024-02-01') to ('2024-03-01');
create table events_other partition of events default;
create index e_kind on events(kind);
create view busy_orders as select o.id, o.customer_id, o.status, o.total, o.created, o.note, o.kind, o.qty, o.day
  from orders o join customers c on c.id = o.customer_id where c.active;
insert into customers select g,'name'||g,'e'||g,g%2=0,'r'||g%9,timestamptz '2024-01-01'+g*interval '1 hour',g from generate_series(1,800) g;
insert into orders select g,g%800,(array['new','paid','gone'])[1+g%3],g%1000,timestamptz '2024-01-01'+g*interval '1 minute','note'||g,'k'||g%10,g%100,date '2024-01-01'+g%300 from generate_series(1,4000) g;
insert into items select g,g%4000,g%200,g%100,g%7,'sku'||g from generate_series(1,8000) g;
insert into products select g,'prod'||g,g%20,g from generate_series(1,200) g;
insert into events select g,'2024-01-01'::timestamptz+g*interval '1 hour',g%5,'p'||g from generate_series(1,2000) g;
analyze;
"""
)

MARIADB = (
    _COMMON.format(text="varchar(200)", ts="datetime", pattern="")
    + """
create table events(id int, at datetime not null, kind int, payload varchar(200), key(kind)) partition by range(year(at)) (partition p0 values less than (2024), partition p1 values less than maxvalue);
create view busy_orders as select o.id, o.customer_id, o.status, o.total, o.created, o.note, o.kind, o.qty, o.day from orders o join customers c on c.id = o.customer_id where c.active;
insert into customers select seq,concat('name',seq),concat('e',seq),seq%2,concat('r',seq%9),'2024-01-01' + interval seq hour,seq from seq_1_to_800;
insert into orders select seq,seq%800,elt(1+seq%3,'new','paid','gone'),seq%1000,'2024-01-01' + interval seq minute,concat('note',seq),concat('k',seq%10),seq%100,'2024-01-01' + interval seq%300 day from seq_1_to_4000;
insert into items select seq,seq%4000,seq%200,seq%100,seq%7,concat('sku',seq) from seq_1_to_8000;
insert into products select seq,concat('prod',seq),seq%20,seq from seq_1_to_200;
insert into events select seq,'2024-01-01' + interval seq hour,seq%5,concat('p',seq) from seq_1_to_2000;
analyze table customers, orders, items, products, events;
"""
)
