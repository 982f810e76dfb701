"""The results as Markdown tables.

python -m benchmarks.shadow.report benchmarks/.work/shadow.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_WORDS = {"present": "values", "masked": "masked (default)", "none": "no values"}


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    """A Markdown table; numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return [*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows), ""]


def percent(value: float | None) -> str:
    """A relative error; none is a plain 0."""
    if value is None:
        return "-"
    return "0" if value == 0 else f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def report(results: dict[str, Any]) -> str:
    """All tables."""
    lines = [f"Scale {results['scale']}.", ""]
    majors = results["majors"]
    lines += ["### Sources", ""]
    head = ("source", "database", "MB", "seconds to load")
    lines += table(
        head, [(m["major"], name, s["MB"], s["seconds to load"]) for m in majors for name, s in m["sources"].items()]
    )
    if any("fidelity" in m for m in majors):
        lines += ["### Plans on the source and on its shadow", "", *_fidelity(majors)]
    if any("whatif" in m for m in majors):
        lines += ["### Hypothetical indexes and built ones", "", *_whatif(majors)]
    if any("growth" in m for m in majors):
        lines += ["### Growth by ten", "", *_growth(majors)]
    if any("opening" in m for m in majors):
        lines += ["### Speed", "", *_speed(majors)]
    return "\n".join(lines)


def _fidelity(majors: list[dict[str, Any]]) -> list[str]:
    head = (
        "source",
        "planner",
        "values",
        "database",
        "queries",
        "identical trees",
        "same operators",
        "identical costs",
        "at every node",
        "cost error p50",
        "p90",
        "max",
        "no plan",
    )
    rows: list[tuple[Any, ...]] = []
    for found in majors:
        for row in found.get("fidelity", []):
            start = (found["major"], row["planner"], _WORDS[row["mode"]], row["database"])
            if "failed" in row:
                rows.append((*start, "failed", row["failed"], *[""] * 7))
                continue
            errors = (percent(row.get(f"cost error {name}")) for name in ("p50", "p90", "max"))
            counts = (
                row.get(name)
                for name in (
                    "queries",
                    "identical trees",
                    "same operations",
                    "identical costs",
                    "identical at every node",
                )
            )
            rows.append((*start, *counts, *errors, len(row["no plan"])))
    return table(head, rows)


def _whatif(majors: list[dict[str, Any]]) -> list[str]:
    head = (
        "source",
        "by",
        "indexes",
        "queries",
        "same plan",
        "of those that use it",
        "cost error p50",
        "p90",
        "max",
        "no plan",
    )
    rows = []
    sizes = []
    for found in majors:
        if "whatif" not in found:
            continue
        for by, part in (("shadow", found["whatif"]), ("HypoPG", found["whatif"]["hypopg"])):
            if part is None:
                continue
            used = f"{part['same plan where used']}/{part['used by the real plan']}"
            errors = (percent(part[f"cost error {name}"]) for name in ("p50", "p90", "max"))
            rows.append(
                (
                    found["major"],
                    by,
                    found["whatif"]["candidates"],
                    part["queries"],
                    part["same plan"],
                    used,
                    *errors,
                    part["without a plan"],
                )
            )
            sizes += [
                (
                    found["major"],
                    by,
                    kind,
                    size["indexes"],
                    size["within 10 %"],
                    percent(size["median"]),
                    f"{100 * size['worst']:+.0f} %",
                )
                for kind, size in part["size error"].items()
            ]
    size_head = ("source", "by", "kind", "indexes", "within 10 %", "median error", "worst")
    return [*table(head, rows), *table(size_head, sizes)]


def _growth(majors: list[dict[str, Any]]) -> list[str]:
    head = (
        "source",
        "database",
        "growth",
        "queries",
        "real flips",
        "flagged",
        "exactly right",
        "false alarms",
        "same plan as the real one",
        "cost error p50",
        "p90",
    )
    rows: list[tuple[Any, ...]] = []
    for found in majors:
        for row in found.get("growth", []):
            if "failed" in row:
                rows.append((found["major"], row["database"], row["growth"], row["failed"], *[""] * 7))
                continue
            counts = (
                row[name]
                for name in (
                    "queries",
                    "real flips",
                    "flagged",
                    "exactly right",
                    "false alarms",
                    "same plan as the real one",
                )
            )
            errors = (percent(row[f"cost error {name}"]) for name in ("p50", "p90"))
            rows.append((found["major"], row["database"], row["growth"], *counts, *errors))
    return table(head, rows)


def _speed(majors: list[dict[str, Any]]) -> list[str]:
    opening = [
        (
            m["major"],
            row["tables"],
            row["indexes"],
            ", ".join(map(str, row["cold seconds"])),
            ", ".join(map(str, row["warm seconds"])),
        )
        for m in majors
        for row in m.get("opening", [])
    ]
    answering = [
        (
            m["major"],
            row["database"],
            row["explains"],
            row["explains a second"],
            row["own CPU ms an explain"],
            row["configurations"],
            row["ms a configuration"],
        )
        for m in majors
        for row in m.get("answering", [])
    ]
    return [
        *table(("planner", "tables", "indexes", "cold, s", "warm, s"), opening),
        *table(
            ("planner", "database", "EXPLAINs", "a second", "own CPU, ms each", "configurations", "ms each"), answering
        ),
    ]


if __name__ == "__main__":
    print(report(json.loads(Path(sys.argv[1]).read_text())))
