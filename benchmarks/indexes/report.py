"""The results as Markdown tables.

python -m benchmarks.indexes.report benchmarks/.work/indexes.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
    """A Markdown table; numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|---" + "|---:" * (len(head) - 2) + "|"]
    return [*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows), ""]


def share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def megabytes(value: float | None) -> str:
    return "" if value is None else f"{value / 1e6:.1f}"


def report(results: dict[str, Any]) -> str:
    """Every data set: the answers, then each peer against the product's set of at most its real bytes."""
    lines: list[str] = []
    for found in results["data"]:
        lines += [f"### {found['told']}", "", *_head(found), *_answers(found), *_head_to_head(found), *_goals(found)]
        lines += [f"- not run: {one['tool']}: {one['why']}" for one in found["not run"]]
        lines.append("")
    return "\n".join(lines)


def _head(found: dict[str, Any]) -> list[str]:
    base = found["base seconds"]
    timed = "not timed" if base is None else f"{base:.2f} CPU seconds without any of the indexes"
    lines = [f"{found['queries']} statements, {found['table_bytes'] / 1e6:.0f} MB of tables, {timed}."]
    if found["cut off"]:
        lines.append(
            f"Cut off at the limit under at least one set, and so in no sum but *all*: {', '.join(found['cut off'])}."
        )
    if found["skipped"]:
        lines.append("Left out: " + "; ".join(f"{name} ({why})" for name, why in found["skipped"].items()) + ".")
    return [*lines, ""]


def _answers(found: dict[str, Any]) -> list[str]:
    head = (
        "tool", "told", "indexes", "HypoPG MB", "real MB", "est. HypoPG", "est. built", "est. shadow", "measured",
        "spread", "measured, all", "calls", "CPU s",
    )  # fmt: skip
    rows = []
    for row in found["rows"]:
        if row["against"]:
            continue
        spread = f"{row['spread'][0]:.3f}-{row['spread'][1]:.3f}" if row["spread"] else ""
        rows.append(
            (
                row["tool"], row["asked"], len(row["indexes"]), megabytes(row["hypopg_bytes"]), megabytes(row["bytes"]),
                share(row["hypopg"]), share(row["real"]), share(row["shadow"]), share(row["measured"]), spread,
                share(row["everything"]), row["calls"] or "", f"{row['client_cpu'] + row['server_cpu']:.1f}",
            )
        )  # fmt: skip
    return table(head, rows)


def _head_to_head(found: dict[str, Any]) -> list[str]:
    """Each peer against the product's set of at most its real bytes: chosen by costs, and chosen by times."""
    ours = {(row["tool"], row["against"]): row for row in found["rows"] if row["against"]}
    tools = [tool for tool in ("advisor", "advisor --measure") if any(one == tool for one, _ in ours)]
    if not tools:
        return []
    head = ("peer", "told", "its real MB", "its est. built", "its measured", "its measured, all")
    for tool in tools:
        head = (*head, f"{tool}: MB", "est. built", "measured", "ratio", "measured, all")
    rows = []
    for row in found["rows"]:
        key = f"{row['tool']} {row['asked']}"
        if row["against"] or not any((tool, key) in ours for tool in tools):
            continue
        cells: tuple[Any, ...] = (
            row["tool"], row["asked"], megabytes(row["bytes"]), share(row["real"]), share(row["measured"]),
            share(row["everything"]),
        )  # fmt: skip
        for tool in tools:
            mine = ours.get((tool, key), {})
            ratio = f"{mine['measured'] / row['measured']:.3f}" if row["measured"] and mine.get("measured") else ""
            cells += (
                megabytes(mine.get("bytes")), share(mine.get("real")), share(mine.get("measured")), ratio,
                share(mine.get("everything")),
            )  # fmt: skip
        rows.append(cells)
    timed = [row for row in found["rows"] if row.get("executions")]
    price = [
        f"Chosen by times: {timed[0]['executions']} executions and {timed[0]['seconds']:.0f} s on a copy; {timed[0]['note']}.",
        "",
    ] if timed else []  # fmt: skip
    return ["At most the real bytes of each:", "", *table(head, rows), *price]


def _goals(found: dict[str, Any]) -> list[str]:
    """Budget by budget: the best estimate of any peer, and ours; planner calls against Extend's."""
    ours = [row for row in found["rows"] if row["tool"] == "advisor" and not row["against"]]
    peers = [row for row in found["rows"] if not row["tool"].startswith(("advisor", "none")) and row["budget_bytes"]]
    if not ours or not peers:
        return []
    rows: list[tuple[Any, ...]] = []
    for mine in ours:
        same = [row for row in peers if row["asked"] == mine["asked"]]
        if same:
            best = min(same, key=lambda row: row["real"])
            rows.append(
                (
                    mine["asked"],
                    best["tool"],
                    share(best["real"]),
                    share(mine["real"]),
                    mine["real"] <= best["real"] + 5e-5,
                )
            )
    extend = sum(row["calls"] for row in peers if row["tool"] == "Extend")
    told = f"Planner calls for all budgets: {ours[0]['calls']}, Extend's {extend}."
    return [
        "Same budget, each by its own measure of size:",
        "",
        *table(("budget", "best peer", "its est.", "ours", "no worse"), rows),
        told,
        "",
    ]


if __name__ == "__main__":
    print(report(json.loads(Path(sys.argv[1]).read_text())))
