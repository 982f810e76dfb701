"""The first lines of a comparison: what was compared, what came out, what limits it."""

from __future__ import annotations

from collections import Counter

from advisor.model.compared import Comparison, ShapeChange, SideReport, Status
from advisor.reports import figures
from advisor.reports.headline import Line, product

#: In the order in which they are told.
_STATUSES: tuple[Status, ...] = ("slower", "faster", "new", "gone", "same", "unclear")
#: Worth a row of the table before all others.
_TOLD = frozenset({"slower", "faster", "new", "gone"})


def lines(result: Comparison) -> list[Line]:
    """Most important first."""
    counts = Counter(shape.status for shape in result.shapes)
    out = [Line("before", _side(result.before)), Line("after", _side(result.after))]
    load = (result.before.seconds_per_hour, result.after.seconds_per_hour)
    if load[0] is not None and load[1] is not None:
        text = f"{figures.seconds(load[0])} of statements an hour before, {figures.seconds(load[1])} after"
        out.append(Line("load", text))
    words = ", ".join(f"{counts[status]:,} {status}" for status in _STATUSES if counts[status])
    out.append(Line("shapes", words or "none"))
    if result.whole.time_ratio != 1:
        out.append(Line("server", f"most shapes take {ratio(result.whole.time_ratio)} the time", warning=True))
    if result.whole.calls_ratio != 1:
        out.append(Line("traffic", f"most shapes are called {ratio(result.whole.calls_ratio)} as often", warning=True))
    for name, side in (("before", result.before), ("after", result.after)):
        if side.capture.complete is False and side.capture.why:
            out.append(Line("capture", f"{name}: {side.capture.why}", warning=True))
    return out + [Line("note", notice, warning=True) for notice in result.notices]


def _side(side: SideReport) -> str:
    names = ", ".join(side.sources[:2]) + (f" and {len(side.sources) - 2} more" if len(side.sources) > 2 else "")
    text = f"{names}: {product(side.engine)}, {figures.count(side.events)} executions"
    if side.window.start and side.window.seconds:
        start = side.window.start.partition(".")[0].replace("T", " ").removesuffix("+00:00")
        text += f", {figures.seconds(side.window.seconds)} from {start}"
    return text


def worth_telling(result: Comparison, top: int) -> list[ShapeChange]:
    """Shapes with news, then those that move the load most; ``top`` of them."""
    news = [shape for shape in result.shapes if shape.status in _TOLD]
    rest = [shape for shape in result.shapes if shape.status not in _TOLD]
    return [*news, *rest][:top]


def ratio(value: float | None) -> str:
    """``1.52x``."""
    if value is None:
        return "-"
    return f"{value:,.0f}x" if value >= 99.5 else f"{value:.3g}x" if value < 0.1 else f"{value:.2f}x"


def interval(low: float | None, high: float | None) -> str:
    """``1.31 to 1.77``."""
    if low is None or high is None:
        return "-"
    return f"{_short(low)} to {_short(high)}"


def _short(value: float) -> str:
    return ">999" if value > 999 else f"{value:,.0f}" if value >= 99.5 else f"{value:.2f}"


def q(value: float | None) -> str:
    """``<0.001``."""
    return "-" if value is None else "<0.001" if value < 0.001 else f"{value:.2g}"
