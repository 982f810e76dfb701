"""A random schema with its rows, by seed: tables of all kinds, constraints, indexes, statistics, and what wears them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.planners.postgresql.fuzz.kinds import KINDS, SORTED, TYPES, Kind

_NAMES = (
    "id",
    "kind",
    "Status",
    "user",
    "created at",
    "ref",
    "note",
    "val",
    "x",
    "größe",
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
)
_TABLES = ("orders", "Customers", "item", "log", "user", "order line", "events", "tags", "doc", "acct")


def quoted(name: str) -> str:
    """As an identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass
class Column:
    """A column that is there in the end."""

    name: str
    kind: Kind
    spread: str
    """The expression of its number."""
    nulls: float = 0.0
    parent: Table | None = None
    """It refers to that table's first column."""

    @property
    def sql(self) -> str:
        return quoted(self.name)


@dataclass
class Table:
    """A table, partitioned or not, or a view of one."""

    schema: str
    name: str
    rows: int
    columns: list[Column] = field(default_factory=list)
    partitioned: bool = False
    leaves: list[str] = field(default_factory=list)
    """Its partitions or heirs, as SQL names."""
    unique: bool = False
    """Its first column is."""
    logged: bool = True
    writable: bool = True

    @property
    def sql(self) -> str:
        return f"{self.schema}.{quoted(self.name)}"


@dataclass
class Schema:
    """Statements in order, and what they lead to."""

    statements: list[str]
    tables: list[Table]
    settings: list[str]
    """Statements for the database `{database}`."""


class Maker:
    """Makes one schema."""

    def __init__(self, seed: int, major: int, size: int) -> None:
        self.rng = random.Random(seed)
        self.major = major
        self.size = size
        self.out: list[str] = []
        self.tables: list[Table] = []
        self.serial = 0

    def some(self, share: float) -> bool:
        return self.rng.random() < share

    def schema(self) -> Schema:
        rng = self.rng
        self.out += [f"SELECT setseed({rng.random()})", "CREATE SCHEMA app", "CREATE SCHEMA x"]
        self.out += [
            f"CREATE EXTENSION {each} WITH SCHEMA x" for each in ("pg_trgm", "btree_gin", "btree_gist", "citext")
        ]
        self.out.append("SET search_path = app, public, x")
        self.out += TYPES.strip().rstrip(";").split(";\n")
        for name in rng.sample(_TABLES, rng.randint(4, 9)):
            self.table(name)
        for table in list(self.tables):
            self.wear(table)
        self.views()
        return Schema(self.out, self.tables, self.settings())

    # ------------------------------------------------------------------ tables
    def spread(self, rows: int, before: list[Column]) -> str:
        rng = self.rng
        distinct = rng.choice([2, 5, 13, 40, 300, 3000, max(2, rows // 3), rows])
        choices = [
            "n", f"((n * 7919) % {max(rows, 2)})", f"floor(random() * {distinct})",
            f"floor({distinct} * power(random(), {rng.choice([1.5, 2, 3, 6])}))", f"(n * {distinct} / {rows})",
            f"(n * {distinct} / {rows} + floor(random() * {max(2, distinct // 10)}))", f"floor(-ln(1 - random()) * {distinct})",
        ]  # fmt: skip
        if before:
            other = rng.choice(before).spread
            choices += [other, f"({other} / {rng.choice([2, 3, 10])})"] if "random" not in other else []
            choices += [f"k{rng.randrange(len(before))}", f"k{rng.randrange(len(before))} / 4"] * 2
        return rng.choice(choices)

    def table(self, name: str) -> None:
        rng = self.rng
        rows = int(self.size * rng.choice([0, 0.0005, 0.01, 0.1, 0.5, 1, 1, 2, 4]))
        table = Table(rng.choice(["app", "app", "public"]), name, rows)
        parents = [each for each in self.tables if each.unique and each.rows and each.logged]
        key = rng.choice([KINDS[0], KINDS[0], KINDS[2], next(k for k in KINDS if k.type == "uuid")])
        table.columns.append(Column("id", key, "n" if self.some(0.8) else f"((n * 7919) % {max(rows, 2)})"))
        for parent in rng.sample(parents, min(len(parents), rng.randint(0, 2))):
            spread = f"(1 + floor({parent.rows} * power(random(), {rng.choice([1, 1, 2, 4])})))"
            if parent.columns[0].spread != "n":
                spread = f"(({spread}::bigint - 1) % {max(parent.rows, 2)})"
            column = Column(f"{parent.name}_id", parent.columns[0].kind, spread, rng.choice([0, 0, 0.2]), parent)
            table.columns.append(column)
        names = rng.sample(_NAMES[1:], rng.randint(2, 10))
        for each in names:
            nulls = rng.choice([0, 0, 0, 0.02, 0.3, 0.95, 1.0 if self.some(0.2) else 0.5])
            table.columns.append(Column(each, rng.choice(KINDS), self.spread(max(rows, 1), table.columns), nulls))
        kind = rng.choices(["plain", "range", "list", "hash", "inherit"], [6, 1.3, 1, 1, 0.7])[0]
        getattr(self, f"_{kind}")(table)
        self.tables.append(table)
        self.fill(table)

    def _columns(self, table: Table, *, constraints: bool = True) -> str:
        found = []
        for place, column in enumerate(table.columns):
            extra = ""
            if place == 0 or (column.nulls == 0 and self.some(0.4)):
                extra += " NOT NULL"
            if column.parent is not None and constraints and self.some(0.8) and column.parent.rows:
                extra += f" REFERENCES {column.parent.sql} ({column.parent.columns[0].sql})"
            if (
                column.kind.family == "number"
                and column.kind.type != "positive"
                and column.spread == "n"
                and self.some(0.2)
            ):
                extra += f" CHECK ({column.sql} >= 0)"
            found.append(f"{column.sql} {column.kind.type}{extra}")
        # Columns that go before the rows come, or after, shift attribute numbers.
        for number in range(self.rng.choice([0, 0, 0, 1, 2])):
            found.insert(self.rng.randint(0, len(found)), f"gone{number} text")
        return ", ".join(found)

    def _plain(self, table: Table) -> None:
        options = self.rng.choice(
            ["", "", "", " WITH (fillfactor = 70)", " WITH (parallel_workers = 3)", " WITH (autovacuum_enabled = off)"]
        )
        table.logged = not self.some(0.07)
        self.out.append(
            f"CREATE {'' if table.logged else 'UNLOGGED '}TABLE {table.sql} ({self._columns(table)}){options}"
        )
        self._key(table)

    def _inherit(self, table: Table) -> None:
        self._plain(table)
        for number in range(2):
            heir = f"{table.schema}.{quoted(f'{table.name} heir {number}')}"
            extra = "extra int" if self.some(0.5) else ""
            check = f"CHECK ({table.columns[0].sql} IS NOT NULL)"
            self.out.append(f"CREATE TABLE {heir} ({', '.join(filter(None, [extra, check]))}) INHERITS ({table.sql})")
            if self.some(0.7):
                self.out.append(f"CREATE INDEX ON {heir} ({table.columns[0].sql})")
            table.leaves.append(heir)
        table.unique = False

    def _key(self, table: Table) -> None:
        first = table.columns[0]
        what = self.rng.choices(["PRIMARY KEY ({0})", "UNIQUE ({0})", ""], [8, 1, 1])[0]
        if what:
            self.out.append(f"ALTER TABLE {table.sql} ADD {what.format(first.sql)}")
            table.unique = True

    def _partition(self, table: Table, by: str) -> None:
        table.partitioned = True
        self.out.append(f"CREATE TABLE {table.sql} ({self._columns(table)}) PARTITION BY {by}")

    def _leaf(self, table: Table, number: int, bounds: str, *, below: bool = False) -> None:
        leaf = f"{table.schema}.{quoted(f'{table.name}_p{number}')}"
        if below and self.some(0.3):
            other = table.columns[-1]
            if other.kind.family in ("number", "plain", "text", "enum") and other.kind.type not in (
                "money",
                "bit(12)",
                "varbit",
            ):
                self.out.append(
                    f"CREATE TABLE {leaf} PARTITION OF {table.sql} {bounds} PARTITION BY HASH ({other.sql})"
                )
                for rest in range(2):
                    under = f"{table.schema}.{quoted(f'{table.name}_p{number}_{rest}')}"
                    self.out.append(
                        f"CREATE TABLE {under} PARTITION OF {leaf} FOR VALUES WITH (MODULUS 2, REMAINDER {rest})"
                    )
                    table.leaves.append(under)
                return
        self.out.append(f"CREATE TABLE {leaf} PARTITION OF {table.sql} {bounds}")
        table.leaves.append(leaf)

    def _range(self, table: Table) -> None:
        column, rows = table.columns[0], max(table.rows, 4)
        if column.kind.type == "uuid":
            return self._hash(table)
        if self.some(0.4):
            kind = next(k for k in KINDS if k.type == "timestamptz")
            column = Column("at", kind, "n")
            table.columns.append(column)
        parts = self.rng.choice([2, 4, 7])
        self._partition(table, f"RANGE ({column.sql})")
        for number in range(parts):
            low, high = (column.kind.value.format(k=f"({rows * at // parts})::bigint") for at in (number, number + 1))
            self._leaf(table, number, f"FOR VALUES FROM ({low}) TO ({high})", below=True)
        self._leaf(table, parts, "DEFAULT")
        if column is table.columns[0]:
            self._key(table)
        return None

    def _list(self, table: Table) -> None:
        kind = self.rng.choice([k for k in KINDS if k.type in ("mood", "smallint")])
        column = Column("part", kind, f"floor({6} * power(random(), 2))", 0)
        table.columns.append(column)
        values = ["sad", "meh", "ok", "good"] if kind.type == "mood" else ["0", "1", "2", "3"]
        self._partition(table, f"LIST ({column.sql})")
        for number, (a, b) in enumerate(((0, 1), (1, 3))):
            self._leaf(table, number, f"FOR VALUES IN ({', '.join(repr(v) for v in values[a:b])})", below=True)
        self._leaf(table, 3, f"FOR VALUES IN ('{values[3]}')")
        self._leaf(table, 4, "DEFAULT")
        if self.some(0.5):
            self.out.append(f"ALTER TABLE {table.sql} ADD PRIMARY KEY ({table.columns[0].sql}, {column.sql})")

    def _hash(self, table: Table) -> None:
        self._partition(table, f"HASH ({table.columns[0].sql})")
        for number in range(3):
            self._leaf(table, number, f"FOR VALUES WITH (MODULUS 3, REMAINDER {number})")
        self._key(table)

    # ------------------------------------------------------------------ rows
    def fill(self, table: Table, low: int = 1, high: int | None = None) -> None:
        high = table.rows if high is None else high
        if not high:
            return
        targets = [table.sql, *table.leaves] if table.leaves and not table.partitioned else [table.sql]
        for place, target in enumerate(targets):
            step = len(targets)
            first = low + place
            inner, values = [], []
            for number, column in enumerate(table.columns):
                spread = column.spread
                inner.append((number, spread))
                value = column.kind.value.replace("{k}", f"k{number}")
                values.append(f"CASE WHEN random() >= {column.nulls} THEN {value} END" if column.nulls else value)
            source = f"(SELECT n::bigint AS n FROM generate_series({first}, {high}, {step}) AS n) AS s"
            for number, spread in inner:
                kept = ", ".join(["n", *(f"k{each}" for each in range(number))])
                source = f"(SELECT {kept}, ({spread})::bigint AS k{number} FROM {source} OFFSET 0) AS s"
            names = ", ".join(column.sql for column in table.columns)
            self.out.append(f"INSERT INTO {target} ({names}) SELECT {', '.join(values)} FROM {source}")

    def wear(self, table: Table) -> None:
        """Indexes, statistics, constraints, dropped columns, bloat, VACUUM and ANALYZE, growth."""
        rng = self.rng
        for _ in range(rng.randint(0, 5)):
            if text := self.index(table):
                self.serial += 1
                self.out.append(
                    f"CREATE {'UNIQUE ' if text.startswith('!') else ''}INDEX i{self.serial} {text.lstrip('!')}"
                )
        if table.leaves and self.some(0.4):
            column = rng.choice(table.columns)
            if column.kind.family in SORTED:
                self.out.append(f"CREATE INDEX ON {rng.choice(table.leaves)} ({column.sql})")
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            self.statistics(table)
        for column in table.columns:
            if self.some(0.06):
                self.out.append(
                    f"ALTER TABLE {table.sql} ALTER {column.sql} SET STATISTICS {rng.choice([0, 5, 20, 400])}"
                )
            if self.some(0.04):
                self.out.append(
                    f"ALTER TABLE {table.sql} ALTER {column.sql} SET (n_distinct = {rng.choice([17, -0.3, 5000])})"
                )
        if self.some(0.2):
            self.out.append(f"ALTER TABLE {table.sql} DROP COLUMN IF EXISTS gone0")
        if self.some(0.12):
            column = rng.choice(table.columns[1:])
            self.out.append(f"ALTER TABLE {table.sql} ADD CHECK ({column.sql} IS NOT NULL OR true) NOT VALID")
        if self.some(0.15):
            self.out.append(f"ALTER TABLE {table.sql} ADD COLUMN twice int GENERATED ALWAYS AS (7 * 6) STORED")
        if not self.some(0.06):
            self.out.append(f"{rng.choice(['VACUUM ANALYZE', 'VACUUM ANALYZE', 'ANALYZE'])} {table.sql}")
        first = table.columns[0].sql
        if self.some(0.25):
            keep = rng.choice(["random() < 0.3", f"{first} < (SELECT {first} FROM {table.sql} LIMIT 1)"])
            self.out.append(f"DELETE FROM {table.sql} WHERE {keep}")
            if self.some(0.6):
                self.out.append(f"{rng.choice(['VACUUM', 'VACUUM ANALYZE', 'ANALYZE'])} {table.sql}")
        if self.some(0.2) and table.rows > 50:
            self.fill(table, table.rows + 1, int(table.rows * rng.choice([1.02, 1.4, 3])))
        if self.some(0.2):
            column = rng.choice(table.columns)
            self.out.append(f"UPDATE {table.sql} SET {column.sql} = {column.sql} WHERE random() < 0.2")
            if self.some(0.7):
                self.out.append(f"VACUUM {table.sql}")

    def index(self, table: Table) -> str | None:
        """``ON table ...``; ``!`` before it: unique."""
        rng = self.rng
        column = rng.choice(table.columns)
        family, name = column.kind.family, column.sql
        method = rng.choices(["btree", "expression", "partial", "special", "brin", "hash"], [8, 2, 2, 4, 1.2, 0.8])[0]
        head = f"ON {table.sql}"
        if method == "special":
            text = column.kind.type.startswith(("text", "varchar", "email"))
            found = {
                "array": "USING gin ({c})", "json": rng.choice(["USING gin ({c})", "USING gin ({c} jsonb_path_ops)"]),
                "range": rng.choice(["USING gist ({c})", "USING spgist ({c})"]), "words": rng.choice(["USING gin ({c})", "USING gist ({c})"]),
                "point": rng.choice(["USING gist ({c})", "USING spgist ({c})"]), "net": "USING gist ({c} inet_ops)",
                "number": "USING gin ({c})" if column.kind.type in ("integer", "bigint") else None, "time": "USING gist ({c})",
                "text": rng.choice(["USING gin ({c} x.gin_trgm_ops)", "USING gist ({c} x.gist_trgm_ops)", "({c} text_pattern_ops)",
                                    "USING spgist ({c})"]) if text else None,
            }.get(family)  # fmt: skip
            return None if found is None else f"{head} {found.format(c=name)}"
        if family not in SORTED:
            return None
        if method == "brin":
            if family not in ("number", "time", "text") or column.kind.type in ("money",):
                return None
            return f"{head} USING brin ({name})" + rng.choice(["", " WITH (pages_per_range = 8)"])
        if method == "hash":
            return (
                None
                if family == "pair"
                or column.kind.type == "varbit"
                or column.kind.type.startswith("bit")
                or column.kind.type == "money"
                else f"{head} USING hash ({name})"
            )
        if method == "expression":
            made = {
                "text": rng.choice([f"lower({name})", f"shout({name}::text)", f"length({name})", f"left({name}, 3)"]),
                "number": f"({name} % 10)" if column.kind.type in ("integer", "bigint", "positive") else f"abs({name})",
                "json": f"({name} ->> 'b')", "time": f"date_part('year', {name})" if column.kind.type != "timestamptz" else None,
            }.get(family)  # fmt: skip
            return None if made is None else f"{head} (({made}))"
        parts = [name]
        others = [each for each in table.columns if each is not column and each.kind.family in SORTED]
        for other in rng.sample(others, min(len(others), rng.choice([0, 0, 1, 1, 2, 3]))):
            parts.append(other.sql)
        parts = [part + rng.choice(["", "", "", " DESC", " DESC NULLS LAST", " NULLS FIRST"]) for part in parts]
        text = f"{head} ({', '.join(parts)})"
        if self.some(0.15) and others:
            include = rng.choice(others).sql
            if include not in [part.split(" ")[0] for part in parts]:
                text += f" INCLUDE ({include})"
        if self.some(0.1):
            text += rng.choice([" WITH (fillfactor = 60)", " WITH (deduplicate_items = off)"])
        if method == "partial":
            other = rng.choice(table.columns)
            text += rng.choice(
                [f" WHERE {other.sql} IS NOT NULL", f" WHERE {other.sql} IS NULL", f" WHERE {self.predicate(table)}"]
            )
        elif column is table.columns[0] and self.some(0.2) and not table.partitioned and column.spread == "n":
            text = "!" + text
        return text

    def predicate(self, table: Table) -> str:
        for column in self.rng.sample(table.columns, len(table.columns)):
            if column.kind.type in ("integer", "bigint", "smallint", "numeric", "double precision"):
                return f"{column.sql} > {self.rng.choice([3, 100, 5000])}"
            if column.kind.family == "bool":
                return column.sql
            if column.kind.family == "enum":
                return f"{column.sql} IN ('sad', 'ok')"
        return "true"

    def statistics(self, table: Table) -> None:
        fit = [each for each in table.columns if each.kind.family in SORTED]
        if len(fit) < 2:
            return
        parts = [each.sql for each in self.rng.sample(fit, min(len(fit), self.rng.choice([2, 2, 3])))]
        kinds = self.rng.choice(["", " (ndistinct)", " (dependencies)", " (mcv)", " (mcv, ndistinct)"])
        text = next((each for each in fit if each.kind.family == "text"), None)
        if text is not None and self.some(0.4):
            parts = [parts[0], f"(length({text.sql}))"] if self.some(0.6) else [f"(lower({text.sql}))"]
            kinds = "" if len(parts) == 1 else kinds
        self.serial += 1
        self.out.append(
            f"CREATE STATISTICS {table.schema}.s{self.serial}{kinds} ON {', '.join(parts)} FROM {table.sql}"
        )

    def views(self) -> None:
        rng = self.rng
        for number, table in enumerate(rng.sample(self.tables, 2)):
            inner = f"SELECT * FROM {table.sql} WHERE {rng.choice(table.columns).sql} IS NOT NULL"
            materialized = self.some(0.5)
            view = Table("app", f"View {number}", table.rows, list(table.columns), writable=False)
            self.out.append(f"CREATE {'MATERIALIZED ' if materialized else ''}VIEW {view.sql} AS {inner}")
            if materialized:
                if text := self.index(view):
                    self.out.append(f"CREATE INDEX m{number} {text.lstrip('!')}")
                self.out.append(f"ANALYZE {view.sql}")
            self.tables.append(view)

    def settings(self) -> list[str]:
        rng = self.rng
        all_ = {
            "random_page_cost": ["1.1", "2", "4"], "work_mem": ["64kB", "1MB", "256MB"], "effective_cache_size": ["64MB", "32GB"],
            "enable_nestloop": ["off"], "enable_hashjoin": ["off"], "enable_seqscan": ["off"], "enable_bitmapscan": ["off"],
            "enable_sort": ["off"], "enable_hashagg": ["off"], "join_collapse_limit": ["1", "3"], "from_collapse_limit": ["2"],
            "max_parallel_workers_per_gather": ["0", "4"], "min_parallel_table_scan_size": ["0", "64kB"],
            "min_parallel_index_scan_size": ["0"], "parallel_setup_cost": ["0", "10"], "parallel_tuple_cost": ["0"],
            "enable_partitionwise_join": ["on"], "enable_partitionwise_aggregate": ["on"], "geqo_threshold": ["2", "4"],
            "cpu_tuple_cost": ["0.03"], "hash_mem_multiplier": ["1", "4"], "constraint_exclusion": ["on", "off"],
            "jit": ["off"], "cursor_tuple_fraction": ["0.5"], "default_statistics_target": ["30", "300"],
            "seq_page_cost": ["0.5"], "datestyle": ["German, DMY", "SQL, MDY"], "intervalstyle": ["sql_standard"],
            "timezone": ["Asia/Kolkata", "America/New_York"], "extra_float_digits": ["0"], "bytea_output": ["escape"],
            "enable_material": ["off"], "parallel_leader_participation": ["off"], "enable_incremental_sort": ["off"],
            "plan_cache_mode": ["force_generic_plan"], "enable_memoize": ["off"], "recursive_worktable_factor": ["3"] if self.major >= 15 else ["-"],
        }  # fmt: skip
        chosen = rng.sample(sorted(all_), rng.choice([0, 0, 2, 4, 8]))
        found = [f"ALTER DATABASE {{database}} SET {name} = '{rng.choice(all_[name])}'" for name in chosen]
        found = [each for each in found if not each.endswith("= '-'")]
        return [*found, "ALTER DATABASE {database} SET search_path = app, public, x"]
