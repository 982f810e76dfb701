"""EXPLAIN of statements that nobody has vouched for, on a throwaway server: many in one go, each alone in its message.

Statements go by the extended protocol, pipelined: the server parses every one by itself and refuses a second in the
same text; options of EXPLAIN stand in parentheses before it, so that no text adds ANALYZE to them. All are planned in
one transaction that is rolled back, each between two savepoints: an error ends that statement only. Plans stay text
until somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.model.plan import Plan
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.brief import Brief, read_brief
from advisor.planners.postgresql.parameters import Asked
from advisor.planners.postgresql.pipeline import Message, run
from advisor.planners.postgresql.switch import Switch
from advisor.planners.postgresql.whatif import World

if TYPE_CHECKING:
    import psycopg

_EXPLAIN = b"EXPLAIN (FORMAT JSON) "
_VERBOSE = b"EXPLAIN (FORMAT JSON, VERBOSE) "
_NAME = b"advisor_asked"
_BEGIN = (Message(b"BEGIN"),)
_SAVEPOINT = Message(b"SAVEPOINT advisor_explain")
_BACK = Message(b"ROLLBACK TO SAVEPOINT advisor_explain")
_GENERIC = Message(b"SET LOCAL plan_cache_mode = force_generic_plan")
_FORGET = Message(b"DEALLOCATE ALL")
_END = Message(b"ROLLBACK")
#: Statements on their way at a time: enough to hide the way, few enough to stop soon after an interruption.
_BATCH = 64


@dataclass(frozen=True)
class Explained:
    """What the server said of one statement."""

    text: str | None
    """The plan as JSON."""
    error: str | None = None
    """The server's words, in one line."""

    @cached_property
    def brief(self) -> Brief | None:
        """Cost, rows and the names of indexes."""
        return None if self.text is None else read_brief(self.text)

    def plan(self) -> Plan | None:
        """The plan, read anew each time: whoever asks may change it."""
        return None if self.text is None else plan_of(self.text)


def plan_of(text: str) -> Plan:
    """The plan of EXPLAIN (FORMAT JSON). Raises PlanError."""
    from advisor.plans.read import read

    return read(text, engine="postgresql").plans[0]


class Explainer:
    """Asks the sessions of one shadow."""

    def __init__(self, switch: Switch, end: Callable[[int], None], seconds: float) -> None:
        """``end`` ends the session of a process from outside; ``seconds`` bound each statement."""
        self.switch = switch
        self.end = end
        self.seconds = seconds

    def explain(
        self, connection: psycopg.Connection[Any], world: World, asked: Sequence[Asked], *, verbose: bool = False
    ) -> list[Explained]:
        """One answer a statement, in order, and nothing is left in the session. ``verbose``: with schemas.

        Raises psycopg.Error when the session is lost, and PlannerError for a world that cannot be had.
        """
        found: list[Explained] = []
        for start in range(0, len(asked), _BATCH):
            found += self._batch(connection, world, asked[start : start + _BATCH], _VERBOSE if verbose else _EXPLAIN)
        return found

    def put(self, connection: psycopg.Connection[Any], world: World) -> None:
        """The world is as it says when this returns. Raises as `explain` does."""
        switched = self.switch.to(world.shown, world.hidden)
        if switched:
            (outcome,) = run(connection, [switched], self.seconds, lambda: self.end(connection.info.backend_pid))
            if outcome.error is not None:
                raise PlannerError(f"this configuration cannot be had: {outcome.error}")
            self.switch.done()

    def _batch(
        self, connection: psycopg.Connection[Any], world: World, asked: Sequence[Asked], how: bytes
    ) -> list[Explained]:
        switched = self.switch.to(world.shown, world.hidden)
        groups: list[Sequence[Message]] = [switched] if switched else []
        groups += [_BEGIN, (self._settings(world), _SAVEPOINT)]
        first = len(groups)
        undo: tuple[Message, ...] = ()
        for each in asked:
            groups.append((*undo, *_asking(each, how)))
            undo = (_BACK, _FORGET) if each.generic else (_BACK,)
        groups.append((_END, *undo[1:]))
        limit = 3 * self.seconds + 0.1 * len(asked)
        outcomes = run(connection, groups, limit, lambda: self.end(connection.info.backend_pid))
        if switched and outcomes[0].error is None:
            self.switch.done()
        for outcome in outcomes[:first]:
            if outcome.error is not None:
                raise PlannerError(f"this configuration cannot be had: {outcome.error}")
        return [
            Explained(one.text, one.error or (None if one.text is not None else "the server returned no plan"))
            for one in outcomes[first:-1]
        ]

    def _settings(self, world: World) -> Message:
        """Settings for the rest of the transaction."""
        settings = {"statement_timeout": f"{int(self.seconds * 1000)}ms", **dict(world.settings)}
        calls = ", ".join(f"set_config(${2 * n + 1}, ${2 * n + 2}, true)" for n in range(len(settings)))
        return Message(f"SELECT {calls}".encode(), [word.encode() for pair in settings.items() for word in pair])


def _asking(asked: Asked, how: bytes) -> tuple[Message, ...]:
    if not asked.generic:
        return (Message(how + asked.sql, asked.values),)
    values = b"(" + b", ".join([b"NULL"] * asked.parameter_count) + b")" if asked.parameter_count else b""
    return (
        _GENERIC,
        Message(b"PREPARE " + _NAME + b" AS " + asked.sql),
        Message(how + b"EXECUTE " + _NAME + values),
    )
