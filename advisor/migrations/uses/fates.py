"""What becomes of the names that stood before a migration: what is gone at its end, and by which statement.

Only the end counts: a column that comes back under its name, or a table in whose place a view stands, breaks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from advisor.model.catalog import Catalog, Table
from advisor.model.engine import EngineName
from advisor.model.migration import Change, Outcome

What = Literal["dropped", "renamed"]
_MAKES = frozenset({"create_table", "create_table_as", "create_partition", "create_view", "create_materialized_view"})
_FILLED = ("constant", "stable", "volatile", "serial", "identity", "stored", "virtual")


@dataclass(frozen=True, slots=True)
class Fate:
    """How a name went."""

    what: What
    position: int
    """Of the statement among all of the run."""
    cascade: bool = False


@dataclass(slots=True)
class Field:
    """A column as the migration goes on."""

    origin: str | None
    """Its name before the migration; None: it is new."""
    not_null: bool
    default: bool
    """An INSERT may leave it out: a default, an identity, a generated value."""
    since: int | None = None
    """The statement since which an INSERT must name it; None: it must not, or had to before."""

    @property
    def required(self) -> bool:
        """An INSERT that does not name it fails."""
        return self.not_null and not self.default

    def become(self, position: int, *, not_null: bool | None = None, default: bool | None = None) -> None:
        """Another nullability or default."""
        before = self.required
        self.not_null = self.not_null if not_null is None else not_null
        self.default = self.default if default is None else default
        if self.required != before:
            self.since = position if self.required else None


@dataclass(slots=True)
class Relation:
    """A table or view as the migration goes on."""

    origin: str | None
    fields: dict[str, Field] = field(default_factory=dict)
    """By name now."""
    gone: dict[str, Fate] = field(default_factory=dict)
    """Columns of before that are not there now, by their name before."""
    retyped: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Columns of before whose type changed: the statement and the new type."""
    added: dict[str, int] = field(default_factory=dict)
    known: bool = False
    """All its columns are known."""
    filled: bool = False
    """A trigger may fill what an INSERT leaves out."""


class Names:
    """All names, from the catalogs on."""

    def __init__(self, engine: EngineName, catalogs: Sequence[Catalog]) -> None:
        self.engine = engine
        self.default = next((one.default_schema for one in catalogs if one.default_schema), None) or "public"
        self.now: dict[str, Relation] = {}
        self.gone: dict[str, Fate] = {}
        """Tables and views of before whose name is not there now."""
        self.moved: dict[str, Relation] = {}
        """Relations of before that have another name now, by that of before."""
        for catalog in catalogs:
            for table in catalog.tables.values():
                self.now[self.key(table.name)] = self._of(table)

    def key(self, name: str) -> str:
        """A canonical name as it is compared here: without the default schema, folded where the engine folds."""
        head, dot, tail = name.partition(".")
        if dot and head.lower() == self.default.lower():
            name = tail
        return name if self.engine == "postgresql" else name.lower()

    def column(self, name: str) -> str:
        """A column's name as it is compared here."""
        return name if self.engine == "postgresql" else name.lower()

    def _of(self, table: Table) -> Relation:
        relation = Relation(self.key(table.name), known=bool(table.columns), filled=bool(table.triggers))
        for one in table.columns:
            name = self.column(one.name)
            given = one.default is not None or one.generated is not None or one.identity
            serial = one.type.endswith("serial")
            relation.fields[name] = Field(name, one.nullable is False, given or serial)
        return relation

    # ------------------------------------------------------------------ going on
    def follow(self, outcomes: Iterable[Outcome]) -> None:
        """All statements, in order; one that is known to fail changes nothing."""
        for position, outcome in enumerate(outcomes):
            if outcome.failure is not None and outcome.failure.certain and not outcome.failure.foreseen:
                continue
            for change in outcome.changes:
                if not change.no_op:
                    self._change(position, change)

    def _change(self, position: int, change: Change) -> None:
        action, name = change.action, change.table or change.name
        if action == "drop_schema" and (change.name or change.table):
            prefix = self.key(f"{change.name or change.table}.")
            for key in [one for one in self.now if one.startswith(prefix)]:
                self._drop(key, Fate("dropped", position, True))
            return
        if name is None:
            return
        key = self.key(name)
        if action in _MAKES:
            if key not in self.now:
                self.now[key] = Relation(None)
                self.gone.pop(key, None)
        elif action in ("drop_table", "drop_view"):
            self._drop(key, Fate("dropped", position, change.cascade))
        elif action == "rename_table" and change.new_name:
            self._rename(key, self.key(_beside(name, change.new_name)), position)
        elif action == "set_schema" and change.new_name:
            self._rename(key, self.key(f"{change.new_name}.{name.rpartition('.')[2]}"), position)
        elif change.column is not None:
            self._column(self._relation(key), self.column(change.column), position, change)

    def _relation(self, key: str) -> Relation:
        """A relation that no catalog gave stood there before, too."""
        return self.now.setdefault(key, Relation(key if key not in self.gone else None))

    def _drop(self, key: str, fate: Fate) -> None:
        relation = self.now.pop(key, None) or Relation(key if key not in self.gone else None)
        if relation.origin is None:
            return
        self.moved.pop(relation.origin, None)
        if relation.origin not in self.now:
            self.gone[relation.origin] = fate

    def _rename(self, key: str, new: str, position: int) -> None:
        relation = self._relation(key)
        del self.now[key]
        self.now[new] = relation
        self.gone.pop(new, None)
        if relation.origin == key:
            self.gone[key] = Fate("renamed", position)
            self.moved[key] = relation
        elif relation.origin == new:
            self.moved.pop(new, None)

    def _column(self, relation: Relation, name: str, position: int, change: Change) -> None:
        fields = relation.fields
        one = fields.get(name)
        match change.action:
            case "add_column":
                given = change.default_kind in _FILLED or change.expression is not None
                fields[name] = Field(None, change.nullable is False, given, position)
                relation.added[name] = position
            case "drop_column":
                fields.pop(name, None)
                relation.added.pop(name, None)
                origin = one.origin if one is not None else name if name not in relation.gone else None
                if origin is not None:
                    relation.gone[origin] = Fate("dropped", position, change.cascade)
            case "rename_column" if change.new_name:
                new = self.column(change.new_name)
                one = fields.pop(name, None) or Field(name if name not in relation.gone else None, False, True)
                fields[new] = one
                if one.origin is not None:
                    relation.gone[one.origin] = Fate("renamed", position)
                    if one.origin == new:
                        del relation.gone[new]
            case "alter_column_type" if change.new_type:
                origin = one.origin if one is not None else name
                if origin == name:
                    relation.retyped[name] = position, change.new_type
            case "set_not_null" | "drop_not_null" if one is not None:
                one.become(position, not_null=change.action == "set_not_null")
            case "set_default" | "drop_default" | "add_identity" if one is not None:
                one.become(position, default=change.action != "drop_default")


def _beside(old: str, new: str) -> str:
    """A new name without a schema stays in that of the old one."""
    schema = old.rpartition(".")[0]
    return new if "." in new or not schema else f"{schema}.{new}"
