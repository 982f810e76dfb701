"""The exact solver, against trying every set."""

import itertools
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.recommend.selection.atoms import Atom, Atoms
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.greedy import greedy
from advisor.recommend.selection.program import Program
from advisor.recommend.selection.sets import of, union

_INDEXES = 7


class _Pool:
    """Prices without definitions."""

    def __init__(self, sizes, upkeep):
        self.bytes = dict(enumerate(sizes))
        self.upkeep = dict(enumerate(upkeep))
        self.of_table = {"a": 0b0001111, "b": 0b1110000}

    def price(self, wanted):
        """They are known."""

    def size(self, wanted):
        return sum(size for position, size in self.bytes.items() if wanted >> position & 1)

    def cost_of_writes(self, wanted):
        return sum(cost for position, cost in self.upkeep.items() if wanted >> position & 1)


def _atoms(of_statements) -> Atoms:
    found = object.__new__(Atoms)
    found.of = [sorted(each, key=lambda atom: -atom.saving) for each in of_statements]
    found.useful = union(atom.indexes for each in of_statements for atom in each)
    return found


instances = st.builds(
    SimpleNamespace,
    atoms=st.lists(
        st.lists(st.builds(Atom, st.integers(1, 2**_INDEXES - 1), st.integers(1, 500).map(float)), max_size=6),
        min_size=1,
        max_size=6,
    ).map(_atoms),
    pool=st.builds(
        _Pool,
        st.lists(st.integers(1, 60), min_size=_INDEXES, max_size=_INDEXES),
        st.lists(st.integers(0, 40).map(float), min_size=_INDEXES, max_size=_INDEXES),
    ),
    bounds=st.builds(
        Bounds,
        st.none() | st.integers(1, 4),
        st.none() | st.integers(1, 2),
        st.none() | st.integers(0, 120).map(float),
        st.integers(0, 60).map(float),
    ),
)


def _value(found, chosen):
    charges = found.pool.cost_of_writes(chosen) + found.bounds.min_benefit * chosen.bit_count()
    return found.atoms.saving(chosen) - charges


@settings(max_examples=150, deadline=None)
@given(instances, st.lists(st.integers(0, 300), min_size=1, max_size=3))
def test_it_is_the_optimum_for_every_budget_of_one_program(found, budgets):
    program = Program(found.atoms, found.pool, found.bounds, 3000.0)
    every = [of(some) for count in range(_INDEXES + 1) for some in itertools.combinations(range(_INDEXES), count)]
    for budget in budgets:
        start = greedy(found.atoms, found.pool, found.bounds, budget, "density")
        for each in (start, greedy(found.atoms, found.pool, found.bounds, budget, "saving")):
            assert found.pool.size(each) <= budget
            assert found.bounds.allow(found.pool, each)
        solution = program.solve(budget, start, 10.0)
        assert found.pool.size(solution.indexes) <= budget
        assert found.bounds.allow(found.pool, solution.indexes)
        fitting = [each for each in every if found.pool.size(each) <= budget and found.bounds.allow(found.pool, each)]
        best = max(_value(found, each) for each in fitting)
        assert abs(_value(found, solution.indexes) - best) < 0.01
        assert solution.gap < 1e-4


def test_without_time_it_is_the_start_and_says_that_nothing_is_proven():
    atoms = _atoms([[Atom(0b1, 10.0)], [Atom(0b10, 20.0)]])
    program = Program(atoms, _Pool([5] * _INDEXES, [0.0] * _INDEXES), Bounds(), 100.0)
    solution = program.solve(100, 0b1, 0.0)
    assert solution.indexes == 0b1
    assert solution.gap == 1.0
