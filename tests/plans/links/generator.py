"""Random queries whose every condition carries a constant of its own, so that where it stands is known for certain."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.plans.links.schema import TABLES


@dataclass
class Region:
    """Characters [start, end) of the query, and the constants that stand there."""

    start: int
    end: int = 0
    constants: set[str] = field(default_factory=set)
    table: str | None = None
    column: str | None = None
    beside: str | None = None
    """A column of the other arm of an OR: a condition that prints it is more than this place."""
    columns: frozenset[str] | None = None
    """Of a join: what it compares."""


@dataclass
class Query:
    text: str
    regions: list[Region]

    def expected(self, constants: set[str], printed: str) -> Region | None:
        """The smallest place that holds all of them, and whatever else was printed with them."""
        fitting = [
            region
            for region in self.regions
            if constants <= region.constants and not (region.beside and region.beside in printed)
        ]
        return min(fitting, key=lambda region: region.end - region.start, default=None)


@dataclass
class Relation:
    alias: str
    table: str | None
    columns: dict[str, str]


class Generator:
    """One query a call. ``dialect``: postgresql or mariadb."""

    def __init__(self, seed: int, dialect: str) -> None:
        self.random = random.Random(seed)
        self.postgresql = dialect == "postgresql"
        self.parts: list[str] = []
        self.length = 0
        self.regions: list[Region] = []
        self.open: list[Region] = []
        self.number = 100_000
        self.names = 0
        self.reuse = self.random.random() < 0.4
        self.silent = 0

    # ------------------------------------------------------------------ text
    def add(self, text: str) -> None:
        text = self._noise(text)
        self.parts.append(text)
        self.length += len(text)

    def _noise(self, text: str) -> str:
        """Other white space, letter case and comments between the words."""

        def blank(match: re.Match[str]) -> str:
            roll = self.random.random()
            if roll < 0.85:
                return match.group()
            return self.random.choice(["\n", "  ", " /* é and x = 1 */ ", " -- where 'a' = b\n", "\t"])

        pieces = re.split(r"('(?:[^']|'')*')", text)
        return "".join(p if p.startswith("'") else re.sub(" ", blank, p) for p in pieces)

    @contextmanager
    def region(self, table: str | None = None, column: str | None = None) -> Iterator[None]:
        region = Region(self.length, table=table, column=column)
        self.open.append(region)
        before = self.length
        yield
        self.open.pop()
        region.end = self.length
        text = "".join(self.parts)[before : region.end]
        region.start += len(text) - len(text.lstrip())
        region.end -= len(text) - len(text.rstrip())
        if not self.silent:
            self.regions.append(region)

    def constant(self, family: str) -> str:
        self.number += 10
        number = str(self.number)
        if family in ("timestamp", "date"):
            index = (self.number - 100_000) // 10
            number = f"20{index // 336 % 70 + 25:02d}-{index // 28 % 12 + 1:02d}-{index % 28 + 1:02d}"
        for region in self.open:
            region.constants.add(number)
        if family == "int":
            return number
        if family == "num":
            return self.random.choice([number, f"{number}.5"])
        return (
            f"'{number}'" if family in ("timestamp", "date") else f"'{self.random.choice(['', 'é', 'its '])}u{number}x'"
        )

    def joined(self, one: Relation, left: str, other: Relation, right: str) -> None:
        """What the last region compares, when both are tables."""
        if one.table and other.table and not self.silent:
            self.regions[-1].columns = frozenset({f"{one.alias}.{left}", f"{other.alias}.{right}"})

    # ------------------------------------------------------------------ queries
    def query(self) -> Query:
        roll = self.random.random()
        if roll < 0.12:
            self._with()
        elif roll < 0.2:
            self._dml()
        else:
            self.select(2, [])
        return Query("".join(self.parts), self.regions)

    def _with(self) -> None:
        columns = ["k", "v"]
        self.add("WITH recent AS " + (self.random.choice(["", "MATERIALIZED "]) if self.postgresql else "") + "(")
        alias = self._alias("orders")
        self.add(f"SELECT {alias}.customer_id AS k, {alias}.total AS v FROM orders {alias} WHERE ")
        self._conditions([Relation(alias, "orders", TABLES["orders"])], 1)
        self.add(") ")
        self.ctes = {"recent": dict.fromkeys(columns, "int")}
        self.select(1, [], extra=Relation("recent", None, self.ctes["recent"]))

    def _dml(self) -> None:
        table = self.random.choice(["orders", "items", "customers"])
        relation = Relation(table, table, TABLES[table])
        if self.random.random() < 0.5:
            self.add(f"DELETE FROM {table} WHERE ")
        else:
            column = self.random.choice([c for c, f in TABLES[table].items() if f == "int" and c != "id"] or ["score"])
            self.add(f"UPDATE {table} SET {column} = {column} + 1 WHERE ")
        self._conditions([relation], 1)

    def _alias(self, table: str) -> str:
        self.names += 1
        if self.reuse:
            return self.random.choice([table, table[0], table[0]])
        return self.random.choice([f"{table[0]}{self.names}", f"{table}_{chr(97 + self.names % 26)}{self.names}"])

    def select(self, depth: int, outer: list[Relation], extra: Relation | None = None, columns: int = 0) -> list[str]:
        """Writes one; gives the names it returns when ``columns`` are asked for."""
        relations: list[Relation] = []
        pending: list[tuple[str, Relation, int]] = []
        for number in range(self.random.choice([1, 1, 2, 2, 3])):
            taken = {r.alias for r in relations}
            roll = self.random.random()
            if number == 0 and extra is not None:
                relation = extra
                source = "recent"
            elif roll < 0.12 and depth > 0:
                relation = Relation(f"d{self.names}", None, {"k": "int", "v": "num"})
                self.names += 1
                source = ""
            elif roll < 0.2:
                alias = self._alias("busy")
                relation = Relation(alias, None, TABLES["orders"])
                source = f"busy_orders {alias}"
            else:
                table = self.random.choice(list(TABLES))
                alias = self._alias(table)
                relation = Relation(alias, table, TABLES[table])
                source = f"{table} {alias}" if alias != table else table
            if relation.alias in taken:
                continue
            relations.append(relation)
            pending.append((source, relation, number))
        first = relations[0]
        numbers = [c for c, f in first.columns.items() if f in ("int", "num")]
        names = ["k", "v"]
        grouped = not columns and self.random.random() < 0.3
        distinct = not columns and not grouped and self.random.random() < 0.1
        if columns == 1:
            self.add(f"SELECT {first.alias}.{numbers[0]} ")
        elif columns == 2:
            second = self.random.choice([f"{first.alias}.{numbers[-1]}", f"coalesce({first.alias}.{numbers[-1]}, 0)"])
            self.add(f"SELECT {first.alias}.{numbers[0]} AS k, {second} AS v ")
        elif columns == -1:
            self.add("SELECT 1 ")
        elif grouped:
            self.add(f"SELECT {first.alias}.{numbers[0]}, count(*) AS n, max({first.alias}.{numbers[-1]}) FROM"[:-4])
        else:
            self.add(
                f"SELECT {'DISTINCT ' if distinct else ''}{first.alias}.{numbers[0]}, {first.alias}.{numbers[-1]} AS other "
            )
        self.add("FROM ")
        seen: list[Relation] = []
        for position, (source, relation, _) in enumerate(pending):
            joined = False
            if position:
                joined = True
                self.add(self.random.choice([" JOIN ", " LEFT JOIN ", " INNER JOIN "]))
            if source:
                self.add(source)
            else:
                self.add("(")
                self.select(depth - 1, [], columns=2)
                self.add(f") {relation.alias}")
            seen.append(relation)
            if joined:
                self.add(" ON ")
                other = self.random.choice(seen[:-1])
                left = self.random.choice([c for c, f in relation.columns.items() if f == "int"] or ["k"])
                right = self.random.choice([c for c, f in other.columns.items() if f == "int"] or ["k"])
                with self.region():
                    self.add(f"{relation.alias}.{left} = {other.alias}.{right}")
                self.joined(relation, left, other, right)
                if self.random.random() < 0.3:
                    self.add(" AND ")
                    self.condition(seen, depth - 1)
        self.add(" WHERE ")
        if outer:
            over = self.random.choice(outer)
            inner = self.random.choice([c for c, f in first.columns.items() if f == "int"] or ["k"])
            outside = self.random.choice([c for c, f in over.columns.items() if f == "int"] or ["k"])
            if over.alias != first.alias:
                with self.region():
                    self.add(f"{first.alias}.{inner} = {over.alias}.{outside}")
                self.joined(first, inner, over, outside)
                self.add(" AND ")
        self._conditions(relations, depth)
        if columns:
            return names
        if grouped:
            self.add(f" GROUP BY {first.alias}.{numbers[0]}")
            if self.random.random() < 0.7:
                self.add(" HAVING ")
                with self.region():
                    self.add(self.random.choice(["count(*)", f"max({first.alias}.{numbers[-1]})"]))
                    self.add(f" > {self.constant('int')}")
        if self.random.random() < 0.4 and not distinct:
            self.add(f" ORDER BY {first.alias}.{numbers[0]} DESC")
        if self.random.random() < 0.3:
            self.add(" LIMIT 5")
        return names

    # ------------------------------------------------------------------ conditions
    def _conditions(self, relations: list[Relation], depth: int) -> None:
        count = self.random.choice([1, 2, 2, 3, 4])
        grouped = count > 1 and self.random.random() < 0.15
        if grouped:
            self.add("(")
        for number in range(count):
            if number:
                self.add(self.random.choice([" AND ", " and "]))
            self.condition(relations, depth)
        if grouped:
            self.add(")")

    def condition(self, relations: list[Relation], depth: int) -> None:
        roll = self.random.random()
        parens = self.random.random() < 0.1
        if roll < 0.12 and depth > 0:
            with self.region():
                self.add("(")
                for arm in range(self.random.choice([2, 3])):
                    if arm:
                        self.add(" OR ")
                    self.atom(relations)
                self.add(")")
        elif roll < 0.17:
            with self.region():
                self.add("NOT (")
                self.silent += 1
                self.atom(relations)
                self.add(self.random.choice([" OR ", " AND "]))
                self.atom(relations)
                self.silent -= 1
                self.add(")")
        elif roll < 0.21:
            with self.region():
                self.add("NOT ")
                self.silent += 1
                self.atom(relations, wrapped=True)
                self.silent -= 1
        elif roll < 0.36 and depth > 0:
            self.subquery(relations, depth)
        else:
            if parens:
                self.add("(")
            self.atom(relations)
            if parens:
                self.add(")")

    def subquery(self, relations: list[Relation], depth: int) -> None:
        relation = self.random.choice(relations)
        column = self.random.choice([c for c, f in relation.columns.items() if f in ("int", "num")])
        name = f"{relation.alias}.{column}"
        with self.region():
            kind = self.random.choice(["in", "not in", "exists", "not exists", "scalar", "any"])
            if kind in ("exists", "not exists"):
                self.add(f"{kind.upper()} (")
                self.select(depth - 1, relations, columns=-1)
            elif kind == "scalar":
                self.add(f"{name} > (SELECT max(z.qty) FROM items z WHERE ")
                self._conditions([Relation("z", "items", TABLES["items"])], 0)
            else:
                self.add(f"{name} " + {"in": "IN (", "not in": "NOT IN (", "any": "= ANY ("}[kind])
                self.select(depth - 1, [], columns=1)
            self.add(")")

    def atom(self, relations: list[Relation], wrapped: bool = False) -> None:
        relation = self.random.choice(relations)
        column, family = self.random.choice(list(relation.columns.items()))
        name = f"{relation.alias}.{column}"
        with self.region(relation.table, column):
            if wrapped:
                self.add("(")
            self._atom(name, family, relation)
            if wrapped:
                self.add(")")

    def _atom(self, name: str, family: str, relation: Relation) -> None:
        pick = self.random.random()
        if family == "bool":
            number = next(c for c, f in relation.columns.items() if f == "int")
            self.add(f"({name} OR ")
            with self.region(relation.table, number):
                self.add(f"{relation.alias}.{number} > {self.constant('int')}")
            if not self.silent:
                self.regions[-1].beside = "active"
            self.add(")")
            return
        if family in ("int", "num"):
            if pick < 0.3:
                self.add(f"{name} {self._operator()} {self.constant(family)}")
            elif pick < 0.38:
                self.add(f"{self.constant(family)} {self._operator()} {name}")
            elif pick < 0.5:
                low, high = self.constant(family), self.constant(family)
                self.add(f"{name} {self.random.choice(['', 'NOT '])}BETWEEN {low} AND {high}")
            elif pick < 0.62:
                listed = ", ".join(self.constant("int") for _ in range(self.random.choice([1, 2, 5])))
                self.add(f"{name} {self.random.choice(['IN', 'IN', 'NOT IN'])} ({listed})")
            elif pick < 0.7:
                self.add(f"{name} + {self.constant('int')} {self._operator()} {self.constant('int')}")
            elif pick < 0.76:
                self.add(f"coalesce({name}, 0) {self._operator()} {self.constant('int')}")
            elif pick < 0.82:
                self.add(
                    f"CASE WHEN {name} > {self.constant('int')} AND {name} < {self.constant('int')} THEN 1 ELSE 2 END = 2"
                )
            elif pick < 0.88:
                self.add(
                    f"({name}, {relation.alias}.{next(iter(relation.columns))}) = ({self.constant('int')}, {self.constant('int')})"
                )
            elif pick < 0.94:
                self.add(f"abs({name}) {self._operator()} {self.constant('int')}")
            elif self.postgresql:
                self.add(f"{name} = ANY (ARRAY[{self.constant('int')}, {self.constant('int')}])")
            else:
                self.add(f"{name} <=> {self.constant('int')}")
        elif family in ("text", "varchar"):
            if pick < 0.3:
                self.add(f"{name} {self._operator()} {self.constant('text')}")
            elif pick < 0.5:
                self.add(f"{name} {self.random.choice(['LIKE', 'NOT LIKE', 'like'])} {self.constant('text')[:-1]}%'")
            elif pick < 0.6:
                self.add(f"{name} LIKE '%{self.constant('text')[1:]}")
            elif pick < 0.75:
                self.add(f"lower({name}) = {self.constant('text')}")
            elif pick < 0.9:
                listed = ", ".join(self.constant("text") for _ in range(self.random.choice([1, 2, 4])))
                self.add(f"{name} {self.random.choice(['IN', 'NOT IN'])} ({listed})")
            elif self.postgresql:
                self.add(
                    self.random.choice(
                        [f"{name} || 'a' = {self.constant('text')}", f"{name} ~* {self.constant('text')}"]
                    )
                )
            else:
                self.add(f"concat({name}, 'a') = {self.constant('text')}")
        else:
            if pick < 0.6:
                self.add(f"{name} {self.random.choice(['<', '<=', '>', '>=', '='])} {self.constant(family)}")
            elif pick < 0.8:
                self.add(f"{name} BETWEEN {self.constant(family)} AND {self.constant(family)}")
            elif self.postgresql:
                self.add(f"{name}::date = {self.constant('date')}")
            else:
                self.add(f"date({name}) = {self.constant('date')}")

    def _operator(self) -> str:
        return self.random.choice(["=", "<", ">", "<=", ">=", "<>", "!="])
