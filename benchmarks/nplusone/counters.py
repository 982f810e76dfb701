"""Repetitions found from counters alone, scored on recorded scenarios.

    python -m benchmarks.nplusone.counters FOLDER [--possible] [--names] [-v]

FOLDER holds truth.json, the counters (`*.pgss.json`, `*.digest.json`) and schema_pg.sql, schema_my.sql. One table
row for each engine and kind of statement, each scenario by its own counters, then with the counters of all scenarios of
a driver added up (dilution). A finding is a hit when one of its child statements is reported as likely (with
``--possible``: at all); any other reported statement is false. ``--names`` leaves the schema away.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.api.analysis import digest
from advisor.catalog.ddl.file import read_ddl
from advisor.graphs import NotAnalysed, QueryGraph, build
from advisor.model.catalog import Catalog
from advisor.model.shape import ShapeSummary
from advisor.stream.counters import detect
from advisor.stream.links import Links

_ENDINGS = {"pg": ".pgss.json", "my": ".digest.json"}
_WRITES = frozenset({"update_per_row", "insert_per_row", "delete_per_row", "select_insert", "get_or_create"})


@dataclass
class Score:
    """Hits, false reports and misses, and negatives that came out clean."""

    hits: int = 0
    false: int = 0
    missed: int = 0
    clean: int = 0
    negatives: int = 0
    notes: list[str] = field(default_factory=list)

    def row(self, name: str) -> str:
        """A row of the table."""
        precision = self.hits / max(1, self.hits + self.false)
        recall = self.hits / max(1, self.hits + self.missed)
        clean = f"{self.clean}/{self.negatives}" if self.negatives else "-"
        return f"| {name} | {self.hits} | {self.false} | {self.missed} | {precision:.3f} | {recall:.3f} | {clean} |"


def canon(sql: str) -> str:
    """A statement's text without literals, quotes, comments and white space."""
    text = re.sub(r"/\*.*?\*/|--[^\n]*", " ", sql.lower(), flags=re.DOTALL).replace("`", "").replace('"', "")
    text = re.sub(r"'(?:[^']|'')*'", "?", text)
    text = re.sub(r"\b(true|false|null)\b", "?", text)
    text = re.sub(r"%s|%\(\w+\)s|\$\d+|:p\d+|\b\d+(\.\d+)?(e[+-]?\d+)?\b", "?", text)
    text = re.sub(r"\?::[a-z]+( varying| precision| with(out)? time zone)?", "?", text)
    text = re.sub(r"\(\s*\?(\s*,\s*\?)*\s*\)|\(\?\+\)|\(\.\.\.\)", "(?)", text)
    return re.sub(r"[\s;]+", "", text)


def reported(files: Sequence[Path], catalogs: Sequence[Catalog], possible: bool) -> dict[str, str]:
    """Kind of repetition by the child's canonical text."""
    files = [file for file in files if file.stat().st_size > len("[]\n")]  # a server may have kept nothing
    if not files:
        return {}
    shapes = digest([str(file) for file in files]).shapes()
    links = Links(graphs_of(shapes, catalogs), catalogs)
    by_name = {shape.fingerprint: shape for shape in shapes}
    return {
        canon(by_name[one.child].sql): one.kind for one in detect(shapes, links) if possible or one.tier == "likely"
    }


def graphs_of(shapes: Iterable[ShapeSummary], catalogs: Sequence[Catalog]) -> dict[str, QueryGraph]:
    """Query graphs by fingerprint, from samples where they parse."""
    graphs = {}
    for shape in shapes:
        samples = [sample.sql for sample in (shape.slowest, shape.typical) if sample is not None and not sample.cut]
        for text in [*samples[:1], shape.sql]:
            try:
                graphs[shape.fingerprint] = build(text, shape.engine.name, catalogs)
            except NotAnalysed:
                continue
            break
    return graphs


def score(
    findings: Sequence[Mapping[str, Any]], found: Mapping[str, str], writes: bool, into: Score, name: str
) -> None:
    """Adds one set of counters to a score."""
    allowed: set[str] = set()
    seen: set[frozenset[str]] = set()
    for finding in findings:
        children = frozenset({canon(text) for text in finding["child_fps"]} | {canon(finding.get("child_sql") or "")})
        allowed |= children
        if (finding["kind"] in _WRITES) != writes or children in seen:
            continue
        seen.add(children)
        if children & found.keys():
            into.hits += 1
        elif not finding.get("optional"):
            into.missed += 1
            into.notes.append(f"missed: {name} {finding['kind']} {(finding.get('child_sql') or '')[:90]!r}")
    for text, kind in found.items():
        if text not in allowed and (kind in _WRITES) == writes:
            into.false += 1
            into.notes.append(f"false: {name} {kind} {text[:100]}")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--possible", action="store_true", help="count what is reported as possible too")
    parser.add_argument("--names", action="store_true", help="without the schema")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was missed and what is false")
    given = parser.parse_args()
    scenarios = json.loads((given.folder / "truth.json").read_text())["scenarios"]
    print("| counters | hits | false | missed | precision | recall | clean negatives |\n|---|---|---|---|---|---|---|")
    for engine, name in (("pg", "pg_stat_statements"), ("my", "performance_schema")):
        of_engine = [s for s in scenarios if s["engine"] == engine and _file(given.folder, s).exists()]
        schema = given.folder / f"schema_{engine}.sql"
        catalogs = (
            []
            if given.names
            else [read_ddl(schema.read_text(), str(schema), "postgresql" if engine == "pg" else "mysql")]
        )
        scores = {key: Score() for key in ("selects", "writes", "selects, all scenarios of a driver", "writes, same")}
        for scenario in of_engine:
            found = reported([_file(given.folder, scenario)], catalogs, given.possible)
            before = scores["selects"].false + scores["writes"].false
            score(scenario["findings"], found, False, scores["selects"], scenario["scenario"])
            score(scenario["findings"], found, True, scores["writes"], scenario["scenario"])
            if scenario["label"] == "negative":
                scores["selects"].negatives += 1
                scores["selects"].clean += before == scores["selects"].false + scores["writes"].false
        for driver in sorted({s["driver"] for s in of_engine}):
            group = [s for s in of_engine if s["driver"] == driver]
            found = reported([_file(given.folder, s) for s in group], catalogs, given.possible)
            findings = [finding for s in group for finding in s["findings"]]
            score(findings, found, False, scores["selects, all scenarios of a driver"], driver)
            score(findings, found, True, scores["writes, same"], driver)
        for key, one in scores.items():
            print(one.row(f"{name}: {key}"))
            if given.verbose:
                print("\n".join(one.notes))


def _file(folder: Path, scenario: Mapping[str, Any]) -> Path:
    return folder / f"{scenario['scenario']}{_ENDINGS[scenario['engine']]}"


if __name__ == "__main__":
    main()
