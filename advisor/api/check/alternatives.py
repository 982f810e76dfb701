"""What to run instead of each statement that blocks or fails, itself checked in the place of the statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from advisor.api.check.forms import with_forms
from advisor.api.check.schema import captured
from advisor.api.check.wishes import CheckWishes
from advisor.model.check import Alternative, Verdict
from advisor.model.engine import Engine
from advisor.model.errors import UserError
from advisor.model.migration import Change, History, Script
from advisor.model.migration_limits import MIGRATION

if TYPE_CHECKING:
    from advisor.api.catalogs import Given
    from advisor.migrations.assess import Assessed
    from advisor.migrations.impact import TableSizes

_ASKED = ("fails", "blocking")


def alternatives(
    assessed: Sequence[Assessed],
    own: Given | None,
    engine: Engine,
    history: History,
    wishes: CheckWishes,
    wanted: frozenset[int],
) -> dict[int, Alternative | str]:
    """By the number of the statement; a text: there is none, and why. ``wanted`` are those that findings are about.

    All are proven in one more run: each in the place of its statement, after what came before it.
    """
    from advisor.alternatives import answer

    found: dict[int, Alternative] = {}
    none: dict[int, str] = {}
    for number, one in enumerate(assessed):
        if number not in wanted or len(found) >= MIGRATION.alternatives:
            continue
        reading = _Reading(one, [*_base(own, history), *_until(assessed, number)], engine, own)
        catalog = own.catalog if own else None
        before = tuple(change for other in assessed[:number] for change in other.outcome.changes)
        written = answer(one.statement.sql, one.outcome, one.verdict, engine, catalog, reading, before)
        if isinstance(written, str):
            none[number] = written
        elif written is not None:
            found[number] = written
    return {**with_forms(_proven(found, assessed, own, engine, history, wishes), assessed, engine), **none}


def _base(own: Given | None, history: History) -> tuple[Script, ...]:
    """Earlier migrations, where nothing else gives the schema."""
    return () if own is not None else history.base


class _Reading:
    """Judges a statement (of several the last) by text and schema at one place of a migration."""

    def __init__(self, one: Assessed, before: list[Script], engine: Engine, own: Given | None) -> None:
        self._engine = engine
        self._catalog = own.catalog if own else None
        self._before = before
        self._sizes = _sizes(own)
        self._file = one.statement.file

    def __call__(self, sql: str) -> tuple[tuple[Change, ...], Verdict]:
        from advisor.migrations.reading import script_of
        from advisor.migrations.static import foretell
        from advisor.migrations.verdict import verdict

        script = script_of(sql, self._file, engine=self._engine.name)
        outcomes = foretell([script], self._catalog, self._engine, base=self._before).outcomes
        if not outcomes:
            return (), "unknown"
        return outcomes[-1].changes, verdict(outcomes[-1], self._sizes)


def _until(assessed: Sequence[Assessed], number: int) -> list[Script]:
    """The migrations up to a statement, without it."""
    scripts: list[Script] = []
    for one in assessed[:number]:
        if scripts and scripts[-1].file == one.script.file and scripts[-1].name == one.script.name:
            scripts[-1] = msgspec.structs.replace(scripts[-1], statements=(*scripts[-1].statements, one.statement))
        else:
            scripts.append(msgspec.structs.replace(one.script, statements=(one.statement,)))
    return scripts


def _proven(
    found: dict[int, Alternative],
    assessed: Sequence[Assessed],
    own: Given | None,
    engine: Engine,
    history: History,
    wishes: CheckWishes,
) -> dict[int, Alternative]:
    """Each with what came of checking it: the migrations run once more, with the alternatives in their places.

    One that does not pass there is tried again alone: it may only have stumbled over another.
    """
    tried = _tried({n: one for n, one in found.items() if one.steps}, assessed, own, engine, history, wishes)
    doubtful = [n for n, one in tried.items() if one.passes is False]
    if len(tried) > 1:
        for number in doubtful[: MIGRATION.alternatives_retried]:
            tried |= _tried({number: found[number]}, assessed, own, engine, history, wishes)
    return found | tried


def _tried(
    found: dict[int, Alternative],
    assessed: Sequence[Assessed],
    own: Given | None,
    engine: Engine,
    history: History,
    wishes: CheckWishes,
) -> dict[int, Alternative]:
    from advisor.alternatives.carrying import is_carrying
    from advisor.api.check.outcomes import outcomes_of
    from advisor.migrations.verdict import verdict

    if not found:
        return {}
    scripts: list[Script] = []
    owners: list[int] = []
    for number, one in enumerate(assessed):
        if number in found:
            steps = _steps(found[number], one, engine)
            scripts += steps
            owners += [number for step in steps for _ in step.statements]
        elif number <= max(found):
            scripts.append(msgspec.structs.replace(one.script, statements=(one.statement,)))
            owners.append(-1)
    joined = _joined(scripts)
    try:
        known = outcomes_of(joined, _base(own, history), engine, own, wishes)
    except UserError as error:
        return {n: msgspec.structs.replace(one, passes=None, why=str(error)) for n, one in found.items()}
    sizes = _sizes(own)
    lines = [statement for script in joined for statement in script.statements]
    out = {n: msgspec.structs.replace(one, passes=True) for n, one in found.items()}
    for owner, statement, outcome in zip(owners, lines, known.outcomes, strict=True):
        word = "safe" if owner >= 0 and is_carrying(statement.sql) and not outcome.failure else verdict(outcome, sizes)
        if owner >= 0 and out[owner].passes and (word in _ASKED or word == "unknown"):
            why = outcome.failure.message if outcome.failure else "others wait while it works"
            text = " ".join(statement.sql.split())[:120]
            passes = None if word == "unknown" else False
            out[owner] = msgspec.structs.replace(out[owner], passes=passes, why=f"{text}: {why}")
    return out


def _steps(alternative: Alternative, one: Assessed, engine: Engine) -> list[Script]:
    """The steps as migrations. A value that only the user knows stands as NULL."""
    from advisor.migrations.reading import script_of

    found = []
    for number, step in enumerate(alternative.steps, 1):
        text = ";\n".join(sql.rstrip().rstrip(";") for sql in step.sql) + ";"
        found.append(
            script_of(
                text.replace(":value", "NULL"),
                f"{one.statement.file} (instead of line {one.statement.line}, step {number})",
                engine=engine.name,
                transactions="file" if step.transaction else "statement",
            )
        )
    return found


def _joined(scripts: list[Script]) -> list[Script]:
    """Neighbours of one migration are one script again: their transactions go through them."""
    out: list[Script] = []
    for script in scripts:
        if out and out[-1].file == script.file and out[-1].name == script.name:
            out[-1] = msgspec.structs.replace(out[-1], statements=(*out[-1].statements, *script.statements))
        else:
            out.append(script)
    return out


def _sizes(own: Given | None) -> TableSizes:
    from advisor.migrations.impact import sizes_of

    return sizes_of(own.catalog if own else None, captured(own))
