"""Precision and recall of each page on labelled workloads.

python -m benchmarks.insights.score [--only TEXT] [--verbose]
"""

import argparse
import json
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from advisor.api.analysis import analyze
from advisor.model.analysis import Analysis
from advisor.model.finding import Finding
from benchmarks.insights import harder, reads, routes, schedules, sessions, transactions
from benchmarks.insights.world import Said, World

WORLDS: tuple[World, ...] = (
    *reads.WORLDS,
    *transactions.WORLDS,
    *routes.WORLDS,
    *schedules.WORLDS,
    *sessions.WORLDS,
    *harder.WORLDS,
)
RECORDED = Path(__file__).parents[2] / "fixtures/insights/recorded.tar.xz"
PAGES = (*(f"STR{number:03}" for number in (*range(1, 8), *range(21, 25))), "NP1006", "LCK001", "LCK002", "TXN003")


@dataclass
class Tally:
    """Of one page: how often it was right, wrong and missing, and where."""

    hit: int = 0
    false: int = 0
    missed: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of what was told that is right; 1 where nothing was told."""
        return self.hit / max(1, self.hit + self.false) if self.hit + self.false else 1.0

    @property
    def recall(self) -> float:
        """Share of what had to be told that was; 1 where nothing had to be."""
        return self.hit / max(1, self.hit + self.missed) if self.hit + self.missed else 1.0


def judge(tallies: dict[str, Tally], name: str, result: Analysis, must: Sequence[Said], may: Sequence[Said]) -> None:
    """Count the findings of one workload: a finding is right if a label names its page and a part of what it says."""
    told = [(finding.rule, words(finding, result), finding) for finding in result.findings]
    for pages, part in must:
        tally = tallies[pages.partition("/")[0]]
        if any(rule in pages.split("/") and part in text for rule, text, _ in told):
            tally.hit += 1
        else:
            tally.missed += 1
            tally.notes.append(f"missed {name}: {part}")
    for rule, text, finding in told:
        if rule in PAGES and not any(rule in pages.split("/") and part in text for pages, part in (*must, *may)):
            tallies[rule].false += 1
            tallies[rule].notes.append(f"false  {name}: {finding.title} {finding.evidence}")


def words(finding: Finding, result: Analysis) -> str:
    """Everything that a finding names, its statements too."""
    named = {role.fingerprint for role in finding.fingerprints}
    texts = [shape.sql for shape in result.shapes if shape.fingerprint in named]
    return " ".join([finding.title, json.dumps(finding.evidence, default=str), *texts])


def made(only: str = "") -> Iterator[tuple[str, Analysis, World]]:
    """The made-up workloads and what is said of them."""
    with tempfile.TemporaryDirectory() as folder:
        for world in WORLDS:
            if only in world.name:
                path = Path(folder, world.name + ".log")
                path.write_text(world.text())
                yield world.name, analyze([str(path)]), world


def score_recorded(tallies: dict[str, Tally], only: str = "") -> None:
    """Count what is said of the logs that real servers wrote."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(RECORDED) as packed:
        packed.extractall(folder, filter="data")
        for name, label in json.loads(Path(folder, "truth.json").read_text()).items():
            if only in name:
                logs = [str(Path(folder, file)) for file in label["files"]]
                judge(tallies, name, analyze(logs), label["must"], label["may"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name, result, world in made(given.only):
        judge(tallies, name, result, world.must, world.may)
    score_recorded(tallies, given.only)
    print(f"{'page':<8} {'hit':>4} {'false':>5} {'miss':>4}  precision recall")
    for page, tally in sorted(tallies.items()):
        print(
            f"{page:<8} {tally.hit:>4} {tally.false:>5} {tally.missed:>4}  {tally.precision:9.3f} {tally.recall:6.3f}"
        )
        if given.verbose:
            print("".join(f"    {note}\n" for note in tally.notes), end="")


if __name__ == "__main__":
    main()
