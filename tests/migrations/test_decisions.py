"""Comments and baselines: what counts, what does not, and what is said of it."""

from __future__ import annotations

import pytest

from advisor.migrations.decisions import Accepted, Baseline, baseline_of, decided, read_baseline
from advisor.migrations.reading import script_of
from advisor.model.errors import UserError
from advisor.model.finding import Finding, Location, Related
from advisor.model.migration import Ignore, Script

TEXT = """CREATE TABLE a (id int);
-- advisor: ignore MIG001 built at night
CREATE INDEX a_id ON a (id);
CREATE INDEX a_id2 ON a (id);
"""


def finding(line: int, rule: str = "MIG001", file: str = "m.sql") -> Finding:
    return Finding(
        id=f"{rule}{line}", rule=rule, severity="high", confidence="likely", certainty="certain", title="t",
        location=Location(file, line),
    )  # fmt: skip


def script(text: str = TEXT) -> Script:
    return script_of(text, "m.sql", engine="postgresql")


def test_a_comment_is_about_its_statement_and_its_rule() -> None:
    findings = [finding(3), finding(4), finding(3, "MIG010")]
    kept, ignored, said = decided(findings, [script()], None)
    assert [one.id for one in kept] == ["MIG0014", "MIG0103"]
    assert [(one.finding.id, one.by, one.reason) for one in ignored] == [("MIG0013", "comment", "built at night")]
    assert said == []


def test_a_comment_that_meets_nothing_is_said() -> None:
    _, _, said = decided([finding(4)], [script()], None)
    assert said == ["m.sql:2: ignore MIG001: there is no such finding here; remove the comment"]


def test_a_branch_does_not_decide_about_itself() -> None:
    kept, ignored, said = decided([finding(3)], [script()], None, comments=False)
    assert len(kept) == 1
    assert ignored == []
    assert "it counts all the same" in said[0]


def test_of_a_file() -> None:
    text = "-- advisor: ignore-file MIG001 a table of ten rows\n" + TEXT
    kept, ignored, _ = decided([finding(4), finding(5)], [script(text)], None)
    assert kept == []
    assert len(ignored) == 2


def test_a_reason_is_asked_for() -> None:
    text = TEXT.replace(" built at night", "")
    _, ignored, said = decided([finding(3)], [script(text)], None)
    assert len(ignored) == 1
    assert "give a reason" in said[0]


def test_baseline_there_and_back() -> None:
    findings = [finding(3), finding(4)]
    baseline = read_baseline(baseline_of(findings), "b.json")
    kept, ignored, said = decided([*findings, finding(9)], [script("SELECT 1;")], baseline)
    assert [one.id for one in kept] == ["MIG0019"]
    assert {one.by for one in ignored} == {"baseline"}
    assert said == []


def test_what_is_gone_from_the_baseline_is_said() -> None:
    baseline = Baseline(findings=(Accepted("MIG0013"), Accepted("gone")))
    _, _, said = decided([finding(3)], [script("SELECT 1;")], baseline)
    assert said == ["1 finding of the baseline: not in these migrations"]


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other/1"}', '{"findings": [{"rule": "x"}]}', '{"more": 1}'])
def test_what_is_no_baseline(text: str) -> None:
    with pytest.raises(UserError, match=r"baseline b\.json"):
        read_baseline(text, "b.json")


@pytest.mark.long
def test_many_comments_are_looked_up() -> None:
    from time import process_time

    scripts = [
        Script(
            file="m.sql",
            tool="sql",
            name="a",
            statements=(),
            ignores=tuple(
                Ignore(file="m.sql", line=n, rules=("MIG010",), reason="r", statement_line=n) for n in range(20_000)
            ),
        )
    ]
    began = process_time()
    kept, _, _ = decided([finding(n) for n in range(2_000)], scripts, None)
    assert len(kept) == 2_000
    assert process_time() - began < 2.0


def test_a_baseline_that_is_written_anew_keeps_its_reasons() -> None:
    _, ignored, _ = decided([finding(3)], [script()], None)
    told = read_baseline(baseline_of([finding(4)], ignored), "b.json")
    assert [(one.id, one.reason) for one in told.findings] == [("MIG0014", ""), ("MIG0013", "built at night")]


def several(role: str) -> Finding:
    import msgspec

    return msgspec.structs.replace(finding(3), related=(Related("m.sql", 4, role),))  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["lock", "alike"])
def test_a_finding_about_several_statements_is_decided_when_each_is(role: str) -> None:
    kept, ignored, said = decided([several(role)], [script()], None)
    assert len(kept) == 1
    assert ignored == []
    assert said == [
        "m.sql:2: ignore MIG001: it counts all the same: the comment for it is missing at line 4 (or use ignore-file)"
    ]
    both = TEXT.replace("CREATE INDEX a_id2", "/* advisor: ignore MIG001 too */ CREATE INDEX a_id2")
    kept, ignored, said = decided([several(role)], [script(both)], None)
    assert kept == []
    assert said == []
    kept, _, _ = decided([several(role)], [script("-- advisor: ignore-file MIG001 all\n" + TEXT)], None)
    assert kept == []


def test_work_under_a_lock_is_decided_where_the_lock_is_taken() -> None:
    kept, ignored, said = decided([several("work")], [script()], None)
    assert kept == []
    assert len(ignored) == 1
    harmless = TEXT.replace("-- advisor: ignore MIG001 built at night\n", "")
    harmless = "\n" + harmless.replace("CREATE INDEX a_id2", "/* advisor: ignore MIG001 no */ CREATE INDEX a_id2")
    kept, _, said = decided([several("work")], [script(harmless)], None)
    assert len(kept) == 1
    assert "it counts all the same: the comment for it is missing at line 3" in said[0]
