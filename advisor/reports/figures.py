"""Numbers as people read them."""

from __future__ import annotations


def seconds(value: float | None) -> str:
    """A duration, three significant digits: ``412 us``, ``3.2 ms``, ``14.1 s``, ``2 h 05 min``. Unknown is a dash."""
    if value is None:
        return "-"
    if value < 0:
        return "-" + seconds(-value)
    if value == 0:
        return "0 s"
    for factor, unit in ((1e6, "us"), (1e3, "ms")):
        if value * factor < 999.5:
            return f"{value * factor:.3g} {unit}"
    if value < 119.5:
        return f"{value:.3g} s"
    if value < 570:
        return f"{value / 60:.2g} min"
    minutes = round(value / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 72:
        return f"{hours} h {minutes:02d} min"
    return f"{hours / 24:.1f} days"


def milliseconds(value: float | None) -> str:
    """The same for a value in milliseconds."""
    return "-" if value is None else seconds(value / 1000)


def share(value: float | None) -> str:
    """A share of 1 as a percentage: never ``0 %`` for something, never ``100 %`` for less than all."""
    if value is None:
        return "-"
    if 0 < value < 0.001:
        return "<0.1 %"
    if 0.9995 <= value < 1:
        return ">99.9 %"
    return f"{value * 100:.1f} %" if value < 0.9995 else "100 %"


def count(value: int | None) -> str:
    """A count with thousands separated."""
    return "-" if value is None else f"{value:,}"


def size(value: int | None) -> str:
    """Bytes in decimal units (1 kB = 1000 bytes)."""
    if value is None:
        return "-"
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(amount) < 999.5:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} TB"


def bar(value: float, largest: float, width: int = 12) -> str:
    """A bar of eighths: ``value`` out of ``largest`` over ``width`` cells. Anything above zero shows."""
    if largest <= 0 or value <= 0:
        return ""
    eighths = max(1, round(value / largest * width * 8))
    full, rest = divmod(min(eighths, width * 8), 8)
    return "█" * full + ("" if rest == 0 else " ▏▎▍▌▋▊▉"[rest])


def quantity(value: float) -> str:
    """Rows, loops, costs: ``0.4``, ``17``, ``98,400``, ``1.2 M``."""
    size = abs(value)
    if size < 10 and value != round(value):
        return f"{value:.2g}"
    if size < 99_999.5:
        return f"{value:,.0f}"
    for limit, factor, unit in ((999.5e3, 1e3, "k"), (999.5e6, 1e6, "M"), (999.5e9, 1e9, "G")):
        if size < limit:
            return f"{value / factor:.3g} {unit}"
    return f"{value:.2e}"


def ratio(value: float) -> str:
    """How many times as much: ``1.04``, ``1.7``, ``17``, ``1,058``."""
    return f"{value:.3g}" if value < 10 else f"{value:,.0f}"
