"""What FORMAT TEXT prints below the nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from advisor.plans.postgresql.render.text_packed import buffers, io_timings

Keys = Mapping[str, Any]


def footer(keys: Keys, *, small: bool = False) -> Iterator[str]:
    """Lines of all keys that stand beside the plan, but for the query's. Deeper ones begin with blanks.

    ``small``: times are called `Planning time` and `Execution time`, as until 10.
    """
    for name, value in keys.items():
        if name in ("Query Text", "Query Parameters"):
            continue
        if name == "Settings":
            if value:
                yield f"Settings: {', '.join(_setting(parameter, text) for parameter, text in value.items())}"
        elif name == "Planning":
            lines = [*_resources(value)]
            if lines:
                yield "Planning:"
                yield from lines
        elif name == "Triggers":
            for trigger in value:
                yield _trigger(trigger)
        elif name == "JIT":
            yield "JIT:"
            for label, part in value.items():
                yield f"  {label}: {_jit(label, part)}"
        elif name == "Serialization":
            time = f"time={value['Time']:.3f} ms  " if "Time" in value else ""
            yield f"Serialization: {time}output={value.get('Output Volume', 0)}kB  format={value.get('Format', 'text')}"
            yield from _resources(value)
        elif isinstance(value, float):
            label = name.replace(" T", " t") if small else name
            yield f"{'Total runtime' if name == 'Total Runtime' else label}: {value:.3f} ms"
        elif not isinstance(value, dict | list):
            yield f"{name}: {value}"


def _setting(name: str, value: str | None) -> str:
    return f"{name} = NULL" if value is None else f"{name} = '{value}'"


def _resources(keys: Keys) -> Iterator[str]:
    for line in (*buffers(keys), *io_timings(keys)):
        yield f"  {line}"
    if "Memory Used" in keys:
        yield f"  Memory: used={keys['Memory Used']}kB  allocated={keys.get('Memory Allocated', 0)}kB"


def _trigger(keys: Keys) -> str:
    line = "Trigger"
    if "Trigger Name" in keys:
        line += f" {keys['Trigger Name']}"
    if "Constraint Name" in keys:
        line += f" for constraint {keys['Constraint Name']}"
    if "Relation" in keys:
        line += f" on {keys['Relation']}"
    time = f"time={keys['Time']:.3f} " if "Time" in keys else ""
    return f"{line}: {time}calls={keys.get('Calls', 0)}"


def _jit(label: str, value: Any) -> str:
    if label == "Options" and isinstance(value, dict):
        return ", ".join(f"{name} {str(state).lower()}" for name, state in value.items())
    if label == "Timing" and isinstance(value, dict):
        return ", ".join(f"{name} {_timing(time)}" for name, time in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.3f} ms" if isinstance(value, float) else str(value)


def _timing(value: Any) -> str:
    if not isinstance(value, dict):
        return f"{value:.3f} ms"
    inner = ", ".join(f"{name} {time:.3f} ms" for name, time in value.items() if name != "Total")
    return f"{value.get('Total', 0):.3f} ms ({inner})" if inner else f"{value.get('Total', 0):.3f} ms"
