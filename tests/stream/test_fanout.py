"""Fan-out against a plain loop over the statements; neighbours against their definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.stream_limits import STREAM
from advisor.stream.fanout import fanout


@st.composite
def sequences(draw: st.DrawFn) -> tuple[list[str], list[int], list[bool]]:
    kinds = draw(st.lists(st.sampled_from("PCCCx"), min_size=1, max_size=120))
    cuts = draw(st.lists(st.booleans(), min_size=len(kinds), max_size=len(kinds)))
    held = draw(st.lists(st.booleans(), min_size=len(kinds), max_size=len(kinds)))
    units = np.cumsum([cut and i % 7 == 0 for i, cut in enumerate(cuts)]).tolist()
    return kinds, units, held


def plainly(kinds: list[str], units: list[int], held: list[bool]) -> dict[int, list[int]]:
    """Children of each parent, as the definition says."""
    found: dict[int, list[int]] = {}
    parent = last = -1
    unit = None
    for i, kind in enumerate(kinds):
        if units[i] != unit:
            unit, parent = units[i], -1
        if kind == "P":
            parent = last = i
        elif kind == "C" and parent >= 0:
            if i - last <= (STREAM.held_chain_steps if held[i] else STREAM.chain_steps):
                found.setdefault(parent, []).append(i)
                last = i
            else:
                parent = -1
    return found


@given(sequences())
def test_each_child_goes_to_the_last_parent_of_its_unit(drawn: tuple[list[str], list[int], list[bool]]) -> None:
    kinds, units, held = drawn
    at = {k: np.array([i for i, kind in enumerate(kinds) if kind == k], np.int64) for k in "PC"}
    found = fanout(np.array(units, np.int64), at["P"], at["C"], np.array(held, np.bool_), np.arange(len(units)))
    got = {int(parent): found.children[found.instance == i].tolist() for i, parent in enumerate(found.parent.tolist())}
    assert got == plainly(kinds, units, held)
    assert found.n.tolist() == [len(children) for children in got.values()]
    assert found.first.tolist() == [children[0] for children in got.values()]
    assert found.last.tolist() == [children[-1] for children in got.values()]


@given(sequences())
def test_choosing_instances_keeps_them_whole(drawn: tuple[list[str], list[int], list[bool]]) -> None:
    kinds, units, held = drawn
    at = {k: np.array([i for i, kind in enumerate(kinds) if kind == k], np.int64) for k in "PC"}
    whole = fanout(np.array(units, np.int64), at["P"], at["C"], np.array(held, np.bool_), np.arange(len(units)))
    chosen = whole.only(whole.repeated)
    assert (chosen.n >= 2).all()
    assert len(chosen.children) == int(chosen.n.sum())
    assert np.array_equal(np.bincount(chosen.instance, minlength=len(chosen)), chosen.n)
