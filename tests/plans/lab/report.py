"""Runs the suite on servers and recordings and prints what was right, warned, refused and wrong.

python -m tests.plans.lab.report                       # every major that can be had, two options a case
python -m tests.plans.lab.report --majors 15 18 --all  # every option, every pair of formats
"""

from __future__ import annotations

import argparse
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations
from random import Random

import psycopg

from fixtures.plans import record
from tests import postgresql_majors, servers
from tests.plans.lab import cases, checks, recorder, schema
from tests.plans.lab.checks import Outcome
from tests.plans.lab.recorder import Printed

Pairs = Iterator[tuple[Printed, Printed]]
Pair = tuple[recorder.Format, recorder.Format]
VERDICTS = ("right", "warned", "error", "wrong", "silently wrong")
#: Settings of the servers: enough workers that plans get those they ask for.
SETTINGS = {"autovacuum": "off", "max_worker_processes": "16", "max_parallel_workers": "16"}


#: The six pairs as three halves of four formats each.
_HALVES: tuple[tuple[Pair, Pair], ...] = (
    (("text", "json"), ("yaml", "xml")),
    (("text", "yaml"), ("json", "xml")),
    (("text", "xml"), ("json", "yaml")),
)


def pairs(lab: recorder.Lab, *, everything: bool) -> Pairs:
    """Executions of every case printed twice, and plans of every case in four formats, two by two."""
    for number, case in enumerate(cases.suite(lab.major)):
        for options, formats in _everything() if everything else _some(number):
            yield lab.pair(case, options, formats)
        planned = list(recorder.PLANNED.values())
        for options in planned if everything else [planned[number % len(planned)]]:
            yield from combinations(lab.planned(case, options), 2)


def _everything() -> Iterator[tuple[recorder.Options, Pair]]:
    return ((options, pair) for options in recorder.ANALYZED.values() for pair in recorder.PAIRS)


def _some(number: int) -> Iterator[tuple[recorder.Options, Pair]]:
    """All options at once, with text against each other format; then one of the rest, with four formats. Who prints and
    who logs changes from case to case."""
    first, *rest = recorder.ANALYZED.values()
    asked = [(first, halves[0]) for halves in _HALVES] + [(rest[number % 5], two) for two in _HALVES[number % 3]]
    return ((options, (one, other) if number % 2 else (other, one)) for options, (one, other) in asked)


def of_server(major: int, *, everything: bool) -> Pairs:
    """... on a server of its own."""
    with servers.postgresql(SETTINGS, major) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            schema.create(connection, server.directory)
        lab = recorder.Lab(server.dsn)
        yield from pairs(lab, everything=everything)
        lab.close()


def of_recording(major: int) -> Pairs:
    """... out of fixtures/plans/recorded."""
    for _, texts in record.recorded(major):
        yield from combinations(texts, 2)


class Tally:
    """Counts verdicts and keeps the first examples of each kind of fault."""

    def __init__(self, examples: int = 1) -> None:
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.cases: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = defaultdict(list)
        self._each = examples

    def add(self, row: str, outcome: Outcome, case: str, about: Callable[[], str]) -> None:
        """One more."""
        self.counts[row][outcome.verdict] += 1
        if outcome.messages:
            check = row.split(" ")[-2] if " " in row else row
            kind = f"{outcome.verdict}, {check}: {case}"
            self.cases[kind] += 1
            if len(self.examples[kind]) < self._each:
                lines = "\n        ".join(line[:300] for line in outcome.messages[:3])
                self.examples[kind].append(f"{about()}\n        {lines}")

    def print(self) -> None:
        """As a table, then the cases and examples."""
        print(f"{'':34}" + "".join(f"{verdict:>16}" for verdict in VERDICTS))
        for row, counts in self.counts.items():
            print(f"{row:34}" + "".join(f"{counts[verdict]:16}" for verdict in VERDICTS))
        for kind, times in sorted(self.cases.items()):
            print(f"\n{kind} ({times})")
            for example in self.examples[kind]:
                print("   ", example)


def judged(check: Callable[[], Outcome]) -> Outcome:
    """A crash is an outcome too."""
    try:
        return check()
    except Exception:
        return Outcome("error", [f"CRASH {traceback.format_exc()[-900:]}"])


def single(tally: Tally, printed: Printed, major: int, random: Random, decorations: int) -> None:
    """Metrics, rendering and decorations of one text."""
    try:
        plan = checks.as_given(printed)
    except Exception:
        return
    parts = {"metrics": lambda: list(checks.metrics(plan)), "render": lambda: list(checks.rendered(plan, printed))}
    for name, part in parts.items():
        outcome = judged(lambda part=part: checks.outcome(part(), []))
        tally.add(f"{major} {name} {printed.format}", outcome, printed.case.name, lambda: f"{asked(printed)}")
    for _ in range(decorations):
        outcome = judged(lambda: checks.decorated(plan, printed.text, random))
        tally.add(f"{major} decorated {printed.format}", outcome, printed.case.name, lambda: asked(printed))


def about(one: Printed, other: Printed) -> str:
    """How a pair came about."""
    return f"{asked(one)} / {asked(other)}"


def asked(printed: Printed) -> str:
    """Major, command, format and options of a text."""
    options = {name for name, value in vars(printed.options).items() if value}
    printer = "auto_explain" if printed.logged else "EXPLAIN ANALYZE" if printed.analyzed else "EXPLAIN"
    return f"{printed.major} {printer} {printed.format} {' '.join(sorted(options))}"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--majors", nargs="*", type=int)
    parser.add_argument("--recorded", nargs="*", type=int, default=[])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--direct", action="store_true", help="the readers alone")
    parser.add_argument("--decorations", type=int, default=0)
    parser.add_argument("--examples", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    majors = given.majors if given.majors is not None else postgresql_majors.present()
    sources = [(major, of_server(major, everything=given.all)) for major in majors]
    sources += [(major, of_recording(major)) for major in given.recorded]
    tally, random = Tally(given.examples), Random(given.seed)
    reader = checks.directly if given.direct else checks.as_given
    for major, source in sources:
        began, texts = time.process_time(), 0
        for one, other in source:
            texts += 2
            outcome = judged(lambda one=one, other=other: checks.pair(one, other, reader))
            kind = "executed" if one.analyzed else "planned"
            formats = "/".join(sorted((one.format, other.format)))
            tally.add(
                f"{major} {kind} {formats}", outcome, one.case.name, lambda one=one, other=other: about(one, other)
            )
            if not given.direct:
                for printed in (one, other):
                    single(tally, printed, major, random, given.decorations)
        print(f"{major}: {texts} texts, {time.process_time() - began:.1f} s of CPU")
    tally.print()


if __name__ == "__main__":
    main()
