"""Patterns match what they say, in any order of what commutes, and nothing else."""

from __future__ import annotations

import pytest
import sqlglot

from advisor.handbook.pattern import PatternError, compiled, find


def found(pattern: str, sql: str, dialect: str = "postgres") -> list[dict[str, str]]:
    tree = sqlglot.parse_one(sql, read=dialect)
    return [
        {name: node.sql() for name, node in match.bindings.items()} for _, match in find({"p": compiled(pattern)}, tree)
    ]


@pytest.mark.parametrize(
    ("pattern", "sql", "bindings"),
    [
        (
            "$X NOT IN (SELECT $Y FROM $T)",
            "SELECT 1 FROM a WHERE a.x NOT IN (SELECT b.y FROM b WHERE b.z > 1)",
            {"X": "a.x", "Y": "b.y", "T": "b"},
        ),
        ("$X = 0", "SELECT 1 FROM a WHERE 0 = f(a.x)", {"X": "F(a.x)"}),
        ("$X < $Y", "SELECT 1 FROM a WHERE a.x > 7", {"X": "7", "Y": "a.x"}),
        ("$X >= 1", "SELECT 1 FROM a WHERE 1 <= a.x", {"X": "a.x"}),
        ("$X = $X", "SELECT 1 FROM a WHERE a.x = a.x", {"X": "a.x"}),
        ("$X = 1 AND $Y = 2", "SELECT 1 FROM a WHERE b = 2 AND c > 3 AND a = 1", {"X": "a", "Y": "b"}),
        ("$X = 1 OR $X = 2", "SELECT 1 FROM a WHERE (a.x = 2 OR a.x = 1)", {"X": "a.x"}),
        ("SELECT COUNT(*) FROM $T WHERE $X = 5", "SELECT COUNT(*) FROM t WHERE y > 3 AND x = 5", {"T": "t", "X": "x"}),
        ("lower($X) LIKE $Y", "SELECT 1 FROM a WHERE LOWER(n) LIKE 'x%'", {"X": "n", "Y": "'x%'"}),
    ],
)
def test_matches(pattern, sql, bindings):
    assert bindings in found(pattern, sql)


@pytest.mark.parametrize(
    ("pattern", "sql"),
    [
        ("$X NOT IN (SELECT $Y FROM $T)", "SELECT 1 FROM a WHERE a.x IN (SELECT b.y FROM b)"),
        ("$X NOT IN (SELECT $Y FROM $T)", "SELECT 1 FROM a WHERE a.x NOT IN (1, 2)"),
        ("$X NOT IN (SELECT $Y FROM $T)", "SELECT 1 FROM a WHERE a.x NOT IN (SELECT y FROM (SELECT 1 AS y) s)"),
        ("$X = $X", "SELECT 1 FROM a WHERE a.x = a.y"),
        ("$X < $Y", "SELECT 1 FROM a WHERE a.x <= 7"),
        ("$X = 1 OR $X = 2", "SELECT 1 FROM a WHERE a.x = 2 OR a.x = 1 OR a.x = 3"),
        ("COUNT($X) > 0", "SELECT 1 FROM a GROUP BY b HAVING COUNT(*) > 0"),
        ("COUNT($X) > 0", "SELECT 1 FROM a GROUP BY b HAVING COUNT(DISTINCT c) > 0"),
        ("$X = 1 AND $Y = 1", "SELECT 1 FROM a WHERE x = 1"),
    ],
)
def test_does_not_match(pattern, sql):
    assert found(pattern, sql) == []


def test_alternatives_share_their_variables():
    pattern = compiled("COUNT(*) > $N;\nCOUNT($X) > $N")
    assert pattern.variables == ("N", "X")
    tree = sqlglot.parse_one("SELECT 1 FROM a GROUP BY b HAVING COUNT(c) > 3")
    (match,) = [match for _, match in find({"p": pattern}, tree)]
    assert {name: node.sql() for name, node in match.bindings.items()} == {"N": "3", "X": "c"}


@pytest.mark.parametrize("text", ["", "$X", "SELECT FROM WHERE", "$X, $Y", "((("])
def test_what_is_no_pattern(text):
    with pytest.raises(PatternError):
        compiled(text)


def test_a_long_and_does_not_run_away():
    """Machine-written conditions: the number of tries at one node is bounded."""
    conditions = " AND ".join(f"c{n} = {n}" for n in range(400))
    pattern = " AND ".join(f"$V{n} = 9999" for n in range(6))
    assert found(pattern, f"SELECT 1 FROM a WHERE {conditions}") == []


def test_a_page_uses_its_matches(page_with, facts):
    handbook = page_with(
        ("## Detect", "## Pattern\n\n```sql\n$X NOT IN (SELECT $Y FROM $T)\n```\n\n## Detect"),
        (
            "SELECT r.fingerprint, r.table_name, s.calls FROM table_ref AS r JOIN shape AS s USING (fingerprint)\nWHERE r.table_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM predicate AS p WHERE p.ref_id = r.ref_id)",
            "SELECT m.fingerprint, r.table_name, m.x_name AS column_name, m.y AS inner, 1 AS calls FROM match AS m JOIN table_ref AS r ON r.scope_id = m.t_scope",
        ),
    )
    assert handbook.problems == []
    from advisor.handbook import judge

    (judgement,) = judge(handbook.pages, facts).judgements
    assert judgement.finding.tables == ("customers",)
    assert judgement.finding.evidence["column_name"] == "customer_id"
