"""The results of `python -m benchmarks.digest` as the Markdown table that docs/benchmarks.md shows.

python -m benchmarks.table benchmarks/.work/digest.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_COLUMNS = ("log", "MB", "advisor", "advisor, pure Python", "peer", "ratio", "pure ratio", "`wc -l`")


def table(results: dict[str, Any]) -> str:
    """CPU seconds and peak MB of each run, then the further measurements."""
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for run in results["runs"]:
        ours = f"{run['ours_cpu']} s, {run['ours_peak_mb']} MB"
        pure = f"{run['pure_cpu']} s, {run['pure_peak_mb']} MB"
        peer = f"{run['peer']} {run['peer_cpu']} s, {run['peer_peak_mb']} MB" if "peer" in run else "not installed"
        ratio, pure_ratio = (f"{run[name]}x" if name in run else "" for name in ("ratio", "pure_ratio"))
        cells = (run["kind"], f"{run['MB']:g}", ours, pure, peer, ratio, pure_ratio, f"{run['wc_cpu']} s")
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    for more in results["more"]:
        lines.append("- " + ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in more.items()))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(json.loads(Path(sys.argv[1]).read_text())))
