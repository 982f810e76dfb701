"""Whatever the text: a graph or a reason, never a crash; and what the text does not mean changes nothing."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.graphs import NotAnalysed, QueryGraph, build
from advisor.graphs.graph import Predicate
from advisor.model.engine import EngineName

SCHEMA = """
CREATE TABLE a (id int PRIMARY KEY, b_id int, x text, y numeric, z timestamp);
CREATE TABLE b (id int PRIMARY KEY, x text, w int, UNIQUE (x, w));
"""
SOUP = """
SELECT FROM WHERE AND OR NOT IN EXISTS ANY ALL JOIN LEFT RIGHT FULL CROSS NATURAL LATERAL ON USING GROUP BY ORDER HAVING LIMIT OFFSET
UNION EXCEPT INTERSECT WITH RECURSIVE AS DISTINCT CASE WHEN THEN ELSE END IS NULL LIKE ILIKE BETWEEN INSERT INTO VALUES UPDATE SET DELETE
RETURNING CONFLICT DO CREATE TABLE INDEX ALTER ADD COLUMN DROP MERGE MATCHED OVER PARTITION ROWS FETCH FOR SHARE ROW INTERVAL CAST DATE
a b id b_id x y z w t count sum lower coalesce date_trunc max ( ( ( ) ) ) , , . * = < > <> <= >= + - / % || :: -> ->> @> && ~ !~ ? $1 :n
%s 'text' '' "q" `q` 1 0 2.5 -3 NULL TRUE 'it''s' ; /* c */ [ ] { } @ # ! '
""".split()  # noqa: SIM905
ENGINES: list[EngineName] = ["postgresql", "mysql", "mariadb", "sqlite"]
CATALOGS = [read_ddl(SCHEMA, "soup", engine) for engine in ("postgresql", "mysql", "sqlite")]


def relaxed(examples: int) -> settings:
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
    )


@relaxed(300)
@given(st.lists(st.sampled_from(SOUP), max_size=40), st.sampled_from(ENGINES), st.booleans())
def test_token_soup_gives_a_graph_or_a_reason(words: list[str], engine: EngineName, with_catalog: bool):
    try:
        graph = build(" ".join(words), engine, CATALOGS if with_catalog else [])
    except NotAnalysed as why:
        told(why)
    else:
        consistent(graph)


@relaxed(150)
@given(
    st.lists(st.sampled_from(SOUP), max_size=25), st.lists(st.sampled_from(SOUP), max_size=25), st.sampled_from(ENGINES)
)
def test_soup_in_a_select_gives_a_graph_or_a_reason(items: list[str], conditions: list[str], engine: EngineName):
    text = f"SELECT {' '.join(items) or 1} FROM a JOIN b ON b.id = a.b_id WHERE {' '.join(conditions) or 'TRUE'}"
    try:
        consistent(build(text, engine, CATALOGS))
    except NotAnalysed as why:
        told(why)


@relaxed(150)
@given(st.text(max_size=60), st.sampled_from(ENGINES))
def test_any_text_gives_a_graph_or_a_reason(text: str, engine: EngineName):
    try:
        consistent(build(text, engine))
    except NotAnalysed as why:
        told(why)


def told(why: NotAnalysed) -> None:
    assert why.reason
    assert "\n" not in why.reason


def consistent(graph: QueryGraph) -> None:
    """Every row points at rows that exist, in one order."""
    scopes = {scope.scope_id for scope in graph.scopes}
    refs = {ref.ref_id for ref in graph.table_refs}
    assert scopes == set(range(1, len(graph.scopes) + 1))
    assert refs == set(range(1, len(graph.table_refs) + 1))
    for scope in graph.scopes:
        assert scope.parent_id is None or scope.parent_id in scopes
    for row in [*graph.predicates, *graph.order_keys, *graph.group_keys, *graph.projections, *graph.column_uses]:
        assert row.scope_id in scopes
        assert row.ref_id is None or row.ref_id in refs
        assert row.table_name is None or row.ref_id is not None
    for edge in graph.join_edges:
        assert {edge.left_ref, edge.right_ref} <= refs
        assert edge.left_ref != edge.right_ref
    by_ref = [component.ref_id for component in graph.join_components]
    assert len(by_ref) == len(set(by_ref))
    for ref in graph.table_refs:
        assert (ref.table_name is not None) == (ref.kind in ("table", "view"))
        assert ref.source_scope_id is None or ref.source_scope_id in scopes


QUERIES = [
    "SELECT a.id, b.x FROM a JOIN b ON b.id = a.b_id WHERE a.x = 'one' AND a.y > 5 AND (b.w = 7 OR b.x LIKE 'p%') ORDER BY a.z DESC LIMIT 10",
    "SELECT count(*) FROM a WHERE lower(a.x) IN ('u', 'v') AND a.id NOT IN (SELECT b.id FROM b WHERE b.w BETWEEN 3 AND 9)",
    "SELECT a.x, sum(a.y) FROM a LEFT JOIN b ON b.x = a.x AND b.w = 4 WHERE coalesce(b.w, 5) = 6 GROUP BY a.x HAVING sum(a.y) > 100",
    "UPDATE a SET y = a.y + 3, x = 'new' WHERE a.id = 12 AND EXISTS (SELECT 1 FROM b WHERE b.w = a.b_id)",
    "DELETE FROM a WHERE a.z < '2020-01-01' AND a.x IS NOT NULL",
    "WITH q AS (SELECT b.id, b.w FROM b WHERE b.x = 'k') SELECT a.id FROM a JOIN q ON q.id = a.b_id WHERE q.w <> 3 UNION ALL SELECT 5",
]
_TOKENS = re.compile(r"'[^']*'|\w+|[^\w\s]+")
_LITERAL = re.compile(r"'[^']*'|(?<![\w.])\d+\b")


def plain(graph: QueryGraph, rename: dict[str, str] | None = None) -> list[tuple[object, ...]]:
    """The graph's rows with literals, and names if asked, taken out of its texts."""
    rows = []
    for field in dataclasses.fields(graph):
        for row in getattr(graph, field.name):
            values = []
            for value in dataclasses.astuple(
                dataclasses.replace(row, constant_hash=None) if isinstance(row, Predicate) else row
            ):
                text = value
                if isinstance(value, str):
                    text = _LITERAL.sub("?", value).lower()
                    for new, old in (rename or {}).items():
                        text = re.sub(rf"\b{new}\b", old, text)
                values.append(text)
            rows.append((field.name, *values))
    return rows


@relaxed(40)
@given(st.sampled_from(QUERIES), st.data())
def test_blanks_comments_and_letter_case_change_nothing(query: str, data: st.DataObject):
    gaps = st.sampled_from([" ", "\n", "\t  ", " /* AND x = 1 */ ", " -- OR y\n"])
    tokens = _TOKENS.findall(query)
    text = tokens[0]
    for token in tokens[1:]:
        glue = "" if token.startswith((".", ",", ")")) or text.endswith((".", "(")) or token == "(" else data.draw(gaps)
        keyword = token.upper() if token.isalpha() and data.draw(st.booleans()) and not token.startswith("'") else token
        text += glue + keyword
    assert plain(build(text, "postgresql", CATALOGS)) == plain(build(query, "postgresql", CATALOGS))


@relaxed(40)
@given(st.sampled_from(QUERIES), st.data())
def test_other_literals_of_the_same_type_change_nothing(query: str, data: st.DataObject):
    def other(match: re.Match[str]) -> str:
        if match.group().startswith("'"):
            return "'" + match.group()[1:-1] + data.draw(st.text("abcxyz ", max_size=5)) + "'"
        return str(data.draw(st.integers(2, 10**6)))

    head, _, limit = query.partition(" LIMIT ")
    text = _LITERAL.sub(other, head) + (f" LIMIT {limit}" if limit else "")
    one, two = build(text, "postgresql", CATALOGS), build(query, "postgresql", CATALOGS)
    assert plain(one) == plain(two)


@pytest.mark.parametrize("query", QUERIES)
def test_renamed_aliases_change_nothing_else(query: str):
    aliased = re.sub(r"\b(FROM|JOIN) (a|b)\b(?! SET)", r"\1 \2 AS \2", query)
    renamed = re.sub(r"\b(FROM|JOIN) (a|b) AS \2", r"\1 \2 AS \2_one", aliased)
    renamed = re.sub(r"\b(a|b)\.", r"\1_one.", renamed)
    if query.startswith("UPDATE"):
        renamed = renamed.replace("UPDATE a SET", "UPDATE a AS a_one SET")
        aliased = aliased.replace("UPDATE a SET", "UPDATE a AS a SET")
    one = plain(build(renamed, "postgresql", CATALOGS), {"a_one": "a", "b_one": "b"})
    assert one == plain(build(aliased, "postgresql", CATALOGS))


def test_a_long_flat_condition_takes_no_deep_stack():
    text = "SELECT 1 FROM a WHERE " + " OR ".join(f"id = {n}" for n in range(1400))
    assert len(build(text, "postgresql", CATALOGS).predicates) == 1400
    text = "SELECT 1 FROM a WHERE " + " AND ".join(f"id <> {n}" for n in range(1400))
    assert len(build(text, "postgresql", CATALOGS).predicates) == 1400


def test_a_long_list_is_one_predicate():
    text = f"SELECT 1 FROM a WHERE id IN ({', '.join(map(str, range(5000)))})"
    assert build(text, "postgresql", CATALOGS).predicates[0].list_length == 5000


@pytest.mark.parametrize(
    "piece", ["((", "'", '"', "/*", "--\n", "$$", "(SELECT ", "CASE ", "NOT ", "a,", "{", "`", "\\'", "-", "+ 1 "]
)
def test_repeated_pieces_end_soon(piece: str):
    for engine in ENGINES:
        with pytest.raises(NotAnalysed):
            build("SELECT * FROM a WHERE x = " + piece * 20_000 + " !", engine)
