import advisor
from advisor.reports.json import render

LINE = "2026-01-01 10:0{minute}:00.000 UTC [7] app@shop LOG:  duration: {ms}.000 ms  statement: {sql}\n"


def analysed(tmp_path, lines, **options):
    (tmp_path / "a.log").write_text("".join(LINE.format(minute=m, ms=ms, sql=sql) for m, ms, sql in lines))
    return advisor.analyze(tmp_path / "a.log", **options)


def test_literals_are_out_unless_asked_for(tmp_path):
    lines = [(m, 100, f"SELECT id FROM person WHERE name = 'Ada-{m}' AND born = 1815 -- for 'Ada'") for m in range(5)]
    hidden = analysed(tmp_path, lines)
    assert "Ada" not in render(hidden)
    assert "1815" not in render(hidden)
    assert hidden.shapes[0].sample.redacted
    shown = analysed(tmp_path, lines, show_literals=True)
    assert "Ada-" in (shown.shapes[0].sample.sql or "")
    assert not shown.shapes[0].sample.redacted


def test_times_and_shares(tmp_path):
    result = analysed(
        tmp_path, [(m, ms, "SELECT 1 FROM a") for m, ms in enumerate((100, 200, 300))] + [(4, 400, "SELECT 1 FROM b")]
    )
    first, second = result.shapes
    assert (first.calls, first.total_seconds, first.share) == (3, 0.6, 0.6)
    assert (first.mean_ms, first.min_ms, first.max_ms) == (200, 100, 300)
    assert (second.mean_ms, second.share) == (400, 0.4)
    assert first.tables == ("a",)
    assert result.window.start == "2026-01-01T09:59:59.900000+00:00"
    assert result.workload.total_seconds == 1.0
    assert first.rows_examined is None  # PostgreSQL does not log it: not known is not zero


def test_a_shape_without_a_graph_says_why(tmp_path):
    result = analysed(tmp_path, [(1, 100, "SELECT FROM WHERE ((")])
    (shape,) = result.shapes
    assert not shape.analysed
    assert shape.not_analysed
    assert sum(result.workload.not_analysed.values()) == 1
    assert result.workload.analysed_shapes == 0


def test_engines_that_differ_give_none_at_the_top(tmp_path):
    (tmp_path / "a.log").write_text(LINE.format(minute=1, ms=1, sql="SELECT 1 FROM a") * 3)
    (tmp_path / "slow.log").write_text("# Time: 2026-01-01T10:00:00.000000Z\n# User@Host: a[a] @ h [] Id: 1\n"
        "# Query_time: 0.5  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 9\nSET timestamp=1767261600;\nSELECT 1 FROM a;\n")  # fmt: skip
    result = advisor.analyze([tmp_path / "a.log", tmp_path / "slow.log"])
    assert result.engine is None
    assert {shape.engine.name for shape in result.shapes} >= {"postgresql"}
    assert len(result.shapes) == 2
