"""What the query graph says of statements whose meaning a DBA would read off at once."""

from __future__ import annotations

import networkx as nx
import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.graphs import NotAnalysed, QueryGraph, build
from advisor.graphs.graph import Predicate, Scope, TableRef
from advisor.model.engine import EngineName

SHOP = """
CREATE TABLE customers (id bigint PRIMARY KEY, email varchar(200) NOT NULL UNIQUE, name text, active boolean, city_id int);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers (id), status text,
  total numeric(10,2), created_at timestamptz NOT NULL, note text);
CREATE TABLE items (order_id bigint NOT NULL, line int NOT NULL, product_id int, quantity int, code char(4),
  PRIMARY KEY (order_id, line));
CREATE VIEW open_orders AS SELECT id, customer_id FROM orders WHERE status = 'open';
"""
MYSQL_SHOP = """
CREATE TABLE customers (id bigint unsigned NOT NULL AUTO_INCREMENT, phone varchar(20), born date, PRIMARY KEY (id)) ENGINE=InnoDB;
CREATE TABLE orders (id int NOT NULL PRIMARY KEY, customer_id int, reference varchar(20), KEY (customer_id)) ENGINE=InnoDB;
"""


def shop(sql: str, engine: EngineName = "postgresql") -> QueryGraph:
    text = SHOP if engine in ("postgresql", "sqlite") else MYSQL_SHOP
    return build(sql, engine, [read_ddl(text, "shop", engine)])


def atom(graph: QueryGraph, column: str, operator: str | None = None) -> Predicate:
    hits = [p for p in graph.predicates if p.column_name == column and operator in (None, p.operator)]
    assert len(hits) == 1, hits
    return hits[0]


def ref(graph: QueryGraph, alias: str) -> TableRef:
    return next(r for r in graph.table_refs if r.alias == alias)


def kinds(graph: QueryGraph) -> list[str]:
    return [scope.kind for scope in graph.scopes]


def scope(graph: QueryGraph, kind: str) -> Scope:
    return next(s for s in graph.scopes if s.kind == kind)


# ---------------------------------------------------------------- names
def test_unqualified_columns_find_their_table_in_the_catalog():
    graph = shop("SELECT name FROM orders o JOIN customers c ON c.id = customer_id WHERE status = 'x' AND email = 'y'")
    assert atom(graph, "status").table_name == "orders"
    assert atom(graph, "email").table_name == "customers"


def test_without_a_catalog_an_unqualified_column_of_two_tables_belongs_to_none():
    graph = build("SELECT name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE status = 'x'", "postgresql")
    assert (atom(graph, "status").ref_id, atom(graph, "status").table_name) == (None, None)


def test_an_unresolved_column_may_use_any_table_so_no_table_counts_as_unused():
    graph = build("SELECT name FROM orders o LEFT JOIN customers c ON c.id = o.customer_id", "postgresql")
    assert ref(graph, "c").uses_outside_on == 1


def test_one_table_owns_its_columns_without_a_catalog():
    assert atom(build("SELECT 1 FROM t WHERE a = 1", "postgresql"), "a").table_name == "t"


def test_an_unknown_inner_table_does_not_take_a_column_that_the_outer_is_known_to_have():
    graph = shop("SELECT 1 FROM customers WHERE EXISTS (SELECT 1 FROM logins WHERE who = email)")
    assert atom(graph, "who").ref_id is None or atom(graph, "who").table_name == "logins"
    assert not any(p.table_name == "logins" and p.column_name == "email" for p in graph.predicates)


def test_case_folding_follows_the_engine():
    assert atom(shop("SELECT 1 FROM ORDERS WHERE Status = 'x'"), "status").table_name == "orders"
    assert ref(build('SELECT 1 FROM "Orders"', "postgresql"), "Orders").table_name == "Orders"
    assert ref(build("SELECT 1 FROM Orders", "mysql"), "Orders").table_name == "Orders"
    assert ref(build("SELECT 1 FROM s.Orders", "postgresql"), "orders").table_name == "s.orders"
    assert ref(build("SELECT 1 FROM public.orders", "postgresql"), "orders").table_name == "orders"


def test_a_catalog_of_another_engine_is_not_used():
    graph = build(
        "SELECT status FROM orders, customers WHERE status = 1", "mysql", [read_ddl(SHOP, "shop", "postgresql")]
    )
    assert atom(graph, "status").ref_id is None


def test_views_are_told_from_tables():
    assert ref(shop("SELECT * FROM open_orders"), "open_orders").kind == "view"


# ---------------------------------------------------------------- predicates
@pytest.mark.parametrize(
    ("condition", "operator", "op_class", "value_kind"),
    [
        ("total = 5", "=", "equality", "literal"),
        ("5 < total", ">", "range", "literal"),
        ("total <> 5", "<>", "negative", "literal"),
        ("NOT total = 5", "<>", "negative", "literal"),
        ("NOT (total < 5)", ">=", "range", "literal"),
        ("total BETWEEN 1 AND 2", "between", "range", "literal"),
        ("total IN (1, 2)", "in", "in", "list"),
        ("total NOT IN (1, 2)", "not_in", "negative", "list"),
        ("total = ANY($1)", "in", "in", "parameter"),
        ("total = ANY(ARRAY[1, 2])", "in", "in", "list"),
        ("total <> ALL(ARRAY[1, 2])", "not_in", "negative", "list"),
        ("total IS NULL", "is_null", "null", "none"),
        ("total IS NOT NULL", "is_not_null", "null", "none"),
        ("NOT total IS NULL", "is_not_null", "null", "none"),
        ("total IS NOT DISTINCT FROM 5", "null_safe_eq", "equality", "literal"),
        ("total = (SELECT 1)", "=", "equality", "subquery"),
        ("total = $1", "=", "equality", "parameter"),
        ("total = $1::numeric", "=", "equality", "parameter"),
        ("total > -1", ">", "range", "literal"),
        ("total = 1 + 1", "=", "equality", "expression"),
        ("total OPERATOR(pg_catalog.=) 5", "=", "equality", "literal"),
    ],
)
def test_operators(condition: str, operator: str, op_class: str, value_kind: str):
    found = atom(shop(f"SELECT 1 FROM orders WHERE {condition}"), "total")
    assert (found.operator, found.op_class, found.value_kind, found.wrapper) == (operator, op_class, value_kind, None)
    assert found.value_constant
    assert not found.negated


@pytest.mark.parametrize(
    ("condition", "operator", "op_class", "leading"),
    [
        ("name LIKE 'x%'", "like", "like", False),
        ("name LIKE '%x'", "like", "like", True),
        ("name LIKE '_x'", "like", "like", True),
        ("name LIKE $1", "like", "like", None),
        ("name LIKE '%' || $1", "like", "like", True),
        ("name LIKE concat('a', $1)", "like", "like", False),
        ("name NOT LIKE 'x%'", "not_like", "negative", False),
        ("name ILIKE 'x%'", "ilike", "like", False),
        ("name NOT ILIKE 'x%'", "not_ilike", "negative", False),
        ("name LIKE 'x!%' ESCAPE '!'", "like", "like", False),
        ("name ~ '^x'", "regex", "regex", None),
        ("name ~* 'x'", "regex", "regex", None),
        ("name SIMILAR TO 'x'", "similar", "regex", None),
    ],
)
def test_patterns(condition: str, operator: str, op_class: str, leading: bool | None):
    found = atom(shop(f"SELECT 1 FROM customers WHERE {condition}"), "name")
    assert (found.operator, found.op_class, found.leading_wildcard) == (operator, op_class, leading)


@pytest.mark.parametrize(
    ("condition", "engine", "operator", "op_class"),
    [
        ("tags @> ARRAY[1]", "postgresql", "contains", "containment"),
        ("ARRAY[1] <@ tags", "postgresql", "contains", "containment"),
        ("tags <@ ARRAY[1]", "postgresql", "contained", "containment"),
        ("tags && ARRAY[1]", "postgresql", "overlap", "containment"),
        ("tags ? 'x'", "postgresql", "has_key", "containment"),
        ("tags ?| ARRAY['x']", "postgresql", "has_key", "containment"),
        ("tags @@ to_tsquery('x')", "postgresql", "text_search", "search"),
        ("MATCH(tags) AGAINST ('x')", "mysql", "text_search", "search"),
        ("tags <=> 1", "mysql", "null_safe_eq", "equality"),
        ("tags REGEXP 'x'", "mysql", "regex", "regex"),
        ("tags GLOB 'x*'", "sqlite", "like", "like"),
        ("tags IS 5", "sqlite", "null_safe_eq", "equality"),
    ],
)
def test_operators_of_one_engine(condition: str, engine: EngineName, operator: str, op_class: str):
    found = atom(build(f"SELECT 1 FROM t WHERE {condition}", engine), "tags")
    assert (found.operator, found.op_class) == (operator, op_class)


@pytest.mark.parametrize(
    ("expression", "engine", "wrapper", "kind"),
    [
        ("lower(a)", "postgresql", "lower", "function"),
        ("date(a)", "postgresql", "date", "function"),
        ("date(a)", "mysql", "date", "function"),
        ("year(a)", "mysql", "year", "function"),
        ("extract(year from a)", "postgresql", "extract", "function"),
        ("date_trunc('day', a)", "postgresql", "date_trunc", "function"),
        ("a::date", "postgresql", "cast", "cast"),
        ("cast(a AS char)", "mysql", "cast", "cast"),
        ("coalesce(a, 0)", "postgresql", "coalesce", "coalesce"),
        ("ifnull(a, 0)", "mysql", "coalesce", "coalesce"),
        ("CASE WHEN a > 1 THEN 1 ELSE 2 END", "postgresql", "case", "case"),
        ("a + 1", "postgresql", "+", "arithmetic"),
        ("-a", "postgresql", "-", "arithmetic"),
        ("a || 'x'", "postgresql", "||", "arithmetic"),
        ("a ->> 'k'", "postgresql", "->>", "json"),
        ("a -> 'k' ->> 'l'", "postgresql", "->>", "json"),
        ("my_schema.my_function(a, 1)", "postgresql", "my_schema.my_function", "function"),
        ("(((a)))", "postgresql", None, None),
    ],
)
def test_wrappers(expression: str, engine: EngineName, wrapper: str | None, kind: str | None):
    found = next(p for p in build(f"SELECT 1 FROM t WHERE {expression} = 1", engine).predicates if p.operator == "=")
    assert (found.column_name, found.wrapper, found.wrapper_kind) == ("a", wrapper, kind)


def test_a_cast_of_text_to_text_wraps_nothing_when_the_catalog_knows_the_type():
    assert atom(shop("SELECT 1 FROM customers WHERE email::text = 'x'"), "email").wrapper is None
    assert atom(build("SELECT 1 FROM customers WHERE email::text = 'x'", "postgresql"), "email").wrapper == "cast"


def test_list_lengths():
    assert atom(shop("SELECT 1 FROM orders WHERE total IN (1, 2, 3)"), "total").list_length == 3
    assert atom(shop("SELECT 1 FROM orders WHERE total = ANY('{1,2,3,4}'::int[])"), "total").list_length == 4
    assert atom(shop("SELECT 1 FROM orders WHERE total IN (?)"), "total").list_length is None
    assert atom(shop("SELECT 1 FROM orders WHERE (id, total) IN ((1, 2), (3, 4))"), "total").list_length == 2


def test_value_types():
    types = {
        "'x'": "string",
        "5": "integer",
        "5.5": "decimal",
        "true": "boolean",
        "NULL": "null",
        "'2020-01-01'::date": "date",
        "now()": "timestamp",
        "now() - interval '1 day'": "timestamp",
        "$1::int": "integer",
        "$1": None,
    }
    for value, wanted in types.items():
        assert atom(shop(f"SELECT 1 FROM orders WHERE note = {value}"), "note").value_type == wanted, value


def test_or_arms_share_a_group_and_conjuncts_are_counted():
    graph = shop(
        "SELECT 1 FROM orders WHERE total = 1 AND (status = 'a' OR (note = 'b' AND id = 3)) AND customer_id = 2"
    )
    assert not atom(graph, "total").under_or
    status, note, number = atom(graph, "status"), atom(graph, "note"), atom(graph, "id")
    assert status.under_or
    assert status.or_group == note.or_group == number.or_group == 1
    assert (status.or_arm, note.or_arm, number.or_arm) == (1, 2, 2)
    assert status.conjunct == note.conjunct != atom(graph, "total").conjunct
    assert not status.restricts
    assert atom(graph, "customer_id").restricts


def test_not_over_and_is_an_or():
    graph = shop("SELECT 1 FROM orders WHERE NOT (total = 1 AND status = 'a')")
    assert [(p.operator, p.under_or) for p in graph.predicates] == [("<>", True), ("<>", True)]
    graph = shop("SELECT 1 FROM orders WHERE NOT (total = 1 OR status = 'a')")
    assert [(p.operator, p.under_or, p.conjunct) for p in graph.predicates] == [("<>", False, 1), ("<>", False, 2)]


@pytest.mark.parametrize(
    ("condition", "rejects"),
    [
        ("c.name = 'x'", True),
        ("lower(c.name) LIKE 'x'", True),
        ("c.name IS NOT NULL", True),
        ("c.name IS NULL", False),
        ("coalesce(c.name, 'x') = 'x'", False),
        ("c.name IS NOT DISTINCT FROM 'x'", True),
        ("c.name IS DISTINCT FROM 'x'", None),
        ("unknown_function(c.name) = 1", None),
        ("c.name NOT IN ('a')", True),
    ],
)
def test_null_rejection(condition: str, rejects: bool | None):
    graph = shop(f"SELECT 1 FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE {condition}")
    assert atom(graph, "name").null_rejecting is rejects
    assert ref(graph, "c").nullable


def test_a_predicate_in_an_outer_join_does_not_restrict_the_side_that_is_kept():
    graph = shop(
        "SELECT 1 FROM orders o LEFT JOIN customers c ON c.id = o.customer_id AND o.status = 'x' AND c.name = 'y'"
    )
    assert not atom(graph, "status").restricts
    assert atom(graph, "name").restricts


def test_implicit_casts():
    def cast(sql: str, column: str, engine: EngineName = "postgresql") -> bool | None:
        return atom(shop(sql, engine), column).implicit_cast

    assert cast("SELECT 1 FROM orders WHERE id = 1.5", "id") is True
    assert cast("SELECT 1 FROM orders WHERE id = $1::numeric", "id") is True
    assert cast("SELECT 1 FROM orders WHERE id = '5'", "id") is False
    assert cast("SELECT 1 FROM orders WHERE id = 5", "id") is False
    assert cast("SELECT 1 FROM orders WHERE id = $1", "id") is None
    assert cast("SELECT 1 FROM orders WHERE total = 5", "total") is False
    assert cast("SELECT 1 FROM orders WHERE created_at > '2020-01-01'::date", "created_at") is False
    assert cast("SELECT 1 FROM customers WHERE phone = 5", "phone", "mysql") is True
    assert cast("SELECT 1 FROM customers WHERE phone IN (5, 6)", "phone", "mysql") is True
    assert cast("SELECT 1 FROM customers WHERE phone = '5'", "phone", "mysql") is False
    assert cast("SELECT 1 FROM customers WHERE id = '5'", "id", "mysql") is False
    assert cast("SELECT 1 FROM customers WHERE born = '2020-01-01'", "born", "mysql") is False
    graph = shop("SELECT 1 FROM orders o JOIN customers c ON c.phone = o.customer_id", "mysql")
    assert atom(graph, "phone").implicit_cast is True
    assert atom(graph, "customer_id").implicit_cast is False


def test_a_pinned_key_needs_every_column_and_a_value_that_is_fixed():
    assert atom(shop("SELECT 1 FROM orders WHERE id = 5 AND lower(note) = 'x'"), "id").pins_unique_key
    assert not atom(shop("SELECT 1 FROM items WHERE order_id = 5"), "order_id").pins_unique_key
    graph = shop("SELECT 1 FROM items WHERE order_id = 5 AND line = $1")
    assert atom(graph, "order_id").pins_unique_key
    assert atom(graph, "line").pins_unique_key
    assert not atom(shop("SELECT 1 FROM orders WHERE id IN (5, 6)"), "id").pins_unique_key
    assert not atom(shop("SELECT 1 FROM orders WHERE id = 5 OR note = 'x'"), "id").pins_unique_key
    assert not atom(shop("SELECT 1 FROM orders WHERE id = total"), "id").pins_unique_key
    assert not atom(build("SELECT 1 FROM orders WHERE id = 5", "postgresql"), "id").pins_unique_key


# ---------------------------------------------------------------- joins
def test_join_edges_and_the_networkx_graph():
    graph = shop(
        "SELECT 1 FROM orders o JOIN customers c ON c.id = o.customer_id JOIN items i ON i.order_id = o.id AND i.line > 1"
    )
    assert [(e.left_table, e.left_column, e.right_table, e.right_column, e.operator) for e in graph.join_edges] == [
        ("customers", "id", "orders", "customer_id", "="),
        ("items", "order_id", "orders", "id", "="),
    ]
    joins = graph.joins
    assert isinstance(joins, nx.MultiGraph)
    assert nx.is_connected(joins)
    assert {data["table"] for _, data in joins.nodes(data=True)} == {"orders", "customers", "items"}


def components(graph: QueryGraph) -> int:
    return len({(c.scope_id, c.component) for c in graph.join_components if c.scope_id == 1})


@pytest.mark.parametrize(
    ("sql", "count"),
    [
        ("SELECT 1 FROM orders o, customers c", 2),
        ("SELECT 1 FROM orders o, customers c WHERE o.customer_id = c.id", 1),
        ("SELECT 1 FROM orders o, customers c WHERE o.total > c.city_id + 1", 1),
        ("SELECT 1 FROM orders o, customers c WHERE o.customer_id = c.id OR o.id = 5", 1),
        ("SELECT 1 FROM orders o JOIN items i USING (id)", 1),
        ("SELECT 1 FROM orders NATURAL JOIN items", 1),
        (
            "SELECT 1 FROM orders o, customers c WHERE EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id AND i.line = c.id)",
            1,
        ),
        ("SELECT 1 FROM orders o CROSS JOIN LATERAL (SELECT 1 FROM items i WHERE i.order_id = o.id) x", 1),
        ("SELECT 1 FROM orders o, unnest(ARRAY[o.id]) u", 1),
        ("SELECT 1 FROM orders o, customers c WHERE o.id = 7 AND c.id = 7", 1),
        ("SELECT 1 FROM orders o, customers c WHERE o.status = 'x' AND c.name = 'y'", 2),
    ],
)
def test_components(sql: str, count: int):
    assert components(shop(sql)) == count


def test_without_a_catalog_an_unknown_column_is_not_taken_as_a_missing_join():
    assert components(build("SELECT 1 FROM a, b WHERE a_id = b_id", "postgresql")) == 1


def test_single_rows():
    graph = shop(
        "SELECT 1 FROM orders o, (SELECT count(*) FROM customers) n, (SELECT 1 FROM items LIMIT 1) l, customers c WHERE c.id = 5"
    )
    rows = {c.ref_id: c.single_row for c in graph.join_components if c.scope_id == 1}
    assert [rows[ref(graph, alias).ref_id] for alias in ("o", "n", "l", "c")] == [False, True, True, True]
    graph = shop("SELECT 1 FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = 5")
    assert {c.single_row for c in graph.join_components} == {True}


def test_join_types_and_nullable_sides():
    graph = shop(
        "SELECT 1 FROM orders a LEFT JOIN orders b ON true RIGHT JOIN orders c ON true FULL JOIN orders d ON true CROSS JOIN orders e, orders f"
    )
    assert [(r.alias, r.join_type, r.nullable) for r in graph.table_refs] == [
        ("a", None, True),
        ("b", "left", True),
        ("c", "right", True),
        ("d", "full", True),
        ("e", "cross", False),
        ("f", "comma", False),
    ]


def test_using_merges_columns():
    graph = shop("SELECT id FROM orders JOIN open_orders USING (id) WHERE id = 5")
    assert graph.join_edges[0].clause == "using"
    assert atom(graph, "id").table_name == "orders"


def test_parenthesised_joins_are_one_level():
    graph = shop(
        "SELECT 1 FROM ((orders o JOIN customers c ON c.id = o.customer_id) LEFT JOIN items i ON i.order_id = o.id)"
    )
    assert kinds(graph) == ["root"]
    assert [r.nullable for r in graph.table_refs] == [False, False, True]


# ---------------------------------------------------------------- scopes
def test_kinds_of_subqueries():
    graph = shop(
        "WITH w AS (SELECT 1 AS one) SELECT (SELECT max(total) FROM orders), d.id FROM (SELECT id FROM orders) d, w "
        "WHERE d.id IN (SELECT 1) AND d.id NOT IN (SELECT 2) AND EXISTS (SELECT 3) AND NOT EXISTS (SELECT 4) AND d.id = ANY (SELECT 5) "
        "AND NOT (d.id IN (SELECT 6))"
    )
    assert sorted(kinds(graph)) == sorted(
        ["root", "cte", "scalar", "derived", "in", "not_in", "exists", "not_exists", "any_all", "not_in"]
    )
    assert ref(graph, "w").kind == "cte"
    assert ref(graph, "d").kind == "derived"
    assert ref(graph, "d").source_scope_id == scope(graph, "derived").scope_id


def test_correlation_reaches_through_levels():
    graph = shop(
        "SELECT 1 FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE EXISTS (SELECT 1 FROM items i WHERE i.order_id = c.id))"
    )
    assert [s.correlated for s in graph.scopes] == [False, True, True]
    assert not any(
        s.correlated for s in shop("SELECT 1 FROM customers WHERE id IN (SELECT customer_id FROM orders)").scopes
    )


def test_set_operations():
    graph = shop("SELECT id FROM orders UNION ALL SELECT id FROM customers UNION ALL SELECT 1 ORDER BY 1 LIMIT 3")
    root = graph.scopes[0]
    assert (root.set_operation, root.has_order, root.limit_value) == ("union_all", True, 3)
    assert kinds(graph) == ["root", "union_branch", "union_branch", "union_branch"]
    nested = shop("(SELECT id FROM orders LIMIT 2) UNION (SELECT id FROM customers EXCEPT SELECT 1)")
    assert [s.set_operation for s in nested.scopes] == ["union", None, "except", None, None]
    assert nested.scopes[1].limit_value == 2


def test_a_recursive_cte_refers_to_itself():
    graph = build(
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT * FROM t", "postgresql"
    )
    inner, outer = (r for r in graph.table_refs if r.alias == "t")
    assert inner.kind == outer.kind == "cte"
    assert inner.source_scope_id == outer.source_scope_id == scope(graph, "cte").scope_id
    assert atom(graph, "n").ref_id == inner.ref_id


@pytest.mark.parametrize(
    ("tail", "engine", "expected"),
    [
        ("LIMIT 5", "postgresql", (True, 5, False, None)),
        ("LIMIT 5 OFFSET 10", "postgresql", (True, 5, True, 10)),
        ("OFFSET 10", "postgresql", (False, None, True, 10)),
        ("LIMIT $1 OFFSET $2", "postgresql", (True, None, True, None)),
        ("FETCH FIRST 3 ROWS ONLY", "postgresql", (True, 3, False, None)),
        ("LIMIT ALL", "postgresql", (False, None, False, None)),
        ("LIMIT 10, 5", "mysql", (True, 5, True, 10)),
        ("LIMIT ?", "mysql", (True, None, False, None)),
    ],
)
def test_limits(tail: str, engine: EngineName, expected: tuple[bool, int | None, bool, int | None]):
    root = build(f"SELECT a FROM t ORDER BY a {tail}", engine).scopes[0]
    assert (root.has_limit, root.limit_value, root.has_offset, root.offset_value) == expected


def test_aggregates_windows_and_distinct():
    root = shop("SELECT DISTINCT status, count(*) FROM orders GROUP BY status HAVING count(*) > 1").scopes[0]
    assert (root.is_distinct, root.has_group, root.has_having, root.has_aggregate, root.has_window) == (
        True,
        True,
        True,
        True,
        False,
    )
    root = shop("SELECT row_number() OVER (PARTITION BY status ORDER BY id), sum(total) OVER () FROM orders").scopes[0]
    assert (root.has_aggregate, root.has_window) == (False, True)
    root = shop("SELECT 1 FROM orders WHERE total > (SELECT avg(total) FROM orders)").scopes[0]
    assert not root.has_aggregate


def test_locking_and_modifiers():
    root = shop("SELECT id FROM orders LIMIT 1 FOR UPDATE SKIP LOCKED").scopes[0]
    assert (root.locking, root.skip_locked) == ("for_update", True)
    assert build("SELECT 1 FROM t LOCK IN SHARE MODE", "mysql").scopes[0].locking == "for_share"
    assert build("SELECT SQL_CALC_FOUND_ROWS a FROM t LIMIT 1", "mysql").scopes[0].modifiers == "SQL_CALC_FOUND_ROWS"


# ---------------------------------------------------------------- lists
def test_order_keys_through_alias_and_position():
    graph = shop("SELECT total AS amount, created_at FROM orders ORDER BY amount DESC, 2, lower(note) NULLS FIRST")
    assert [(k.column_name, k.descending, k.nulls_first) for k in graph.order_keys] == [
        ("total", True, True),
        ("created_at", False, False),
        (None, False, True),
    ]
    assert [k.nulls_first for k in build("SELECT a FROM t ORDER BY a, a DESC", "mysql").order_keys] == [True, False]


def test_group_keys():
    graph = shop("SELECT status AS s, date(created_at), count(*) FROM orders GROUP BY s, 2, customer_id")
    assert [(k.column_name, k.table_name) for k in graph.group_keys] == [
        ("status", "orders"),
        (None, None),
        ("customer_id", "orders"),
    ]


def test_projections():
    graph = shop(
        "SELECT o.*, id, count(DISTINCT customer_id) AS n, 1, 'x', total * 2, (SELECT 1), max(note) OVER (), coalesce(sum(total), 0) FROM orders o"
    )
    assert [p.kind for p in graph.projections if p.scope_id == 1] == [
        "star", "column", "aggregate", "constant", "constant", "expression", "subquery", "window", "aggregate",
    ]  # fmt: skip
    count = graph.projections[2]
    assert (count.function, count.is_distinct, count.column_name, count.name) == ("count", True, "customer_id", "n")


def test_a_star_uses_every_column_that_the_catalog_knows():
    graph = shop("SELECT * FROM items")
    assert {u.column_name for u in graph.column_uses} == {"order_id", "line", "product_id", "quantity", "code"}
    assert graph.scopes[0].has_star
    assert not shop("SELECT count(*) FROM items").scopes[0].has_star
    assert ref(shop("SELECT count(*) FROM items"), "items").uses_outside_on == 0


def test_a_left_join_that_nobody_uses():
    graph = shop("SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE o.total > 1")
    assert ref(graph, "c").uses_outside_on == 0
    graph = shop(
        "SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id LEFT JOIN items i ON i.order_id = c.id"
    )
    assert (ref(graph, "c").uses_outside_on, ref(graph, "i").uses_outside_on) == (1, 0)


def test_a_row_used_whole_is_used():
    for item in ("c", "to_jsonb(c)", "nonsense", "(SELECT count(c.*))"):
        graph = shop(f"SELECT o.id, {item} FROM orders o LEFT JOIN customers c ON c.id = o.customer_id")
        assert ref(graph, "c").uses_outside_on == 1, item


# ---------------------------------------------------------------- data changes
def test_update():
    graph = shop("UPDATE orders SET total = total + 1, note = 'x' WHERE id = 5 RETURNING status")
    assert graph.kind == "update"
    assert [(s.column_name, s.self_reference) for s in graph.set_columns] == [("total", True), ("note", False)]
    assert ref(graph, "orders").role == "target"
    assert {(u.column_name, u.clause) for u in graph.column_uses} >= {
        ("total", "set"),
        ("status", "returning"),
        ("id", "where"),
    }


def test_update_from():
    graph = shop("UPDATE orders SET note = c.name FROM customers c WHERE c.id = customer_id")
    assert [(r.alias, r.role) for r in graph.table_refs] == [("orders", "target"), ("c", "read")]
    assert len(graph.join_edges) == 1


def test_update_of_several_tables():
    graph = shop(
        "UPDATE orders o JOIN customers c ON c.id = o.customer_id SET o.reference = c.phone WHERE c.born > 1", "mysql"
    )
    assert [(r.alias, r.role) for r in graph.table_refs] == [("o", "target"), ("c", "read")]
    assert [s.table_name for s in graph.set_columns] == ["orders"]


def test_delete():
    graph = shop("DELETE FROM orders USING customers c WHERE c.id = customer_id AND c.name = 'x'")
    assert [(r.alias, r.role) for r in graph.table_refs] == [("orders", "target"), ("c", "read")]
    graph = shop("DELETE o FROM orders o JOIN customers c ON c.id = o.customer_id", "mysql")
    assert [(r.alias, r.role) for r in graph.table_refs] == [("o", "target"), ("c", "read")]
    assert shop("DELETE FROM orders").predicates == []


def test_insert():
    graph = shop(
        "INSERT INTO orders (id, note) SELECT id, name FROM customers WHERE active ON CONFLICT (id) DO UPDATE SET note = excluded.note"
    )
    assert graph.kind == "insert"
    assert [(r.table_name, r.role) for r in graph.table_refs] == [("orders", "target"), ("customers", "read")]
    assert [(s.column_name, s.self_reference) for s in graph.set_columns] == [("note", False)]
    assert atom(graph, "active").operator == "is_true"
    graph = shop(
        "INSERT INTO customers (id, phone) VALUES (1, 'x') ON DUPLICATE KEY UPDATE phone = VALUES(phone)", "mysql"
    )
    assert [s.column_name for s in graph.set_columns] == ["phone"]
    assert shop("REPLACE INTO customers (id) VALUES (1)", "mysql").kind == "insert"


def test_merge():
    graph = shop(
        "MERGE INTO orders o USING customers c ON o.customer_id = c.id WHEN MATCHED AND c.active THEN UPDATE SET note = c.name "
        "WHEN NOT MATCHED THEN INSERT (id, note) VALUES (c.id, 'x')"
    )
    assert graph.kind == "merge"
    assert [(r.alias, r.role) for r in graph.table_refs] == [("o", "target"), ("c", "read")]
    assert [s.column_name for s in graph.set_columns] == ["note"]
    assert len(graph.join_edges) == 1


def test_a_cte_that_changes_data():
    graph = shop("WITH d AS (DELETE FROM orders WHERE id = 5 RETURNING id, note) SELECT note FROM d")
    assert [(s.kind, s.statement) for s in graph.scopes] == [("root", "select"), ("cte", "delete")]
    assert ref(graph, "orders").role == "target"


# ---------------------------------------------------------------- what is not analysed
@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("", "no statement"),
        ("SELEC 1", "cannot parse"),
        ("SELECT 1; SELECT 2", "several"),
        ("SELECT (" * 500, "nested"),
        ("SELECT " + "+".join(["a"] * 5000), "operators"),
        ("SELECT '" + "x" * 300_000 + "'", "longer"),
        ("CALL something(1)", "CALL"),
        ("DO $$ BEGIN END $$", "DO"),
        ("CREATE FROBNICATION x", "unknown form"),
    ],
)
def test_not_analysed_says_why(sql: str, word: str):
    with pytest.raises(NotAnalysed) as caught:
        build(sql, "postgresql")
    assert word in caught.value.reason
    assert "\n" not in caught.value.reason


def test_statements_that_touch_no_table_are_understood():
    for sql, kind in (
        ("BEGIN", "transaction"),
        ("COMMIT", "transaction"),
        ("SET x = 1", "utility"),
        ("SHOW TABLES", "utility"),
    ):
        graph = build(sql, "mysql")
        assert (graph.kind, graph.scopes) == (kind, [])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t WHERE a = %s AND b = %(name)s AND c LIKE '%s'",
        "SELECT a FROM t WHERE a = :a AND b = ? AND c LIKE 'x'",
        "DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT a FROM t WHERE a = 1 AND b = 2 AND c LIKE 'x'",
        "COPY (SELECT a FROM t WHERE a = 1 AND b = 2 AND c LIKE 'x') TO STDOUT WITH (FORMAT csv)",
        "PREPARE p (int) AS SELECT a FROM t WHERE a = $1 AND b = 2 AND c LIKE 'x'",
        "CREATE TABLE n AS SELECT a FROM t WHERE a = 1 AND b = 2 AND c LIKE 'x'",
        "SELECT a /* ; */ FROM t -- comment\n WHERE a = 1 AND b = 2 AND c LIKE 'x' ;",
    ],
)
def test_forms_around_a_query(sql: str):
    graph = build(sql, "postgresql")
    assert [p.column_name for p in graph.predicates] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from v where a in ($1,$2,$3) and b = $4",
        "select 1 from v where (a,b) in (($1,$2),($3,$4))",
        "select 1 from v where day >= date $1 and day < date ?",
        "select 1 from v where t > timestamp $2 - interval $3",
    ],
)
def test_placeholders_as_the_server_prints_them(sql: str) -> None:
    """pg_stat_statements puts `$n` for a literal wherever one stood, and keeps what the client left out: blanks."""
    assert build(sql, "postgresql").predicates
