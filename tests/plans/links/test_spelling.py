from __future__ import annotations

import pytest

from advisor.model.engine import EngineName
from advisor.plans.links.expression import expression
from advisor.plans.links.spelling import as_sql


@pytest.mark.parametrize(
    ("engine", "printed", "sql"),
    [
        ("postgresql", "(NOT (hashed SubPlan 1))", "(NOT (SELECT 'SubPlan 1'))"),
        ("postgresql", "(ANY (c.id = (hashed SubPlan 2).col1))", "((c.id = ANY (SELECT 'SubPlan 2')))"),
        ("postgresql", "(total > (InitPlan 1).col1)", "(total > (SELECT 'InitPlan 1'))"),
        ("postgresql", "(total > $0)", "(total > (SELECT 'InitPlan 1'))"),
        ("postgresql", "(total > $7)", "(total > $7)"),
        ("postgresql", "EXISTS(SubPlan 1)", "EXISTS(SELECT 'SubPlan 1')"),
        ("postgresql", "(alternatives: SubPlan 1 or hashed SubPlan 2)", "(SELECT 'SubPlan 1')"),
        ("postgresql", "(name ~~ '(SubPlan 1) !~~'::text)", "(name LIKE '(SubPlan 1) !~~')"),
        ("postgresql", "(name !~~* 'x'::text)", "(name NOT ILIKE 'x')"),
        ("postgresql", "((name)::text ~>=~ 'x'::text)", "(CAST((name) AS TEXT) >= 'x')"),
        ("postgresql", "(a OPERATOR(pg_catalog.=) b)", "(a = b)"),
        ("postgresql", "(a <% 'x'::text)", "(a OPERATOR(<%) 'x')"),
        ("postgresql", "(row_number() OVER (?) <= 3)", "(ROW_NUMBER() OVER () <= 3)"),
        ("postgresql", 'a COLLATE pg_catalog."C"', 'a COLLATE "C"'),
        ("mariadb", "<in_optimizer>(t1.a,<exists>(subquery#2))", "(t1.a IN (SELECT 'subquery 2'))"),
        ("mariadb", "<expr_cache><t1.a>((subquery#2)) > 3", "((SELECT 'subquery 2')) > 3"),
        ("mariadb", "trigcond(trigcond(t2.b is null))", "((t2.b IS NULL))"),
        ("mariadb", "t.a = '<cache>(subquery#2)'", "t.a = '<cache>(subquery#2)'"),
        ("mysql", "(t.a = (select #2))", "(t.a = (SELECT 'subquery 2'))"),
        ("mysql", "<if>(is_not_null_compl(t2), (t2.a = 'x#2'), true)", "((t2.a = 'x#2'))"),
        ("mysql", "(`db`.`t`.`a` = <cache>((5 + 1)))", "(`db`.`t`.`a` = ((5 + 1)))"),
        ("mysql", "match t.a,t.b against ('x')", "MATCH(t.a, t.b) AGAINST('x')"),
        ("mysql", "multiple equal(5, t.a, t.b)", "(5 = t.a AND 5 = t.b)"),
        ("sqlite", "ANY(a) AND b=? AND <expr>>?", 'b = ? AND "<expr>" > ?'),
    ],
)
def test_what_only_explain_prints_becomes_sql(engine: EngineName, printed: str, sql: str) -> None:
    dialects = {"postgresql": "postgres", "sqlite": "sqlite"}
    tree = expression(as_sql(printed, engine, {"$0": "InitPlan 1"}), engine)
    assert tree is not None
    assert tree.sql(dialects.get(engine, "mysql")) == sql
