"""Precision and recall on labelled, recorded scenarios: ours beside the rules of other tools.

    python -m benchmarks.nplusone.score FOLDER... [--no-schema] [--no-tags] [--suffix .log] [--only TEXT] [--verbose]

Each FOLDER has truth.json, the logs and schema_*.sql. A labelled finding is hit when one of its child statements is
reported as confirmed or likely; any other reported statement is false. Statements are compared by text without
literals, quotes, comments and white space. These are the rules of the acceptance.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from advisor.api.analysis import digest
from advisor.catalog.ddl.file import read_ddl
from advisor.digest.sequence import Rows
from advisor.graphs import NotAnalysed, build
from advisor.model.shape import ShapeSummary
from advisor.stream.detection import candidates, detect
from advisor.stream.links.links import Links
from benchmarks.nplusone.rules import consecutive, repeats


@dataclass
class Tally:
    """Hits and misses of one detector."""

    hit: int = 0
    false: int = 0
    missed: int = 0
    clean: int = 0
    negatives: int = 0
    notes: list[str] = field(default_factory=list)

    def line(self, name: str) -> str:
        """One row of the table."""
        precision = self.hit / max(1, self.hit + self.false)
        recall = self.hit / max(1, self.hit + self.missed)
        return (
            f"{name:<34} {self.hit:>4} {self.false:>4} {self.missed:>4}   {precision:.3f}  {recall:.3f}   "
            f"{self.clean}/{self.negatives}"
        )


def canon(sql: str) -> str:
    """A statement's text as labels compare it."""
    text = re.sub(r"/\*.*?\*/|--[^\n]*", " ", sql.lower(), flags=re.S).replace("`", "").replace('"', "")
    text = re.sub(r"'(?:[^']|'')*'", "?", text)
    text = re.sub(r"%s|\$\d+|:p\d+|\b\d+(\.\d+)?(e[+-]?\d+)?\b", "?", text)
    text = re.sub(r"\?(::[a-z ]+)", "?", text)
    text = re.sub(r"\(\s*\?(\s*,\s*\?)*\s*\)|\(\?\+\)|\(\.\.\.\)", "(?)", text)
    return re.sub(r"[\s;]+", "", text)


def log_of(scenario: dict[str, Any], suffix: str | None) -> str | None:
    """The scenario's log that is read."""
    files: list[str] = scenario["files"]
    if suffix is not None:
        return next((f for f in files if f.endswith(suffix)), None)
    first = [f for f in files if f.endswith((".csv", ".slow"))] or [f for f in files if f.endswith(".log")]
    return first[0] if first else None


def ours(rows: Rows, shapes: list[ShapeSummary], catalogs: list[Any], verbose: bool = False) -> dict[str, str]:
    """Fingerprints that ours reports as children, confirmed or likely, each with its surest tier."""
    wanted = candidates(rows)
    graphs = {}
    for shape in shapes:
        if shape.fingerprint in wanted:
            sample = shape.typical or shape.slowest
            try:
                graphs[shape.fingerprint] = build(
                    sample.sql if sample is not None else shape.sql, shape.engine.name, catalogs
                )
            except NotAnalysed:
                continue
    report = detect(rows, Links(graphs, catalogs), shapes)
    if verbose:
        texts = {shape.fingerprint: shape.sql for shape in shapes}
        for each in report.repetitions:
            print("   ", each.tier, each.kind, each.boundary, each.score, f"{each.instances}x{each.n_median:g}")
            print("        ", " ".join(texts[each.child].split())[:120])
            print("        <-", " ".join(texts[each.parent].split())[:110] if each.parent else None, each.reasons)
    # the surest come first
    return {each.child: each.tier for each in reversed(report.repetitions) if each.tier != "possible"}


def score(tally: Tally, scenario: dict[str, Any], reported: set[str]) -> None:
    """Count one scenario's hits, misses and false findings."""
    allowed: set[str] = set()
    for finding in scenario["findings"]:
        child = {canon(c) for c in finding["child_fps"]} | {canon(finding.get("child_sql") or "")}
        allowed |= child
        if child & reported:
            tally.hit += 1
        elif not finding.get("optional"):
            tally.missed += 1
            tally.notes.append(f"missed {scenario['scenario']} {finding['kind']}")
    wrong = reported - allowed
    tally.false += len(wrong)
    tally.notes += [f"false {scenario['scenario']} {text[:100]}" for text in sorted(wrong)]
    if scenario["label"] == "negative":
        tally.negatives += 1
        tally.clean += not wrong


def untagged(rows: Rows) -> Rows:
    """The same events, as if no statement had carried a tag."""
    nothing = np.zeros(len(rows["session"]), np.uint64)
    return {**rows, "trace": nothing, "route": nothing}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--no-schema", action="store_true")
    parser.add_argument("--no-tags", action="store_true")
    parser.add_argument("--suffix", help="which of a scenario's logs: .csv, .log, .slow")
    parser.add_argument("--only", default="", help="scenarios whose name holds this")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--groups", action="store_true", help="ours, by driver, and families from the worst on")
    given = parser.parse_args()
    scenarios = [
        (folder, each)
        for folder in given.folders
        for each in json.loads((folder / "truth.json").read_text())["scenarios"]
    ]
    catalogs: dict[Path, list[Any]] = {}
    totals: dict[str, Tally] = defaultdict(Tally)
    groups: dict[str, Tally] = defaultdict(Tally)
    by_tier: dict[str, Tally] = defaultdict(Tally)
    for folder, scenario in scenarios:
        name = scenario["scenario"]
        log = log_of(scenario, given.suffix)
        if scenario["label"] == "hard" or given.only not in name or log is None:
            continue
        path = folder / f"schema_{scenario['engine']}.sql"
        if path not in catalogs:
            catalogs[path] = [] if given.no_schema else [read_ddl(path.read_text(), path.name)]
        whole = digest([folder / log])
        rows, shapes = whole.sequence_rows(), whole.shapes()
        if given.no_tags:
            rows = untagged(rows)
        if given.verbose:
            print(name, scenario["label"])
        texts = {shape.fingerprint: canon(shape.sql) for shape in shapes}
        found = {
            "ours": set(tiers := ours(rows, shapes, catalogs[path], given.verbose)),
            "5 times in a session or trace": repeats(rows),
            "5 times in a row": consecutive(rows),
        }
        for rule, reported in found.items():
            score(totals[rule], scenario, {texts[fingerprint] for fingerprint in reported if fingerprint in texts})
        mine = {texts[fingerprint] for fingerprint in found["ours"]}
        labelled = {canon(c) for f in scenario["findings"] for c in [*f["child_fps"], f.get("child_sql") or ""]}
        for tier in ("confirmed", "likely"):
            said = {texts[fingerprint] for fingerprint, told in tiers.items() if told == tier}
            by_tier[tier].hit += len(said & labelled)
            by_tier[tier].false += len(said - labelled)
            by_tier[tier].clean += scenario["label"] == "negative" and not said
            by_tier[tier].negatives += scenario["label"] == "negative"
        family = scenario.get("family") or name.split("_", 2)[-1].replace("tag_", "")
        for group in (f"driver: {scenario.get('driver') or '?'}", f"family: {family}"):
            score(groups[group], scenario, mine)
    print(f"{'rule':<34} {'hit':>4} {'false':>4} {'missed':>4}  precision recall  clean negatives")
    for rule, tally in totals.items():
        print(tally.line(rule))
    print("statements that ours reports, by tier")
    for tier, tally in by_tier.items():
        print(tally.line(f"  {tier}"))
    # nothing is fitted to a group, so that leaving one out leaves the other rows as they are
    worst = sorted(groups.items(), key=lambda g: (g[0][:6], -g[1].false - g[1].missed, g[0]))
    for group, tally in worst if given.groups else ():
        if group.startswith("driver") or tally.false or tally.missed:
            print(tally.line(f"  {group}"))
    if given.groups:
        clean = sum(not (tally.false or tally.missed) for group, tally in worst if group.startswith("family"))
        print(f"  {clean} further families without an error")
    print("\n".join(totals["ours"].notes))


if __name__ == "__main__":
    main()
