"""The id that pt-query-digest gives a MySQL statement, to join our report with Percona's tools and PMM.

It follows the documented steps of pt-query-digest's fingerprint, faults included, because an id is only of use
if it is the same. PMM and pt-query-digest up to 3.0 print the last 16 hex digits of the MD5; later versions of
pt-query-digest print all 32, of which these are the last.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

_MYSQLDUMP: Final = re.compile(rb"SELECT /\*!40001 SQL_NO_CACHE \*/ \* FROM `")
_TOOLKIT: Final = re.compile(rb"/\*\w+\.\w+:[0-9]/[0-9]\*/")
_CALL: Final = re.compile(rb"\s*(call\s+\S+)\(", re.I)
_INSERT: Final = re.compile(rb"(?:INSERT|REPLACE)(?: IGNORE)?\s+INTO", re.I)
_VALUES: Final = re.compile(rb"VALUES\s*\(", re.I)
_NEXT_ROW: Final = re.compile(rb"\)\s*+,\s*+\(")
_LINE: Final = re.compile(rb"[^\r\n]++")
_LINE_COMMENT: Final = re.compile(rb"--|#")
_USE: Final = re.compile(rb"use \S+", re.I)
_STRINGS: Final = (re.compile(rb'"[^"]*"'), re.compile(rb"'[^']*'"))
_BOOLEAN: Final = re.compile(rb"\b(?:false|true)\b", re.I)
_NUMBER: Final = re.compile(rb"[0-9+-][0-9a-f.xb+-]*+")
_PREFIX: Final = re.compile(rb"[xb.+-]\?")
_SPACE: Final = re.compile(rb"[ \n\t\r\f]++")
_NULL: Final = re.compile(rb"\bnull\b")
_LIST: Final = re.compile(rb"\b(in|values?)(?>(?:[\s,]*+\([\s?,]*+\))+)")
_SELECT: Final = re.compile(rb"\bselect\s")
_UNION: Final = re.compile(rb"\sunion(?:\sall)?\s")
_LIMIT: Final = re.compile(rb"\blimit \?(?:, ?\?| offset \?)?")
_ORDER: Final = re.compile(rb"\border by ")
_ASC: Final = re.compile(rb"\s+asc")

#: What comparing the SELECTs of a UNION may cost, in bytes and a thousand a comparison; with more there is no id.
_UNION_WORK: Final = 20_000_000


def checksum(sql: str) -> str | None:
    """16 upper-case hex digits; None for the rare statement whose id would cost more than linear time."""
    text = percona_fingerprint(sql.encode("utf-8", "surrogatepass").rstrip(b"; \t\r\n"))
    if text is None:
        return None
    return hashlib.md5(text, usedforsecurity=False).hexdigest()[16:].upper()


def percona_fingerprint(sql: bytes) -> bytes | None:
    """What pt-query-digest reduces a statement to; None if that needs too many comparisons."""
    if _MYSQLDUMP.match(sql):
        return b"mysqldump"
    if _TOOLKIT.search(sql):
        return b"percona-toolkit"
    if sql.startswith(b"administrator command: "):
        return sql
    if called := _CALL.match(sql):
        return called[1].lower()
    if (
        (into := _INSERT.match(sql))
        and (values := _VALUES.search(sql, into.end() + 1))
        and (following := _NEXT_ROW.search(sql, values.end()))
    ):
        sql = sql[: following.start() + 1]
    sql = _LINE.sub(_cut_line, _cut_blocks(sql))
    if _USE.fullmatch(sql):
        return b"use ?"
    sql = sql.replace(b'\\"', b"").replace(b"\\'", b"") if b"\\" in sql else sql
    for string in _STRINGS:
        sql = string.sub(b"?", sql)
    sql = _PREFIX.sub(b"?", _NUMBER.sub(b"?", _BOOLEAN.sub(b"?", sql)))
    sql = sql.lstrip().removesuffix(b"\n")
    sql = _NULL.sub(b"?", _SPACE.sub(b" ", sql).lower())
    sql = _LIST.sub(rb"\1(?+)", sql)
    if b"union" in sql:
        collapsed = _collapse_unions(sql)
        if collapsed is None:
            return None
        sql = collapsed
    sql = _LIMIT.sub(b"limit ?", sql, count=1)
    if order := _ORDER.search(sql):
        sql = _drop_asc(sql, order.end())
    return sql


def _cut_blocks(sql: bytes) -> bytes:
    """Cut ``/* */`` comments but not ``/*!``. What is between may not be empty: ``/**/`` ends at a later ``*/``."""
    kept = []
    pos = at = 0
    while (at := sql.find(b"/*", at)) >= 0:
        if sql[at + 2 : at + 3] in (b"!", b""):
            at += 1
            continue
        close = sql.find(b"*/", at + 3)
        if close < 0:
            break
        kept.append(sql[pos:at])
        pos = at = close + 2
    kept.append(sql[pos:])
    return b"".join(kept)


def _cut_line(line: re.Match[bytes]) -> bytes:
    """Cut ``--`` or ``#`` to the end of the line, if no quote follows in it."""
    text = line[0]
    quoted = max(text.rfind(b"'"), text.rfind(b'"'))
    comment = _LINE_COMMENT.search(text, quoted + 1)
    return text[: comment.start()] if comment else text


def _collapse_unions(sql: bytes) -> bytes | None:
    """``select a union select a`` is ``select a /*repeat union*/``."""
    unions = list(_UNION.finditer(sql))
    kept = []
    pos = work = 0
    for select in _SELECT.finditer(sql):
        start = select.start()
        if start < pos:
            continue
        for number, union in enumerate(unions):
            if union.start() < select.end():
                continue
            work += 1000 + union.start() - start
            if work > _UNION_WORK:
                return None
            body = sql[start : union.start()]
            if not sql.startswith(body, union.end()):
                continue
            last, end = union, union.end() + len(body)
            for following in unions[number + 1 :]:
                if following.start() == end and sql.startswith(body, following.end()):
                    last, end = following, following.end() + len(body)
            kept += [sql[pos:start], body, b" /*repeat", last[0][:-1], b"*/"]
            pos = end
            break
    kept.append(sql[pos:])
    return b"".join(kept)


def _drop_asc(sql: bytes, start: int) -> bytes:
    kept = [sql[:start]]
    for asc in _ASC.finditer(sql, start):
        if asc.start() > start:
            kept.append(sql[start : asc.start()])
            start = asc.end()
    kept.append(sql[start:])
    return b"".join(kept)
