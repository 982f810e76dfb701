"""Random statements over a random schema: values come from the data and from outside of it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.planners.postgresql.fuzz.schemas import Column, Table

Samples = Mapping[tuple[str, str], Sequence[str]]
"""Some values of columns, as text, by SQL name of the table and name of the column."""


@dataclass(frozen=True)
class Source:
    """A table under a name of its own."""

    table: Table
    alias: str

    def of(self, column: Column) -> str:
        return f"{self.alias}.{column.sql}"


class Writer:
    """Writes statements."""

    def __init__(self, seed: int, tables: Sequence[Table], samples: Samples, major: int) -> None:
        self.rng = random.Random(seed)
        self.tables = list(tables)
        self.samples = samples
        self.major = major

    def statement(self) -> str:
        forms = [self.filtered, self.filtered, self.filtered, self.ordered, self.grouped, self.joined, self.joined, self.nested,
                 self.combined, self.changed, self.windowed]  # fmt: skip
        return self.rng.choice(forms)()

    def about(self, table: Table, column: Column | None) -> str:
        """A statement that an index on the column may serve."""
        rng, s = self.rng, Source(table, "t")
        column = column or rng.choice(table.columns)
        where = self.condition(s, column)
        form = rng.randrange(5)
        if form == 0:
            return f"SELECT count(*) FROM {table.sql} t WHERE {where}"
        if form == 1 and _sorts(column):
            return f"SELECT * FROM {table.sql} t ORDER BY {s.of(column)} LIMIT {rng.choice([1, 10, 100])}"
        if form == 2 and _sorts(column):
            return f"SELECT {s.of(column)} FROM {table.sql} t WHERE {where} ORDER BY {s.of(column)} DESC LIMIT 20"
        if form == 3:
            return f"SELECT * FROM {table.sql} t WHERE {where} AND {self.condition(s, rng.choice(table.columns))}"
        return f"SELECT * FROM {table.sql} t WHERE {where}"

    # ------------------------------------------------------------------ parts
    def some(self, share: float) -> bool:
        return self.rng.random() < share

    def source(self, alias: str = "t") -> Source:
        return Source(self.rng.choice(self.tables), alias)

    def value(self, s: Source, column: Column) -> str:
        known = self.samples.get((s.table.sql, column.name), ())
        if known and (self.some(0.8) or not column.kind.far):
            return _literal(self.rng.choice(known))
        if column.kind.far:
            return _literal(self.rng.choice(column.kind.far))
        return "NULL"

    def condition(self, s: Source, column: Column | None = None) -> str:
        rng = self.rng
        column = column or rng.choice(s.table.columns)
        c, v, w = s.of(column), self.value(s, column), self.value(s, column)
        family, kind = column.kind.family, column.kind.type
        if family == "pair":
            return rng.choice([f"{c} = {v}::pair", f"{c} >= {v}::pair", f"({c}).x = 3", f"({c}).y > 'p4'"])
        if self.some(0.08):
            return f"{c} IS {rng.choice(['', 'NOT '])}NULL"
        if family == "document":
            return f"{c} ->> 'a' = '{rng.randrange(8)}'"
        if family == "point":
            return rng.choice([f"{c} <@ box '(100,20),(10,3)'", f"{c} ~= {v}::point", f"{c} <@ circle '((50,50),9)'"])
        if family == "words":
            return f"{c} @@ '{rng.choice(['w3', 'q17 & common', 'w1 | w2', 'absent', 'common', 'q1:*'])}'::tsquery"
        found = [f"{c} = {v}"] * 3 + [f"{c} IN ({v}, {w}, {self.value(s, column)})", f"{c} <> {v}", f"{c} < {v}", f"{c} >= {v}",
                                      f"{c} BETWEEN {v} AND {w}", f"{c} > {v} AND {c} < {w}", f"{c} <= {v}"]  # fmt: skip
        if family == "bool":
            found += [c, f"NOT {c}", f"{c} IS NOT TRUE"] * 2
        if family == "text":
            piece = v.strip("'").replace("\\", "")[: rng.choice([1, 2, 4, 9])].replace("''", "")
            found += [f"{c} LIKE '{piece}%'", f"{c} LIKE '%{piece[-3:]}%'", f"{c} ILIKE '{piece}%'", f"{c} ~ '^{_plain(piece)}'",
                      f"{c} NOT LIKE '{piece}%'", f"lower({c}) = lower({v})", f"length({c}) > {rng.choice([1, 5, 50])}",
                      f"shout({c}::text) = {v}", f"slow({c}::text) = 3", f"left({c}, 3) = '{piece[:3]}'", f"{c} || 'x' = {v}",
                      f"{c} LIKE '{piece}_%z'", f"{c} SIMILAR TO '({_plain(piece)}|b)%'"]  # fmt: skip
        if family == "array":
            element = rng.choice(["t1", "t3", "u5", "nix"]) if kind == "text[]" else rng.choice(["3", "1", "777", "-4"])
            element = rng.choice(["sad", "ok", "absent"]) if kind == "mood[]" else element
            found += [f"{c} @> {v}", f"{c} && {v}", f"{c} <@ {v}", f"'{element}' = ANY ({c})", f"array_length({c}, 1) > 2",
                      f"{c}[1] = '{element}'"] * 2  # fmt: skip
        if family == "range":
            found += [f"{c} && {v}", f"{c} @> {v}::{kind}", f"{c} <@ {v}", f"{c} << {v}", f"lower({c}) < upper({v}::{kind})",
                      f"isempty({c})", f"{c} -|- {v}"] * 2  # fmt: skip
        if family == "json":
            found += [f"{c} @> {v}", f"{c} ? 'b'", f"{c} ->> 'b' = 'x7'", f"({c} ->> 'a')::int > 2", f"{c} #>> '{{n,a}}' = '3'",
                      f"{c} @? '$.a ? (@ > 3)'", f"{c} ->> 'b' IN ('x1', 'x2', '4')"] * 2  # fmt: skip
        if family == "net":
            found += [
                f"{c} << '10.0.1.0/24'",
                f"{c} <<= '10.0.0.0/16'",
                f"{c} && '10.0.0.0/20'::inet",
                f"family({c}) = 4",
            ]
        if family == "time":
            found += [
                f"date_trunc('month', {c}) = {v}",
                f"extract(year FROM {c}) = 2020",
                f"{c} > {v}::{kind} - interval '2 days'",
            ]
        if family == "number":
            found += [f"{c} % 10 = 3" if kind not in ("double precision", "real") else f"{c} * 2 > {v}", f"abs({c}) = {v}",
                      f"{c} + 1 > {v}", f"{c} = ANY (ARRAY[{v}, {w}]::{kind}[])", f"{c} NOT IN ({v}, {w})"]  # fmt: skip
        if self.some(0.08):
            others = [each for each in s.table.columns if each is not column and each.kind.type == kind]
            if others:
                return f"{c} {rng.choice(['=', '<', '<>'])} {s.of(rng.choice(others))}"
        return rng.choice(found)

    def where(self, s: Source, chance: float = 0.9) -> str:
        rng = self.rng
        if not self.some(chance):
            return ""
        parts = [self.condition(s) for _ in range(rng.choice([1, 1, 1, 2, 2, 3]))]
        if len(parts) > 1 and self.some(0.25):
            return f" WHERE ({parts[0]} OR {' AND '.join(parts[1:])})"
        if self.some(0.08):
            parts[0] = f"NOT ({parts[0]})"
        return " WHERE " + " AND ".join(parts)

    def sorted(self, s: Source) -> str | None:
        fit = [each for each in s.table.columns if _sorts(each)]
        return s.of(self.rng.choice(fit)) if fit else None

    # ------------------------------------------------------------------ forms
    def filtered(self) -> str:
        rng, s = self.rng, self.source()
        what = rng.choice(["*", "*", "count(*)", s.of(rng.choice(s.table.columns))])
        end = rng.choice(
            ["", "", "", " LIMIT 10", " LIMIT 5 OFFSET 50", " FOR UPDATE" if s.table.writable and what == "*" else ""]
        )
        if what == "count(*)":
            end = ""
        return f"SELECT {what} FROM {s.table.sql} t{self.where(s)}{end}"

    def ordered(self) -> str:
        rng, s = self.rng, self.source()
        keys = [key for key in (self.sorted(s) for _ in range(rng.choice([1, 1, 2, 3]))) if key]
        if not keys:
            return self.filtered()
        by = ", ".join(key + rng.choice(["", "", " DESC", " NULLS FIRST", " DESC NULLS LAST"]) for key in keys)
        limit = rng.choice(
            ["", " LIMIT 1", " LIMIT 20", " LIMIT 1000", " OFFSET 30 LIMIT 3", " FETCH FIRST 5 ROWS WITH TIES"]
        )
        form = rng.randrange(5)
        if form == 0:
            return f"SELECT DISTINCT ON ({keys[0]}) * FROM {s.table.sql} t{self.where(s, 0.6)} ORDER BY {keys[0]}"
        if form == 1:
            return f"SELECT DISTINCT {', '.join(dict.fromkeys(keys))} FROM {s.table.sql} t{self.where(s, 0.6)}"
        return f"SELECT * FROM {s.table.sql} t{self.where(s, 0.6)} ORDER BY {by}{limit}"

    def grouped(self) -> str:
        rng, s = self.rng, self.source()
        fit = [each for each in s.table.columns if _sorts(each)]
        keys = [s.of(each) for each in rng.sample(fit, min(len(fit), rng.choice([1, 1, 2, 3])))]
        some = s.of(rng.choice(fit)) if fit else "1"
        for number, key in enumerate(keys):
            column = next(each for each in fit if s.of(each) == key)
            if self.some(0.2):
                keys[number] = {"text": f"lower({key})", "time": f"date_trunc('day', {key})",
                                "number": f"({key} > 5)"}.get(column.kind.family, key)  # fmt: skip
        aggregate = rng.choice(
            ["count(*)", f"count(DISTINCT {some})", f"max({some}::text)", f"array_agg({some})", f"count({some})"]
        )
        extreme = [each for each in fit if each.kind.family in ("number", "time", "text")]
        form = rng.randrange(7)
        if form == 0 and extreme:
            picked = s.of(rng.choice(extreme))
            return f"SELECT min({picked}), max({picked}) FROM {s.table.sql} t{self.where(s, 0.4)}"
        if form == 1 and len(keys) > 1:
            how = rng.choice(["ROLLUP", "CUBE", "GROUPING SETS"])
            return f"SELECT {', '.join(keys)}, {aggregate} FROM {s.table.sql} t{self.where(s, 0.5)} GROUP BY {how} ({', '.join(keys)})"
        having = f" HAVING count(*) > {rng.choice([1, 5, 100])}" if self.some(0.3) else ""
        order = rng.choice(["", " ORDER BY 1", f" ORDER BY {len(keys) + 1} DESC LIMIT 10"]) if keys else ""
        by = f" GROUP BY {', '.join(keys)}" if keys else ""
        return f"SELECT {', '.join([*keys, aggregate])} FROM {s.table.sql} t{self.where(s, 0.5)}{by}{having}{order}"

    def pairs(self, count: int) -> tuple[list[Source], list[str]]:
        """Sources and how each joins those before: along a foreign key, or by two columns of one kind."""
        rng = self.rng
        sources = [self.source("t0")]
        links: list[str] = []
        for number in range(1, count):
            alias = f"t{number}"
            options: list[tuple[Table, str]] = []
            for s in sources:
                for column in s.table.columns:
                    if column.parent is not None:
                        options.append((column.parent, f"{s.of(column)} = {alias}.{column.parent.columns[0].sql}"))
                for table in self.tables:
                    for column in table.columns:
                        if column.parent is s.table:
                            options.append((table, f"{s.of(s.table.columns[0])} = {alias}.{column.sql}"))
            if not options or self.some(0.25):
                loose: list[tuple[Table, str]] = []
                for s in sources:
                    for column in s.table.columns:
                        for table in self.tables:
                            for other in table.columns:
                                if other.kind.type == column.kind.type and _sorts(other):
                                    loose.append((table, f"{s.of(column)} = {alias}.{other.sql}"))
                options = loose or options
            if not options:
                return sources, links
            table, link = rng.choice(options)
            if self.some(0.05):
                link = link.replace(" = ", " < ")
            sources.append(Source(table, alias))
            links.append(link)
        return sources, links

    def joined(self) -> str:
        rng = self.rng
        sources, links = self.pairs(rng.choice([2, 2, 2, 3, 3, 4, 5, 6]))
        text = f"{sources[0].table.sql} t0"
        outer = False
        for s, link in zip(sources[1:], links, strict=True):
            how = rng.choices(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"], [8, 3, 0.7, 0.4])[0]
            if how == "FULL JOIN" and "<" in link:
                how = "JOIN"
            outer |= how != "JOIN"
            extra = f" AND {self.condition(s)}" if self.some(0.15) and how != "FULL JOIN" else ""
            text += f" {how} {s.table.sql} {s.alias} ON {link}{extra}"
        where = [self.condition(rng.choice(sources)) for _ in range(rng.choice([0, 1, 1, 2]))]
        clause = f" WHERE {' AND '.join(where)}" if where else ""
        key = self.sorted(rng.choice(sources))
        form = rng.randrange(4)
        if form == 0 or key is None:
            return f"SELECT count(*) FROM {text}{clause}"
        if form == 1:
            return f"SELECT * FROM {text}{clause} ORDER BY {key} LIMIT {rng.choice([1, 10, 500])}"
        if form == 2:
            return f"SELECT {key}, count(*) FROM {text}{clause} GROUP BY {key}"
        return f"SELECT * FROM {text}{clause}"

    def nested(self) -> str:
        rng = self.rng
        sources, links = self.pairs(2)
        if len(sources) < 2:
            return self.filtered()
        (a, b), link = sources, links[0]
        left, _, right = link.partition(" = ") if " = " in link else link.partition(" < ")
        more = f" AND {self.condition(b)}" if self.some(0.6) else ""
        inner = f"SELECT 1 FROM {b.table.sql} t1 WHERE {link}{more}"
        form = rng.randrange(9)
        head = f"SELECT * FROM {a.table.sql} t0"
        also = f" AND {self.condition(a)}" if self.some(0.5) else ""
        if form == 0:
            return f"{head} WHERE {rng.choice(['', 'NOT '])}EXISTS ({inner}){also}"
        if form == 1:
            return f"{head} WHERE {left} {rng.choice(['IN', 'NOT IN'])} (SELECT {right} FROM {b.table.sql} t1{self.where(b, 0.7)}){also}"
        if form == 2:
            return f"SELECT t0.*, (SELECT count(*) FROM {b.table.sql} t1 WHERE {link}{more}) FROM {a.table.sql} t0 WHERE true{also} LIMIT 10"
        if form == 3:
            return f"{head} CROSS JOIN LATERAL (SELECT * FROM {b.table.sql} t1 WHERE {link} LIMIT 2) l WHERE true{also}"
        if form == 4:
            hint = rng.choice(["", "MATERIALIZED ", "NOT MATERIALIZED "])
            return f"WITH c AS {hint}(SELECT * FROM {b.table.sql} t1{self.where(b)}) SELECT count(*) FROM {a.table.sql} t0 JOIN c t1 ON {link}"
        if form == 5:
            return (f"WITH RECURSIVE r AS (SELECT {left} AS v FROM {a.table.sql} t0 WHERE true{also} UNION "
                    f"SELECT r.v FROM r JOIN {b.table.sql} t1 ON r.v = {right}) SELECT count(*) FROM r")  # fmt: skip
        if form == 6:
            return f"{head}, series(5) g WHERE true{also}"
        if form == 7:
            return f"{head} WHERE {left} = (SELECT {right} FROM {b.table.sql} t1{self.where(b)} LIMIT 1)"
        return f"SELECT * FROM (SELECT {left} AS v, count(*) AS n FROM {a.table.sql} t0 GROUP BY 1) g WHERE n > 3 ORDER BY n DESC LIMIT 5"

    def combined(self) -> str:
        rng = self.rng
        a, b = self.source(), self.source()
        for column in rng.sample(a.table.columns, len(a.table.columns)):
            for other in b.table.columns:
                if column.kind.type == other.kind.type and _sorts(column):
                    how = rng.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT"])
                    order = rng.choice(["", " ORDER BY 1 LIMIT 10"])
                    return (f"SELECT {a.of(column)} FROM {a.table.sql} t{self.where(a, 0.6)} {how} "
                            f"SELECT {b.of(other)} FROM {b.table.sql} t{self.where(b, 0.6)}{order}")  # fmt: skip
        return self.filtered()

    def windowed(self) -> str:
        rng, s = self.rng, self.source()
        a, b = self.sorted(s), self.sorted(s)
        if a is None:
            return self.filtered()
        call = rng.choice(["row_number()", "rank()", f"lag({a})", "count(*)"])
        text = f"SELECT {a}, {call} OVER (PARTITION BY {a} ORDER BY {b}) AS w FROM {s.table.sql} t{self.where(s, 0.5)}"
        return f"SELECT * FROM ({text}) q WHERE w IS NOT NULL LIMIT 7" if self.some(0.4) else text

    def changed(self) -> str:
        rng = self.rng
        s = Source(rng.choice([each for each in self.tables if each.writable]), "t")
        column = rng.choice(s.table.columns)
        form = rng.randrange(5)
        if form == 0:
            return f"DELETE FROM {s.table.sql} t{self.where(s)}"
        if form == 1:
            return f"UPDATE {s.table.sql} t SET {column.sql} = {s.of(column)}{self.where(s)} RETURNING *"
        if form == 2:
            return f"INSERT INTO {s.table.sql} SELECT t.* FROM {s.table.sql} t{self.where(s)}"
        if form == 3 and self.major >= 15 and column.parent is not None:
            return (f"MERGE INTO {s.table.sql} t USING {column.parent.sql} p ON {s.of(column)} = p.{column.parent.columns[0].sql} "
                    "WHEN MATCHED THEN DELETE")  # fmt: skip
        if column.parent is not None:
            return f"UPDATE {s.table.sql} t SET {column.sql} = p.{column.parent.columns[0].sql} FROM {column.parent.sql} p WHERE {s.of(column)} = p.{column.parent.columns[0].sql}"
        return f"DELETE FROM {s.table.sql} t WHERE {s.of(s.table.columns[0])} = {self.value(s, s.table.columns[0])}"


def _sorts(column: Column) -> bool:
    return column.kind.family not in ("point", "document", "words")


def _literal(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"E'{quoted}'".replace("\\", "\\\\") if "\\" in quoted else f"'{quoted}'"


def _plain(text: str) -> str:
    return "".join(each for each in text if each.isalnum())
