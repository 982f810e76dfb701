"""The search: look at every statement once, choose for every size, judge, look around what was chosen, choose again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from advisor.model.indexing import Candidate, IndexDefinition
from advisor.model.limits import LIMITS
from advisor.recommend.selection.archive import Archive, Entry
from advisor.recommend.selection.atoms import Atoms
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.budgets import grid
from advisor.recommend.selection.clock import Clock, OutOfTime
from advisor.recommend.selection.context import around, trim
from advisor.recommend.selection.greedy import greedy
from advisor.recommend.selection.lockstep import together
from advisor.recommend.selection.oracle import Oracle
from advisor.recommend.selection.peeling import peel_all
from advisor.recommend.selection.program import Program
from advisor.recommend.selection.sets import members, of, singles, union

#: Proposes candidates like those of a set: wider, narrower, merged.
Widen = Callable[[Sequence[IndexDefinition]], Sequence[Candidate]]
#: Hears what is being done and the share of it that is done.
Progress = Callable[[str, float], None]


class Search:
    """One run. `look`, `choose` and `check` are called in turn; each can be cut short and leaves what it found."""

    def __init__(
        self,
        oracle: Oracle,
        bounds: Bounds,
        clock: Clock,
        budgets: Sequence[int] | None,
        also: Sequence[int],
        widen: Widen | None,
        progress: Progress,
    ) -> None:
        self.oracle = oracle
        self.pool = oracle.pool
        self.bounds = bounds
        self.clock = clock
        self.widen = widen
        self.progress = progress
        self.archive = Archive(oracle, bounds)
        self.budgets = None if budgets is None else sorted({max(0, int(each)) for each in budgets})
        self.also = [max(0, int(each)) for each in also]
        self.gap: float | None = None
        self.total = 0.0
        self._widened = False
        self._spent = 0
        """Statements planned for looking around."""
        self._looked: set[tuple[int, int, int]] = set()

    # ------------------------------------------------------------------ steps
    def begin(self) -> None:
        """The workload without any candidate: nothing can be said before it."""
        with self.clock.stopped():
            self.oracle.ask((number, 0) for number in range(len(self.oracle.statements)))
        self.archive.add(0)
        self.total = self.archive.best(0).cost

    def look(self) -> None:
        """Every statement's own best indexes."""
        self.oracle.prepare()
        together(
            self.oracle,
            peel_all(self.oracle, self._worth),
            lambda share: self.progress("asking the planner about candidates", share),
        )

    def choose(self) -> None:
        """Sets for every size, until looking around them changes nothing."""
        depth, known = 1, -1
        for turn in range(LIMITS.selection_turns):
            self.progress("choosing indexes", turn / LIMITS.selection_turns)
            atoms = Atoms(self.oracle)
            self.pool.price(atoms.useful)
            if not atoms.useful:
                return
            if self.oracle.calls != known:
                self._judge(self._solve(atoms, turn))
            assert self.budgets is not None
            best = zip(self.archive.best_of_all(self.budgets), self.budgets, strict=True)
            sets = [(each.indexes, budget) for each, budget in best]
            new = [each for each in sets if (*each, depth) not in self._looked]
            if not new:
                depth += 1
                new = sets
            if depth > LIMITS.selection_depth or self._allowance <= 0:
                return
            known = self.oracle.calls
            self.progress("looking around the chosen sets", turn / LIMITS.selection_turns)
            self._look_around(new, atoms, depth, first=turn == 0)

    def check(self) -> list[Entry]:
        """The best set of every budget, each judged whole by the planner, not inferred."""
        budgets = self.budgets if self.budgets is not None else [0]
        for _ in range(3):
            best = self.archive.best_of_all(budgets)
            self.progress("checking the chosen sets", 0.5)
            before = self.oracle.calls
            statements = range(len(self.oracle.statements))
            sets = list(dict.fromkeys(each.indexes for each in best))
            self.oracle.ask(((number, each) for each in sets for number in statements), anew=True)
            if self.oracle.calls == before:
                break
            self.archive.judge_again()
        return self.archive.best_of_all(budgets)

    # ------------------------------------------------------------------ inside
    @property
    def _worth(self) -> float:
        """Objective units that are worth a question."""
        return max(LIMITS.selection_worth * self.total, LIMITS.selection_worth_of_benefit * self.bounds.min_benefit)

    def _solve(self, atoms: Atoms, turn: int) -> list[int]:
        """The solver's sets, and at first the greedy ones."""
        program = Program(atoms, self.pool, self.bounds, self.total)
        sets: list[int] = []
        if self.budgets is None:
            whole = program.solve(self.pool.size(atoms.useful), 0, self._seconds(1)).indexes
            self.budgets = sorted({*grid(self.pool, atoms, whole), *self.also})
        gap = 0.0
        previous = 0
        for number, budget in enumerate(self.budgets):
            starts = [previous, self.archive.best(budget).indexes & atoms.useful]
            if turn == 0:
                starts += [greedy(atoms, self.pool, self.bounds, budget, rank) for rank in ("density", "saving")]
            start = max(starts, key=lambda each: atoms.saving(each) - self._charges(each))
            solution = program.solve(budget, start, self._seconds(len(self.budgets) - number))
            previous = solution.indexes
            gap = max(gap, solution.gap)
            sets.append(previous)
            self.clock.check()
        self.gap = gap
        return [each for each in dict.fromkeys(sets) if each]

    def _charges(self, chosen: int) -> float:
        return self.pool.cost_of_writes(chosen) + self.bounds.min_benefit * chosen.bit_count()

    def _seconds(self, parts: int) -> float:
        """For the next of so many runs of the solver."""
        return min(LIMITS.selection_solver_seconds, self.clock.left / (2 * parts))

    def _judge(self, sets: Sequence[int]) -> None:
        """Takes sets into the archive, and what is left of them without the indexes that are not worth having."""
        for each in together(self.oracle, [trim(self.oracle, each, self.bounds) for each in sets]):
            self.archive.add(each)

    def _look_around(self, sets: Sequence[tuple[int, int]], atoms: Atoms, depth: int, *, first: bool) -> None:
        """What has most at stake first, as long as questions are left.

        The first turn has half of them and looks at what plans have used: new variants would crowd that out.
        """
        fresh = 0 if first else self._variants([each for each, _ in sets], atoms)
        useful = self._offered(atoms, fresh | union(each for each, _ in sets), depth)
        self._looked.update((*each, depth) for each in sets)
        inquiries = [
            inquiry
            for each, budget in dict.fromkeys(sets)
            for inquiry in around(self.oracle, each, budget, useful, self._worth, depth)
        ]
        inquiries.sort(key=lambda pair: -pair[0])
        kept = self._allowance // 2 if first else 0
        start = 0
        while start < len(inquiries) and self._allowance > kept:
            # An inquiry asks about three questions: the last of them end where the allowance does.
            some = max(1, min(LIMITS.selection_inquiries, (self._allowance - kept) // (3 * self.oracle.samples)))
            before = self.oracle.calls
            together(self.oracle, [inquiry for _, inquiry in inquiries[start : start + some]])
            self._spent += self.oracle.calls - before
            start += some

    @property
    def _allowance(self) -> int:
        """Statements that may still be planned for looking around."""
        most = LIMITS.selection_calls + LIMITS.selection_calls_per_statement * len(self.oracle.statements)
        return most * self.oracle.samples - self._spent

    def _offered(self, atoms: Atoms, chosen: int, depth: int) -> list[int]:
        """For each statement: what its plans have used and what is chosen for others; deeper, what others' plans have
        used, and at last everything.
        """
        more = self._with_narrow(chosen if depth == 1 else atoms.useful | chosen)
        return [
            (self._with_narrow(union(atom.indexes for atom in each)) | more) & seen | (likely if depth > 2 else 0)
            for each, seen, likely in zip(atoms.of, self.oracle.visible, self.oracle.likely, strict=True)
        ]

    def _with_narrow(self, useful: int) -> int:
        """... and what they begin with: a narrow index fits where a wide one does not."""
        return (useful | union(self.pool.narrowest(one) for one in singles(useful))) & ~self.pool.refused

    def _variants(self, sets: Sequence[int], atoms: Atoms) -> int:
        """New candidates around what was chosen and saves most, once."""
        new = union(sets)
        if self.widen is None or not new or self._widened:
            return 0
        self._widened = True
        saved = dict.fromkeys(members(new), 0.0)
        for each in atoms.of:
            best = next((atom for atom in each if not atom.indexes & ~new), None)
            for position in members(best.indexes) if best is not None else ():
                saved[position] += best.saving if best is not None else 0.0
        foremost = sorted(saved, key=lambda position: (-saved[position], position))[: LIMITS.selection_variants_of]
        fresh = self.pool.add(self.widen(self.pool.indexes(of(foremost))))
        if fresh:
            self.oracle.look_again()
        return fresh


def run(search: Search) -> tuple[list[Entry], bool]:
    """All steps; whether they came to their end. The time's end and Ctrl-C cut a step short, not the answer."""
    complete = True
    search.begin()
    for step, share in ((search.look, 0.5), (search.choose, 0.9)):
        try:
            with search.clock.until(share):
                step()
        except OutOfTime:
            complete = False
        except KeyboardInterrupt:
            complete = False
            search.clock.end_within(LIMITS.selection_grace_seconds)
    try:
        return search.check(), complete
    except (OutOfTime, KeyboardInterrupt):
        return search.archive.best_of_all(search.budgets or [0]), False
