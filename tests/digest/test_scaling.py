"""A sampled log is scaled up only where that is sound."""

from pathlib import Path

import advisor
from advisor.sources.capture import CaptureEvidence, Observed

SLOW = """# Time: 2026-11-01T10:00:0{n}.000000Z
# User@Host: app[app] @ web [10.0.0.1]  Id: {n}
# Schema: shop  Last_errno: 0  Killed: 0
# Query_time: 0.500000  Lock_time: 0.000000  Rows_sent: 1  Rows_examined: 100  Rows_affected: 0
# Log_slow_rate_type: query  Log_slow_rate_limit: {limit}
SET timestamp=1793527200;
SELECT a FROM t WHERE id = {n};
"""


def log(tmp_path: Path, *limits: int) -> str:
    path = tmp_path / "slow.log"
    path.write_text("".join(SLOW.format(n=n, limit=limit) for n, limit in enumerate(limits)))
    return str(path)


def test_one_rate_limit_throughout_scales_counts_and_times_but_no_extremes(tmp_path: Path) -> None:
    result = advisor.analyze([log(tmp_path, 10, 10, 10)])
    shape = result.shapes[0]
    assert (shape.calls, shape.total_seconds, shape.rows_examined) == (30, 15.0, 3000)
    assert (shape.mean_ms, shape.max_ms) == (500.0, 500.0)
    assert result.workload.events == 30
    assert result.workload.capture.scaled
    assert result.workload.capture.sample_rate == 0.1
    assert "estimates" in result.workload.capture.why


def test_changing_rate_limits_are_not_scaled(tmp_path: Path) -> None:
    result = advisor.analyze([log(tmp_path, 10, 5, 10)])
    assert result.shapes[0].calls == 3
    assert not result.workload.capture.scaled
    assert result.workload.capture.complete is False


def test_a_rate_that_the_user_states(tmp_path: Path) -> None:
    result = advisor.analyze([log(tmp_path, 1, 1)], sample_rate=0.25)
    assert result.shapes[0].calls == 8
    assert result.workload.capture.scaled


def test_a_setting_that_held_for_a_part_of_the_log_scales_nothing() -> None:
    evidence = CaptureEvidence()
    evidence.put("postgresql", "a", Observed(timed=5, settings={"log_statement_sample_rate": ["0.1"]}))
    assert evidence.uniform_rate() is None
