import random

from advisor.model.engine import Engine
from advisor.model.finding import Finding, Role
from advisor.model.remedy import Judgement, Remedy
from advisor.recommend.recommendations import Cost, recommend

ENGINE = Engine("postgresql", "15.4")


def cost(share):
    return Cost(ENGINE, share * 100, share, share * 10)


COSTS = {"a": cost(0.5), "b": cost(0.3), "c": cost(0.1)}


def judged(rule, fingerprints, *remedies):
    finding = Finding(
        rule + "".join(fingerprints), rule, "medium", "likely", "certain", rule, tuple(Role(f) for f in fingerprints)
    )
    return Judgement(finding, remedies)


def index(*columns, **other):
    table = other.pop("table", "t")
    return Remedy(
        "create_index", "postgresql", table, columns, sql=f"CREATE INDEX ON {table} ({', '.join(columns)});", **other
    )


def test_the_same_change_is_recommended_once_and_touches_all_its_shapes():
    findings, found = recommend([judged("X1", "a", index("x")), judged("X2", "ab", index("x"))], COSTS, ENGINE)
    (only,) = found
    assert [finding.remedies for finding in findings] == [("R1",), ("R1",)]
    assert [one.fingerprint for one in only.affects] == ["a", "b"]
    assert (only.touches.share, only.touches.seconds_per_hour) == (0.8, 80)
    assert only.benefit.share is None
    assert only.proof == "static"
    assert only.engine == ENGINE


def test_a_leading_part_is_absorbed_by_the_wider_index():
    findings, found = recommend([judged("X1", "a", index("x")), judged("X2", "b", index("x", "y"))], COSTS, ENGINE)
    (only,) = found
    assert only.columns == ("x", "y")
    assert "(x)" in only.why
    assert {one.fingerprint for one in only.affects} == {"a", "b"}
    assert findings[0].remedies == findings[1].remedies == ("R1",)


def test_what_the_wider_index_does_not_serve_stays():
    pairs = [
        (index("y"), index("x", "y")),
        (index("x", where="z = 1"), index("x", "y")),
        (index("x", method="gin"), index("x", "y")),
        (index("x", table="u"), index("x", "y")),
        (index("x", include=("z",)), index("x", "y")),
        (index("x DESC"), index("x", "y")),
        (Remedy("create_index", "postgresql", "t", ("x",), sql="CREATE UNIQUE INDEX ON t (x);"), index("x", "y")),
        (Remedy("create_index", "mysql", "t", ("x",), sql="ALTER TABLE t ADD INDEX (x);"), index("x", "y")),
        (Remedy("drop_index", "postgresql", "t", ("x",), name="old", sql="DROP INDEX old;"), index("x", "y")),
    ]
    for narrow, wide in pairs:
        _, found = recommend([judged("X1", "a", narrow), judged("X2", "b", wide)], COSTS, ENGINE)
        assert len(found) == 2, narrow


def test_most_time_first_whatever_the_order_of_the_findings():
    given = [
        judged("X1", "c", index("x")),
        judged("X2", "a", index("y")),
        judged("X3", "b", index("z")),
        judged("X4", "?", index("w")),
    ]
    _, expected = recommend(given, COSTS, ENGINE)
    assert [one.columns for one in expected] == [("y",), ("z",), ("x",), ("w",)]
    assert [one.id for one in expected] == ["R1", "R2", "R3", "R4"]
    for seed in range(10):
        shuffled = random.Random(seed).sample(given, len(given))
        findings, found = recommend(shuffled, COSTS, ENGINE)
        assert found == expected
        by_rule = {finding.rule: finding.remedies for finding in findings}
        assert by_rule == {"X1": ("R3",), "X2": ("R1",), "X3": ("R2",), "X4": ("R4",)}


def test_rewrites_without_sql_are_told_apart_by_their_advice():
    one, two = (Remedy("rewrite", None, "t", why=why) for why in ("Compare the bare column.", "Write NOT EXISTS."))
    _, found = recommend([judged("X1", "a", one), judged("X2", "a", two), judged("X3", "b", one)], COSTS, ENGINE)
    assert len(found) == 2
    assert found[0].touches.share == 0.8


def test_without_times_nothing_is_claimed():
    untimed = {"a": Cost(ENGINE, None, None, None)}
    _, (only,) = recommend([judged("X1", "a", index("x"))], untimed, ENGINE)
    assert (only.touches.share, only.touches.seconds_per_hour, only.affects[0].ms_before) == (None, None, None)


def test_a_change_without_shapes_is_for_the_engine_it_names():
    drop = Remedy("drop_index", "mysql", "t", name="old", sql="DROP INDEX old ON t;")
    _, (only,) = recommend([judged("X1", "", drop)], COSTS, ENGINE)
    assert only.engine == Engine("mysql")
    _, (only,) = recommend([judged("X1", "", drop)], COSTS, Engine("mysql", "8.0.36"))
    assert only.engine == Engine("mysql", "8.0.36")
