"""The choice as an integer program, solved exactly by HiGHS: the same for every budget but one row.

Maximise the saving of each statement's atom less the charges of the indexes, where an atom needs all its indexes
(Dash, Polyzotis, Ailamaki: CoPhy, VLDB 2011; the linking rows are aggregated by statement and index). Atoms need no
integrality: with the indexes fixed, taking each statement's best atom whole is an optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import Any

from advisor.model.limits import LIMITS
from advisor.recommend.selection.atoms import Atoms
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.pool import Pool
from advisor.recommend.selection.sets import members

_SCALE = 1000.0
"""The solver's tolerances are absolute: coefficients should be about 1."""
_LARGE = 4000
"""Columns and rows of a program that may take more than a moment."""


@dataclass(frozen=True, slots=True)
class Solution:
    """What the solver chose."""

    indexes: int
    gap: float
    """By which share of the workload's cost its answer may be above the optimum, over these atoms."""


class Program:
    """Built once of some atoms, solved for any number of budgets."""

    def __init__(self, atoms: Atoms, pool: Pool, bounds: Bounds, total: float) -> None:
        """``total``: cost of the workload, objective units; coefficients are shares of it."""
        import numpy as np

        self.atoms = atoms
        self.total = total if total > 0 else 1.0
        pool.price(atoms.useful)
        self.positions = list(members(atoms.useful))
        self._column = {position: number for number, position in enumerate(self.positions)}
        self._plans = [(statement, atom) for statement, each in enumerate(atoms.of) for atom in each]
        width = len(self.positions)
        largest = max((pool.bytes[each] for each in self.positions), default=1)
        self._unit = float(largest)
        costs = [
            (pool.upkeep[each] + bounds.min_benefit) / self.total + 1e-9 * pool.bytes[each] / largest
            for each in self.positions
        ]
        costs += [-atom.saving / self.total for _, atom in self._plans]

        rows: list[tuple[float, list[int], list[float]]] = []
        every = list(range(width))
        rows.append((0.0, every, [pool.bytes[each] / self._unit for each in self.positions]))
        infinite = float("inf")
        rows.append((infinite if bounds.max_indexes is None else float(bounds.max_indexes), every, [1.0] * width))
        if bounds.max_upkeep is not None:
            most = max(bounds.max_upkeep, 1e-12)
            rows.append((1.0, every, [pool.upkeep[each] / most for each in self.positions]))
        if bounds.max_per_table is not None:
            for there in pool.of_table.values():
                columns = [self._column[each] for each in members(there & atoms.useful)]
                if len(columns) > bounds.max_per_table:
                    rows.append((float(bounds.max_per_table), columns, [1.0] * len(columns)))
        number = width
        for each in atoms.of:
            columns = list(range(number, number + len(each)))
            if len(columns) > 1:
                rows.append((1.0, columns, [1.0] * len(columns)))
            needed: dict[int, list[int]] = {}
            for column, atom in zip(columns, each, strict=True):
                for position in members(atom.indexes):
                    needed.setdefault(position, []).append(column)
            for position, using in needed.items():
                rows.append((0.0, [*using, self._column[position]], [1.0] * len(using) + [-1.0]))
            number += len(each)
        self._large = len(costs) + len(rows) > _LARGE
        self._stopped = False
        self._make: Callable[[], Any] = partial(_model, np, [_SCALE * each for each in costs], rows, width)
        self._highs = self._ready()

    def solve(self, budget: int, start: int, seconds: float) -> Solution:
        """The best set of at most so many bytes; ``start`` is one that is known to fit.

        Ended by the time, it is the best found, or ``start``.
        """
        highs = self._highs
        if not self.positions:
            return Solution(0, 0.0)
        if seconds <= 0:
            return Solution(start, 1.0)
        highs.changeRowBounds(0, -highs.inf, budget / self._unit)
        highs.setOptionValue("time_limit", min(seconds, 1e7))
        self._offer(start)
        self._run()
        values = highs.getSolution().col_value
        info = highs.getInfo()
        if len(values) == 0 or info.primal_solution_status != 2:
            return Solution(start, 1.0)
        chosen = 0
        for value, position in zip(values, self.positions, strict=False):
            if value > 0.5:
                chosen |= 1 << position
        value = info.objective_function_value / _SCALE
        gap = max(0.0, value - info.mip_dual_bound / _SCALE)
        # The cost that is bounded is what the workload costs, not what it saves.
        return Solution(chosen, min(1.0, gap / max(1e-9, 1.0 + value)))

    def _run(self) -> None:
        """Solves it; a large program in a thread, so that Ctrl-C is heard while it runs."""
        if not self._large:
            self._highs.run()
            return
        self._stopped = False
        solver = Thread(target=self._highs.run, daemon=True)
        solver.start()
        try:
            while solver.is_alive():
                solver.join(0.2)
        except KeyboardInterrupt:
            self._stopped = True
            solver.join()
            # A solver that was stopped does not start again.
            self._highs = self._ready()
            raise

    def _ready(self) -> Any:
        highs = self._make()
        if self._large:
            highs.cbMipInterrupt += self._heard
        return highs

    def _heard(self, event: Any) -> None:
        if self._stopped:
            event.interrupt()

    def _offer(self, start: int) -> None:
        import highspy

        solution = highspy.HighsSolution()
        values = [1.0 if start >> position & 1 else 0.0 for position in self.positions]
        taken: set[int] = set()
        for statement, atom in self._plans:
            fits = statement not in taken and not atom.indexes & ~start
            if fits:
                taken.add(statement)
            values.append(1.0 if fits else 0.0)
        solution.col_value = values
        self._highs.setSolution(solution)


def _model(np: Any, costs: list[float], rows: list[tuple[float, list[int], list[float]]], width: int) -> Any:
    """A silent solver with the program in it."""
    import highspy

    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("random_seed", 0)
    highs.setOptionValue("mip_rel_gap", 1e-6)
    highs.setOptionValue("mip_abs_gap", _SCALE * LIMITS.selection_solver_gap)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(costs), len(rows)
    lp.col_cost_ = np.array(costs)
    lp.col_lower_ = np.zeros(len(costs))
    lp.col_upper_ = np.ones(len(costs))
    lp.row_lower_ = np.full(len(rows), -highs.inf)
    lp.row_upper_ = np.array([min(most, highs.inf) for most, _, _ in rows])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0] + [len(columns) for _, columns, _ in rows])
    lp.a_matrix_.index_ = np.array([column for _, columns, _ in rows for column in columns], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([value for _, _, values in rows for value in values])
    lp.integrality_ = [highspy.HighsVarType.kInteger] * width + [highspy.HighsVarType.kContinuous] * (
        len(costs) - width
    )
    highs.passModel(lp)
    return highs
