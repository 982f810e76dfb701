"""Worlds that statements are planned in: as captured, with changes, grown; and what each is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from advisor.model.explained import Why
from advisor.model.planning import Configuration, Scale


@dataclass(frozen=True, slots=True)
class World:
    """A configuration and its name in the report."""

    configuration: Configuration
    label: str
    against: int | None = None
    """The world to compare with."""
    why: Why = "indexes"


def worlds(
    *,
    with_index: Sequence[str] = (),
    without_index: Sequence[str] = (),
    settings: Sequence[tuple[str, str]] = (),
    scale: Sequence[Scale] = (),
    days: float | None = None,
) -> list[World]:
    """As captured; with the changes; grown; grown with the changes: each compared with what it differs from."""
    changed = Configuration(add=tuple(with_index), hide=tuple(without_index), settings=tuple(settings))
    out = [World(Configuration(), "as it is")]
    change: Why = "indexes" if with_index or without_index else "settings"
    if changed != Configuration():
        out.append(World(changed, _label(changed), 0, change))
    if scale:
        grown = Configuration(scale=tuple(scale), days=days)
        out.append(World(grown, _growth(scale), 0, "growth"))
        if changed != Configuration():
            both = msgspec.structs.replace(changed, scale=tuple(scale), days=days)
            out.append(World(both, f"{_growth(scale)}, {_label(changed)}", len(out) - 1, change))
    return out


def _label(changed: Configuration) -> str:
    parts = [f"with {_short(index)}" for index in changed.add]
    parts += [f"without {name}" for name in changed.hide]
    parts += [f"{name} = {value}" for name, value in changed.settings]
    return ", ".join(parts)


def _short(index: str) -> str:
    text = " ".join(index.split())
    place = text.upper().find(" ON ")
    return text[place + 1 :] if text.upper().startswith("CREATE ") and place > 0 else text


def _growth(scale: Sequence[Scale]) -> str:
    return ", ".join(f"{'all tables' if one.table == '*' else one.table} x{one.factor:g}" for one in scale)
