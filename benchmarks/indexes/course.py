"""One data set from the questions to the judgement."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.indexes import clock, estimate
from benchmarks.indexes.built import Built, plain
from benchmarks.indexes.data.database import DataSet
from benchmarks.indexes.peers.answer import Answer, NotRun

#: Real bytes may exceed what they are held against by this: one page of every index is rounding.
_ROUNDING = 1.002
#: Searches at the same sizes: what the first ones chose has been built when the next one asks for sizes.
_TURNS = 3
#: Answers for sizes, with the bytes of every index that has been built.
Ask = Callable[[Sequence[int], dict[str, int]], Sequence[Answer]]


@dataclass
class Row:
    """One answer, judged."""

    answer: Answer
    bytes: int = 0
    """Really built."""
    hypopg_bytes: int = 0
    hypopg: float | None = None
    """Estimated cost, relative to none of these indexes."""
    real: float | None = None
    """The same, with the set really built."""
    shadow: float | None = None
    measured: float | None = None
    """CPU seconds of all statements that end within the limit whatever the set, relative to none."""
    spread: tuple[float, float] | None = None
    """Least and most of the rounds."""
    everything: float | None = None
    """The same over all statements, those cut off counted with the limit."""
    censored: list[str] = field(default_factory=list)
    against: str = ""
    """Of ours: the answer whose real bytes it was held to."""
    queries: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Per statement: median CPU seconds, and planner cost with the set built."""


class Course:
    """Answers are built, estimated and timed together."""

    def __init__(self, data: DataSet, told: Callable[[str], None], pause: Callable[[], None] = lambda: None) -> None:
        self.data = data
        self.told = told
        self.pause = pause
        self.built = Built(data)
        self.rows: list[Row] = [Row(Answer("none", "", ()))]
        self.not_run: list[NotRun] = []
        self.common: list[str] = []
        self.cut: list[str] = []
        self.built.clear()

    def add(self, answers: Sequence[Answer | NotRun]) -> None:
        """Builds what the answers ask for."""
        for answer in answers:
            if isinstance(answer, NotRun):
                self.not_run.append(answer)
                continue
            self.built.build(answer.indexes, self.pause)
            self.rows.append(Row(answer, self.built.size(answer.indexes)))

    def add_budgets(self, curve: Sequence[Answer], budgets: Sequence[int]) -> None:
        """Of a curve: the set for each budget, by the size that it claims, as everybody's."""
        for value in budgets:
            allowed = self.data.table_bytes * value // 100
            found = [answer for answer in curve if answer.budget_bytes == allowed]
            if found:
                self.built.build(found[0].indexes, self.pause)
                self._place(found[0], f"{value} %", "", allowed)

    @property
    def others(self) -> list[Row]:
        """Rows of other tools."""
        return [row for row in self.rows if row.answer.indexes and not row.answer.tool.startswith("advisor")]

    @property
    def sizes(self) -> list[int]:
        """The real bytes of every other answer."""
        return sorted({row.bytes for row in self.others})

    def add_equal(self, ask: Ask) -> None:
        """For every other answer the product's set of at most its real bytes.

        Sizes are asked for again until each set is within its size as it is built, so that nobody's model of sizes
        decides this comparison.
        """
        fitting: dict[int, list[Answer]] = {}
        for _ in range(_TURNS):
            misfits = 0
            for answer in ask(self.sizes, self.built.bytes):
                self.built.build(answer.indexes, self.pause)
                real = self.built.size(answer.indexes)
                misfits += real > (answer.budget_bytes or 0) * _ROUNDING
                for size in self.sizes:
                    if real <= size * _ROUNDING:
                        fitting.setdefault(size, []).append(answer)
            if not misfits:
                break
        for row in self.others:
            found = fitting.get(row.bytes)
            if found:
                best = min(found, key=lambda answer: (answer.objective, self.built.size(answer.indexes)))
                self._place(best, f"<= {row.bytes / 1e6:.1f} MB", " ".join(row.answer.key), row.bytes)

    def _place(self, found: Answer, asked: str, against: str, allowed: int) -> None:
        answer = Answer(**{**vars(found), "asked": asked, "budget_bytes": allowed})
        self.rows.append(Row(answer, self.built.size(answer.indexes), against=against))

    def estimates(self, planner: Any = None) -> None:
        """By HypoPG, with the set built, and by the shadow if there is one."""
        bases: dict[str, float] = {}
        memory: dict[tuple[str, ...], Row] = {}
        for row in self.rows:
            key = tuple(sorted(set(map(plain, row.answer.indexes))))
            if key in memory:
                same = memory[key]
                row.hypopg, row.real, row.shadow = same.hypopg, same.real, same.shadow
                row.hypopg_bytes, row.answer.extra["plans"] = same.hypopg_bytes, same.answer.extra["plans"]
                continue
            memory[key] = row
            self.built.show(())
            costs, row.hypopg_bytes, refused = estimate.hypothetical(self.data, row.answer.indexes)
            if not refused:
                row.hypopg = estimate.total(self.data, costs) / bases.setdefault(
                    "hypopg", estimate.total(self.data, costs)
                )
            plans = estimate.real(self.built, row.answer.indexes)
            row.answer.extra["plans"] = plans
            found = estimate.total(self.data, [plan.cost for plan in plans])
            row.real = found / bases.setdefault("real", found)
            if planner is not None:
                judged = estimate.shadowed(planner, self.data, row.answer.indexes)
                known = estimate.total(self.data, [cost or 0.0 for cost in judged])
                row.shadow = known / bases.setdefault("shadow", known)
            self.pause()
        self.built.show(())

    def times(self, repeat: int, limit: float) -> None:
        """Measures every plan of every row, then adds up."""
        began = time.monotonic()
        sets = [(row.answer.indexes, row.answer.extra["plans"]) for row in self.rows]
        book = clock.measure(self.built, sets, repeat, limit, self.pause)
        self.built.show(())
        names = [query.name for query in self.data.queries]
        cells = [
            [book[(name, plan.form)] for name, plan in zip(names, row.answer.extra["plans"], strict=True)]
            for row in self.rows
        ]
        cut = {names[column] for line in cells for column, cell in enumerate(line) if cell.censored}
        self.cut = sorted(cut)
        self.common = [name for name in names if name not in cut]
        weights = [query.weight for query in self.data.queries]
        kept = [column for column, name in enumerate(names) if name not in cut]
        base = sum(weights[column] * cells[0][column].median for column in kept)
        whole = sum(weight * cell.median for weight, cell in zip(weights, cells[0], strict=True))
        for row, line in zip(self.rows, cells, strict=True):
            turns = [sum(weights[c] * line[c].seconds[turn] for c in kept) / base for turn in range(repeat)]
            row.measured = sum(weights[c] * line[c].median for c in kept) / base
            row.spread = (min(turns), max(turns))
            row.everything = sum(weight * cell.median for weight, cell in zip(weights, line, strict=True)) / whole
            row.censored = [name for name, cell in zip(names, line, strict=True) if cell.censored]
            row.queries = {
                name: (round(cell.median, 5), plan.cost)
                for name, cell, plan in zip(names, line, row.answer.extra["plans"], strict=True)
            }
        self.base_seconds = base
        self.told(f"{self.data.name}: {len(book)} plans timed {repeat} times in {time.monotonic() - began:.0f} s")

    def result(self) -> dict[str, Any]:
        """Everything, for the JSON file."""
        rows = []
        for row in self.rows:
            answer = {name: value for name, value in vars(row.answer).items() if name != "extra"}
            rows.append({**answer, **{name: value for name, value in vars(row).items() if name != "answer"}})
        return {
            "data": self.data.name,
            "told": self.data.told,
            "queries": len(self.data.queries),
            "skipped": self.data.skipped,
            "table_bytes": self.data.table_bytes,
            "base seconds": getattr(self, "base_seconds", None),
            "cut off": self.cut,
            "rows": rows,
            "not run": [vars(one) for one in self.not_run],
            "sizes": [{"index": text, "bytes": size} for text, size in self.built.bytes.items()],
            "not built": self.built.refused,
        }
