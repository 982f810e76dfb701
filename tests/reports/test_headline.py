import msgspec
import pytest

from advisor.model.analysis import Window
from advisor.model.capture import Capture
from advisor.model.engine import Engine
from advisor.model.stream import Pooling, StreamReport
from advisor.reports import headline


def said(result):
    return {line.label: line for line in headline.lines(result)}


def changed(result, **workload):
    return msgspec.structs.replace(result, workload=msgspec.structs.replace(result.workload, **workload))


def test_an_ordinary_log(shop):
    lines = said(shop)
    assert list(lines)[:4] == ["read", "workload", "time", "capture"]
    assert "100 % of the lines understood" in lines["read"].text
    assert f"{shop.workload.events:,} executions of {shop.workload.shapes} shapes" in lines["workload"].text
    assert not any(line.warning for line in lines.values())


def test_the_advice_touches_the_time_of_the_shapes_that_findings_name(shop):
    named = {role.fingerprint for finding in shop.findings for role in finding.fingerprints}
    seconds = sum(shape.total_seconds for shape in shop.shapes if shape.fingerprint in named)
    assert headline.touched_share(shop) == pytest.approx(seconds / shop.workload.total_seconds)
    assert headline.touched_share(changed(shop, total_seconds=0.0)) is None
    assert "advice" not in said(msgspec.structs.replace(shop, findings=()))


@pytest.mark.parametrize("complete", [None, False])
def test_what_the_log_hid_is_a_warning(shop, complete):
    line = said(changed(shop, capture=Capture(complete, 100.0, why="nothing faster than 100 ms is here")))["capture"]
    assert line.warning
    assert line.text == "nothing faster than 100 ms is here"


def test_limits_are_warnings(shop):
    lines = said(changed(shop, untimed_events=9, shapes_beyond_cap=1234, not_analysed={"too long": 2, "cut": 7}))
    assert lines["untimed"].text.startswith("9 executions")
    assert "1,234" in lines["cap"].text
    assert lines["unknown"].text == "9 shapes not analysed (mostly: cut, 7)"
    assert all(lines[label].warning for label in ("untimed", "cap", "unknown"))


def test_a_single_moment_has_no_rate(shop):
    result = msgspec.structs.replace(shop, window=Window("2026-01-01T10:00:00.5+00:00", "2026-01-01T10:00:00.5+00:00"))
    lines = said(result)
    assert "busy" not in lines["time"].text
    assert "2026-01-01 10:00:00 UTC" in lines["workload"].text


def test_product():
    assert headline.product(None) == "several engines"
    assert headline.product(Engine("mariadb", "10.11.6")) == "MariaDB 10.11.6"
    assert headline.product(Engine("postgresql")) == "PostgreSQL"


@pytest.mark.parametrize(("complete", "doubted"), [(True, False), (None, True), (False, True)])
def test_a_sample_looks_like_shared_sessions(shop, complete, doubted):
    pool = Pooling("shop", "app", None, 900, 30, 0.2, statement_level=True)
    stream = StreamReport(events=900, sampled_share=1.0, units={"session": 30}, pooling=(pool,))
    line = said(msgspec.structs.replace(changed(shop, capture=Capture(complete)), stream=stream))["pooling"]
    assert line.warning
    assert line.text.startswith("app@shop: clients share server sessions")
    assert ("keeps only some statements" in line.text) == doubted
