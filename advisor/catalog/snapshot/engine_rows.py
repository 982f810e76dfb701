"""Masking of the rows that MySQL, MariaDB and SQLite keep their statistics in: histograms, bounds, samples."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Protocol

import msgspec

from advisor.catalog.snapshot import sqlite_record
from advisor.catalog.snapshot.value_types import UNKNOWN, ValueType
from advisor.model.snapshot import Snapshot, StatisticsRow

_MARIADB = "mysql.column_stats"
_MYSQL = "information_schema.column_statistics"
_SQLITE = "sqlite_stat4"
_TEXT = ValueType("text")
#: Families of types that say nothing of anybody; see `advisor.catalog.types`.
_PLAIN = frozenset({"integer", "decimal", "float", "boolean", "temporal", "uuid"})
#: ``data-type`` of MySQL's histograms.
_PLAIN_DATA = frozenset({"int", "uint", "double", "decimal", "date", "time", "datetime", "enum", "set", "year"})
_SAMPLED = ("min_value", "min_value_hex", "max_value", "max_value_hex", "histogram", "histogram_hex", "hist_type")
#: SQLite has no type for dates: texts that are wholly one stay, as dates do elsewhere.
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")


class Masker(Protocol):
    """What masking offers here."""

    collecting: bool

    def fits(self, of: ValueType) -> bool:
        """Are there tokens for so short a type?"""
        ...

    def text(self, value: str, of: ValueType, *, visible: bool = False) -> str:
        """The token of one text."""
        ...

    def dropped(self, why: str, name: str) -> None:
        """Values of ``name`` are not carried over."""
        ...


def without_values(rows: Iterable[StatisticsRow]) -> list[StatisticsRow]:
    """The rows without anything sampled."""
    out = []
    for row in rows:
        if row.source in (_MYSQL, _SQLITE):
            continue
        if row.source == _MARIADB:
            values = {k: None if k in _SAMPLED or k == "hist_size" else v for k, v in row.values.items()}
            row = msgspec.structs.replace(row, values=values)  # noqa: PLW2901
        out.append(row)
    return out


def masked(snapshot: Snapshot, masker: Masker) -> list[StatisticsRow]:
    """The rows with tokens for texts; what cannot be masked is left out and said."""
    if not any(row.source in (_MARIADB, _MYSQL, _SQLITE) for row in snapshot.rows):
        return snapshot.rows
    kinds = columns_of(snapshot)
    out = []
    for row in snapshot.rows:
        made: StatisticsRow | None = row
        if row.source == _MARIADB:
            made = _mariadb(row, kinds, masker)
        elif row.source == _MYSQL:
            made = _mysql(row, kinds, masker)
        elif row.source == _SQLITE:
            made = _sqlite(row, masker)
        if made is not None:
            out.append(made)
    return out if masker.collecting else _in_order(out, masker)


def columns_of(snapshot: Snapshot) -> dict[tuple[str, str], ValueType]:
    """What each column holds, by table and column in lower case."""
    from advisor.catalog.ddl.file import read_ddl
    from advisor.catalog.types import facts

    engine = snapshot.header.engine.name
    text = ";\n".join(ddl for one in snapshot.objects if one.kind == "table" for ddl in one.ddl) + ";"
    found: dict[tuple[str, str], ValueType] = {}
    for table in read_ddl(text, "snapshot", engine).tables.values():
        for column in table.columns:
            known = facts(column.type, engine)
            labels = column.type.lower().startswith(("enum", "set("))  # they are in the definition
            of = ValueType(
                "plain" if labels or known.family in _PLAIN else "text" if known.family == "string" else "unknown",
                limit=known.length if known.family == "string" else None,
            )
            place = table.name.lower(), column.name.lower()
            # tables of one name in two databases: the one that needs masking counts
            if place not in found or found[place].kind == "plain":
                found[place] = of
    return found


def _name(values: dict[str, Any], *keys: str) -> str:
    return ".".join(str(values.get(key)) for key in keys)


def _mariadb(row: StatisticsRow, kinds: dict[tuple[str, str], ValueType], masker: Masker) -> StatisticsRow:
    values = dict(row.values)
    of = kinds.get((str(values.get("table_name")).lower(), str(values.get("column_name")).lower()), UNKNOWN)
    if of.kind == "plain":
        return row
    if of.kind != "text" or not masker.fits(of) or any(values.get(f"{k}_hex") for k in ("min_value", "max_value")):
        if any(values.get(k) is not None for k in _SAMPLED):
            masker.dropped(
                "bounds and histograms left out by masking (not text)", _name(values, "table_name", "column_name")
            )
        values |= {k: None for k in (*_SAMPLED, "hist_size") if k in values}
        return msgspec.structs.replace(row, values=values)
    for key in ("min_value", "max_value"):
        if isinstance(values.get(key), str):
            values[key] = masker.text(values[key], of)
    if values.get("hist_type") == "JSON_HB":
        try:
            histogram = values.get("histogram")
            content: Any = msgspec.json.decode(histogram) if isinstance(histogram, str) else histogram
            for bucket in content["histogram_hb"]:
                for key in ("start", "end"):
                    if key in bucket:
                        bucket[key] = masker.text(str(bucket[key]), of)
            if not masker.collecting and not _ascending([b.get("start", "") for b in content["histogram_hb"]]):
                raise ValueError("ordered by a collation of its own")
            values["histogram"] = msgspec.json.encode(content).decode() if isinstance(histogram, str) else content
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            masker.dropped(
                "histograms left out by masking (not readable, or another collation)",
                _name(values, "table_name", "column_name"),
            )
            values |= {k: None for k in ("histogram", "histogram_hex", "hist_type", "hist_size") if k in values}
    return msgspec.structs.replace(row, values=values)


def _mysql(row: StatisticsRow, kinds: dict[tuple[str, str], ValueType], masker: Masker) -> StatisticsRow | None:
    histogram = row.values.get("histogram")
    try:
        content: Any = msgspec.json.decode(histogram) if isinstance(histogram, str) else histogram
        kind = content["data-type"]
        if kind in _PLAIN_DATA:
            return row
        if kind != "string":
            raise TypeError(kind)
        of = kinds.get((str(row.values.get("table_name")).lower(), str(row.values.get("column_name")).lower()), UNKNOWN)
        if of.kind != "text" or not masker.fits(of):
            raise TypeError("no text")
        singles = content["histogram-type"] == "singleton"
        buckets = [
            [_based(v, of, masker) if n < (1 if singles else 2) else v for n, v in enumerate(bucket)]
            for bucket in content["buckets"]
        ]
        if not masker.collecting and not _ascending([str(bucket[0]) for bucket in buckets]):
            raise ValueError("ordered by a collation of its own")
        content = {**content, "buckets": buckets}
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        masker.dropped(
            "histograms left out by masking (not text, or another collation)",
            _name(row.values, "table_name", "column_name"),
        )
        return None
    made = msgspec.json.encode(content).decode() if isinstance(histogram, str) else content
    return msgspec.structs.replace(row, values={**row.values, "histogram": made})


def _based(value: Any, of: ValueType, masker: Masker) -> str:
    """``base64:type254:...``, as MySQL writes strings; read as UTF-8, else byte by byte."""
    if not isinstance(value, str):
        raise TypeError("no text")
    head, separator, packed = value.rpartition(":")
    if not separator:
        return masker.text(value, of)
    try:
        raw = base64.b64decode(packed, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return f"{head}:{base64.b64encode(masker.text(text, of).encode()).decode()}"


def _sqlite(row: StatisticsRow, masker: Masker) -> StatisticsRow | None:
    try:
        fields = sqlite_record.decode(bytes.fromhex(str(row.values["sample"])))
    except (ValueError, KeyError):
        masker.dropped("samples left out by masking (not readable)", _name(row.values, "tbl", "idx"))
        return None
    made = [
        field
        if isinstance(field, str) and _DATE.fullmatch(field)
        else masker.text(field, _TEXT)
        if isinstance(field, str)
        else masker.text("\\x" + field.hex(), ValueType("bytes"))
        if isinstance(field, bytes)
        else field
        for field in fields
    ]
    if masker.collecting:
        return row
    encoded = [
        bytes.fromhex(new.removeprefix("\\x")) if isinstance(old, bytes) and isinstance(new, str) else new
        for old, new in zip(fields, made, strict=True)
    ]
    return msgspec.structs.replace(row, values={**row.values, "sample": sqlite_record.encode(encoded).hex()})


def _ascending(texts: list[str]) -> bool:
    """Base64 of tokens of one width and of digits and small letters in order: compared decoded."""
    plain = [base64.b64decode(t.rpartition(":")[2]).decode("latin-1") if t.startswith("base64:") else t for t in texts]
    return all(a <= b for a, b in pairwise(plain))


def _in_order(rows: list[StatisticsRow], masker: Masker) -> list[StatisticsRow]:
    """Without the samples of indexes that another collation orders: SQLite searches them by halves. Tokens of a
    descending index descend."""
    ranks: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        if row.source == _SQLITE:
            first = sqlite_record.decode(bytes.fromhex(row.values["sample"]))[:1]
            place = str(row.values.get("tbl")), str(row.values.get("idx"))
            ranks.setdefault(place, []).append(sqlite_record.rank(first[0] if first else None))
    wrong = {p for p, found in ranks.items() if found not in (sorted(found), sorted(found, reverse=True))}
    for tbl, idx in sorted(wrong):
        masker.dropped("samples left out by masking (ordered by another collation)", f"{tbl}.{idx}")
    return [
        row
        for row in rows
        if row.source != _SQLITE or (str(row.values.get("tbl")), str(row.values.get("idx"))) not in wrong
    ]
