"""Texts that try to be taken for something else: literals and names that look like lines of a plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plans.lab.cases import Case

#: What is put into a literal, an identifier and a query text.
TEXTS = {
    "arrow": "->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)",
    "arrow lines": "x\n        ->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4) (actual time=1.000..2.000 rows=3 loops=1)\n              Filter: (a = 1)\n",
    "property lines": "line 1\n  Filter: (id > 3)\n  Rows Removed by Filter: 7\n  Buffers: shared hit=3\nline 3",
    "footer": "\nPlanning Time: 1.000 ms\nExecution Time: 99.000 ms\n(3 rows)\n",
    "subplan": "\n  InitPlan 1 (returns $0)\n    ->  Result  (cost=0.00..0.01 rows=1 width=4)\n  CTE x\n  SubPlan 2\n  Worker 0:  actual time=1.000..2.000 rows=3 loops=1\n",
    "quotes": "it's ''doubled'' \"and\" ' \" unbalanced ( [ {",
    "backslashes": "C:\\new\\table \\' \\\\ \\x41 \\u0041 \\",
    "yaml": '\n- Plan: \n    Node Type: "Seq Scan"\n    Plans: \n      - Node Type: x\n# comment: [a, b] {c} & * ! | > %',
    "xml": "</Plan></Plans><Plan><Node-Type>Seq Scan</Node-Type></Plan> &lt;&amp;&#10; ]]> <!-- x",
    "json": '", "Plans": [{"Node Type": "Seq Scan"}], "x": "\\"}]',
    "unicode": "żółw 🐢 日本語 \u00a0nbsp\u2028line\u2029par\u200bzero\ufeffbom ’quoted‘ │ ┼ ↵",
    "controls": "tab\there\rcarriage\x01one\x1besc\x7fdel\x0bvt\x0cff\x85nel",
    "spaces": "   leading, trailing   ",
    "commas": "a, b, (c, d), [e, 'f'], \"g, h\"",
    "dollars": "$1 $0 $$ $tag$ x $tag$ (returns $0) (InitPlan 1).col1 hashed SubPlan 1",
    "plus": "ends with +\nand +\n+",
    "pipe": "| a | b |\n|---|---|\n-----\n QUERY PLAN \n",
    "empty lines": "\n\n\n",
    "crlf": "a\r\nb\r\n  ->  c\r\n",
    "long": "x" * 3000,
    "comment": "-- not /* a */ comment",
    "duration": "\n2025-01-01 00:00:00 UTC [1] LOG:  duration: 1.000 ms  plan:\n\tQuery Text: SELECT 1\n\tSeq Scan on a  (cost=0.00..1.00 rows=1 width=4)",
}

_ORDINARY = ("arrow", "quotes", "unicode", "commas", "spaces", "xml", "yaml", "backslashes", "plus")


def cases() -> Iterator[Case]:
    """Each text as a literal of a filter; the shorter ones also as names, keys, output and parameters."""
    from tests.plans.lab.cases import Case

    for name, text in TEXTS.items():
        yield Case(f"literal {name}", f"SELECT id FROM customer WHERE name <> {literal(text)} AND id < 400")
    for name in _ORDINARY:
        text = TEXTS[name].replace("\n", " ")[:55]
        quoted = '"' + text.replace('"', '""') + '"'
        yield Case(
            f"alias {name}",
            f"SELECT {quoted}.id FROM customer AS {quoted} JOIN product ON product.id = {quoted}.id WHERE {quoted}.vip",
        )
        yield Case(
            f"column {name}",
            f"SELECT count(*) FROM (SELECT id AS {quoted}, {literal(TEXTS[name])} || id AS b FROM product OFFSET 0) t GROUP BY {quoted}, b ORDER BY b, {quoted}",
        )
    text = TEXTS["property lines"]
    yield Case(
        "literal key",
        f"SELECT name || {literal(text)} FROM customer GROUP BY name || {literal(text)} ORDER BY 1 LIMIT 3",
    )
    yield Case(
        "literal index",
        f"SELECT id FROM customer WHERE lower(email) = {literal(TEXTS['arrow lines'])}",
        {"enable_seqscan": "off"},
    )
    yield Case(
        "literal join",
        f"SELECT count(*) FROM customer a JOIN product b ON a.name || {literal(TEXTS['footer'])} = b.sku || {literal(TEXTS['subplan'])}",
    )
    yield Case(
        "literal join filter",
        f"SELECT count(*) FROM product a LEFT JOIN product b ON a.id = b.id AND a.sku <> b.sku || {literal(TEXTS['arrow lines'])}",
    )
    yield Case(
        "literal in subplan",
        f"SELECT id FROM product p WHERE (SELECT count(*) FROM item i WHERE i.product_id = p.id AND p.sku <> {literal(TEXTS['subplan'])}) > 45",
    )
    yield Case(
        "literal cte",
        f"WITH r AS (SELECT id FROM product WHERE sku <> {literal(TEXTS['subplan'])} OFFSET 0) SELECT * FROM r a, r b WHERE a.id = b.id",
    )
    yield Case(
        "literal function",
        f"SELECT * FROM regexp_split_to_table({literal(TEXTS['arrow lines'])}, {literal(TEXTS['commas'])}) AS t(v)",
    )
    yield Case(
        "literal setting",
        "SELECT count(*) FROM product",
        {"search_path": "public, \"it''s, x = 'y'\", \"->  Seq Scan\""},
    )
    yield Case(
        "literal first",
        f"SELECT {literal(TEXTS['arrow lines'])} || id FROM customer WHERE {literal(TEXTS['footer'])} < name",
    )
    yield Case(
        "literal array",
        f"SELECT id FROM customer WHERE name = ANY (ARRAY[{literal(TEXTS['commas'])}, {literal(TEXTS['quotes'])}, {literal(TEXTS['arrow lines'])}])",
    )
    yield Case(
        "query comment",
        "SELECT id /* \n->  Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)\n */ FROM product -- Seq Scan on b  (cost=0.00..1.00 rows=1 width=4)\n WHERE id < 5",
    )
    yield Case(
        "query lines",
        "SELECT id\nFROM product\n\nWHERE id < 5\n  AND sku <> 'Limit  (cost=0.00..1.00 rows=1 width=4)\n  ->  Seq Scan on x  (cost=0.00..1.00 rows=1 width=4)'",
    )


def literal(text: str) -> str:
    """As SQL, whatever standard_conforming_strings says."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
