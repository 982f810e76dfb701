"""Values that do not fit a column's new type."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from advisor.catalog.types import canonical, facts
from advisor.migrations.foresee import settle
from advisor.migrations.foresee.checks import Refuses, tokens, tried
from advisor.migrations.foresee.codes import Kind, code
from advisor.migrations.foresee.known import Known
from advisor.migrations.foresee.statistics import Statistics
from advisor.migrations.foresee.values import Token, Value
from advisor.model.catalog import Column, Table
from advisor.model.engine import EngineName
from advisor.model.migration import Change, Failure

_BITS = {"smallint": 16, "integer": 32, "int": 32, "bigint": 64, "tinyint": 8, "mediumint": 24}
_TYPE = re.compile(r"([a-z ]+?)\s*(?:\((\d{1,5})(?:,(\d{1,3}))?\))?(?:\s+(unsigned).*)?")
_ENUM = re.compile(r"\bAS\s+ENUM\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
_LABEL = re.compile(r"'((?:[^']|'')*)'")
_INTEGER = re.compile(r"\s*[-+]?\d+\s*")
#: A type's name that is longer is none of those that are known here; but for an enum's labels.
_LONGEST = 4000
#: Bytes of a text beside its characters, and of a character at most (UTF-8): varlena's header.
_HEADER = 4
_WIDEST = 4


def of_type(statistics: Statistics, table: Table, column: Column, change: Change) -> Failure | None:
    """Does ALTER COLUMN ... TYPE fail on the values that are there? None: nothing says so.

    A USING that is more than a cast of the column makes other values, and an explicit cast to varchar(n) cuts them.
    Without strict mode MySQL and MariaDB change values instead of refusing them.
    """
    if not change.new_type or len(change.new_type) > _LONGEST or statistics.sizes.rows(table.name) == 0:
        return None
    engine = statistics.engine
    cast = bool(change.expression)
    if cast and not _plain_cast(change.expression or "", column.name):
        return None
    if engine in ("mysql", "mariadb") and "sql_mode" in statistics.catalog.settings:
        mode = statistics.catalog.settings["sql_mode"].upper()
        if "STRICT_ALL_TABLES" not in mode and "STRICT_TRANS_TABLES" not in mode and "TRADITIONAL" not in mode:
            return None
    known = statistics.column(table.name, column.name)
    if known is None:
        return None
    found = _refusal(statistics, known, column, change.new_type, cast)
    if found is None:
        return None
    refuses, kind, condition = found
    what = f"values of {table.name}.{column.name} do not fit {change.new_type.strip()}"
    failure = tried(statistics, known, refuses, kind, what) or _by_width(known, engine, change.new_type, cast)
    query = settle.violations(table, condition, engine) if condition else None
    if failure is None and not known.whole and not _fits(known, change.new_type, statistics):
        return Failure(
            message=f"it fails if {what}; the statistics show none, which is no proof",
            certain=False,
            foreseen=True,
            settle=query,
        )
    if failure is None:
        return None
    return Failure(message=failure.message, code=failure.code, certain=failure.certain, foreseen=True, settle=query)


def _fits(known: Known, new: str, statistics: Statistics) -> bool:
    """Whatever the old type holds, the new one does."""
    engine = statistics.engine
    old, wanted = (_TYPE.fullmatch(canonical(one, engine)) for one in (known.type, new))
    if old is None or wanted is None:
        return False
    base, length = old[1].strip(), int(old[2] or 0)
    if base in _BITS and wanted[1].strip() in _BITS:
        return _BITS[wanted[1].strip()] >= _BITS[base] and bool(old[4]) == bool(wanted[4])
    if base in ("numeric", "decimal") and wanted[1].strip() in ("numeric", "decimal"):
        whole = length - int(old[3] or 0)
        return bool(length) and int(wanted[2] or 0) - int(wanted[3] or 0) >= whole and old[3] == wanted[3]
    # varchar(n) as the catalog has it; the statistics' type has no length.
    owner = statistics.table(known.table)
    declared = next((one.type for one in owner.columns if one.name == known.column), "") if owner else ""
    told = _TYPE.fullmatch(canonical(declared, engine)) if declared else None
    return bool(told and told[2] and wanted[2] and int(told[2]) <= int(wanted[2]))


def _plain_cast(text: str, column: str) -> bool:
    name = rf'["`]?{re.escape(column)}["`]?'
    return bool(
        re.fullmatch(rf"\(*\s*{name}\s*\)*\s*(?:::\s*[\w\s.\"(),]+)?", text.strip(), re.IGNORECASE)
        or re.fullmatch(rf"CAST\s*\(\s*{name}\s+AS\s+[\w\s.\"(),]+\)", text.strip(), re.IGNORECASE)
    )


def _refusal(
    statistics: Statistics, known: Known, column: Column, new: str, cast: bool
) -> tuple[Refuses, Kind, str | None] | None:
    """What refuses a value, how the server says it, and the condition that the rows must meet."""
    engine = statistics.engine
    printed = canonical(new, engine)
    found = _TYPE.fullmatch(printed)
    name = settle.name(column.name, engine)
    old = facts(known.type, engine, statistics.catalog.types)
    labels = _labels(statistics, new)
    if labels is not None and old.family == "string":
        return _not_among(statistics, known, labels), "text", None
    if found is None:
        return None
    base, first, second, unsigned = found.groups()
    base = base.strip()
    if base in _BITS:
        top = 2 ** (_BITS[base] - (0 if unsigned else 1)) - 1
        low = 0 if unsigned else -top - 1
        if old.family == "string":
            return (_not_a_number, "text", None) if cast or engine != "postgresql" else None
        return _outside(Decimal(low), Decimal(top)), "number", f"{name} BETWEEN {low} AND {top}"
    if base in ("numeric", "decimal") and first and old.family in ("integer", "decimal"):
        scale = int(second or 0)
        most = Decimal(10) ** (int(first) - scale)
        return _too_large(most, scale), "number", f"abs({name}) < {most}"
    if base in ("character varying", "varchar", "character", "char") and first and old.family == "string":
        if cast and engine == "postgresql":
            return None  # an explicit cast cuts
        return _longer(int(first)), "length", f"char_length({name}) <= {first}"
    return None


def _outside(low: Decimal, high: Decimal) -> Refuses:
    def refuses(value: Value) -> bool | None:
        # 32767.4 becomes 32767: the fraction is rounded off.
        return not low - 1 < value < high + 1 if isinstance(value, Decimal) else None

    return refuses


def _too_large(most: Decimal, scale: int) -> Refuses:
    def refuses(value: Value) -> bool | None:
        if not isinstance(value, Decimal):
            return None
        try:
            return abs(value).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP) >= most
        except InvalidOperation:
            return None

    return refuses


def _longer(most: int) -> Refuses:
    def refuses(value: Value) -> bool | None:
        # Blanks at the end are cut without a word.
        return len(value.rstrip(" ")) > most if isinstance(value, str) else None

    return refuses


def _not_a_number(value: Value) -> bool | None:
    if not isinstance(value, str):
        return None
    # Other spellings (0x10, 1_000 from 16 on) begin with a digit.
    return True if value and _INTEGER.fullmatch(value) is None and value.strip()[:1].isalpha() else None


def _not_among(statistics: Statistics, known: Known, labels: list[str]) -> Refuses:
    token_of = tokens(statistics, known)
    mysql = statistics.engine in ("mysql", "mariadb")
    masked = {token_of(one) for one in labels} | set(labels)

    def refuses(value: Value) -> bool | None:
        if isinstance(value, Token):
            return None if mysql else value.token not in masked
        if not isinstance(value, str):
            return None
        if mysql:
            return None if not value.isascii() else value.rstrip().lower() not in {one.lower() for one in labels}
        return value not in labels

    return refuses


def _labels(statistics: Statistics, new: str) -> list[str] | None:
    """Of an enum that is there, or of MySQL's ENUM(...)."""
    if new.lower().startswith("enum"):
        return [one.replace("''", "'") for one in _LABEL.findall(new)]
    if statistics.snapshot is None:
        return None
    bare = new.strip().strip('"').rpartition(".")[2].strip('"').lower()
    for one in statistics.snapshot.objects:
        if one.kind == "type" and one.name.lower() == bare:
            found = _ENUM.search(one.ddl[0])
            # Values that later statements add are labels too.
            return [x.replace("''", "'") for x in _LABEL.findall(" ".join((found[1], *one.ddl[1:])))] if found else None
    return None


def _by_width(known: Known, engine: EngineName, new: str, cast: bool) -> Failure | None:
    """The average of the stored bytes is more than so many characters can take: some value is longer."""
    found = _TYPE.fullmatch(canonical(new, engine))
    if engine != "postgresql" or cast or found is None or not found[2] or known.width is None:
        return None
    if found[1].strip() not in ("character varying",) or known.width <= int(found[2]) * _WIDEST + _HEADER:
        return None
    # Trailing blanks are cut without a word, so long values that end in blanks would pass.
    return Failure(
        message=f"values of {known.table}.{known.column} have {known.width:.0f} bytes on average: more than "
        f"{found[2]} characters, {known.when}",
        code=code("length", engine),
        certain=False,
        foreseen=True,
    )
