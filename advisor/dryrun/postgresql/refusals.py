"""Whose fault an error is: the migration's, then it fails; or the copy's, which is not all of production."""

from __future__ import annotations

import re
from dataclasses import dataclass

from advisor.dryrun.postgresql.session import Said
from advisor.model.migration import Failure
from advisor.sources.secrets import mask

#: SQLSTATEs of what is not there (manual, appendix "PostgreSQL Error Codes").
_ABSENT = frozenset({"42P01", "42703", "42704", "42883", "3F000", "26000", "34000"})
#: Of the server that the copy is, or of the bounds that it has.
_OURS = re.compile(r"53|57|58|XX|3D000|55P03|28|F0|HV")
#: Of rows that production has and the copy has not: a foreign key's parent, what a block looks for before it raises.
_ROWS = frozenset({"23503", "P0001", "P0002", "P0003", "P0004"})
#: What belongs to the server or the machine, and so is in no copy.
_SERVERS = re.compile(
    r"^(tablespace|database|server|foreign-data wrapper|publication|subscription|language|access method|collation) "
)
_QUOTED = re.compile(r'"([^"]+)"')
_BARE = re.compile(r"(?:table|relation|view|index|function|type|schema|column|sequence|operator) ([\w.]+)")
_LOOKS = re.compile(r"\(\s*SELECT\b|\bFROM\b", re.IGNORECASE)
#: It may have made anything.
_HIDES = re.compile(
    r"(\s|--[^\n]*\n|/\*.*?\*/)*(DO|CALL|SELECT|CREATE\s+EXTENSION|IMPORT|EXECUTE)\b", re.IGNORECASE | re.DOTALL
)
_MODES = re.compile(r"\s*SET\s+(LOCAL\s+|SESSION\s+CHARACTERISTICS\s+AS\s+)?TRANSACTION\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of the copy and of the run so far."""

    whole: bool
    """What is not in the copy is not in production."""
    schemas: frozenset[str] | None
    """Those that earlier migrations made, where they alone tell the schema: a platform may have made others."""
    same_major: bool
    gone: frozenset[str]
    """Names that the migrations dropped or renamed themselves."""
    failed: tuple[tuple[str, str], ...]
    """Earlier statements that did not take effect, and which they were, in words."""
    in_transaction: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """One of the two, or neither: an error without meaning."""

    failure: Failure | None = None
    why_not: str | None = None


def judge(said: Said, statement: str, around: Circumstances) -> Judged:
    """What an error of a statement means for production."""
    code = said.code or ""
    words = mask(said.message)  # the copy has no rows: what the server quotes stands in the migration
    if said.stopped is not None:
        return Judged(why_not=said.stopped)
    if said.lost:
        return Judged(why_not="it ended its session on the copy")
    if _MODES.match(statement) or (code in ("25001", "55000", "0A000") and "subtransaction" in said.message):
        return Judged()
    if "the currently open database" in said.message:  # REINDEX DATABASE and SYSTEM name production's
        return Judged(why_not="the copy's database has another name")
    if code == "25P02":
        return Judged(why_not="a statement before it left the copy's transaction broken")
    if code == "42501":
        return Judged(why_not=f"the copy's role may not do it: {words}")
    if _OURS.match(code) or (code in ("0A000", "22023") and "extension" in said.message):
        return Judged(why_not=f"the copy cannot do it: {words}")
    if code in _ROWS or (code.startswith(("22", "23", "21")) and _LOOKS.search(statement)):
        return Judged(why_not=f"it looks for rows that an empty copy does not have: {words}")
    if code == "42601" and not around.same_major:
        return Judged(why_not=f"the copy is of another major, which does not know it: {words}")
    if code == "42704" and _SERVERS.match(said.message):
        return Judged(why_not=f"the copy has none of the server's own: {words}")
    if code in _ABSENT:
        missing, first = names_in(said.message)
        if first is not None:  # also of a name that was dropped to be made anew
            for earlier, which in around.failed:
                if would_make(earlier, first):
                    return Judged(why_not=f"{words}; {which}")
        if not missing & around.gone:
            for earlier, which in around.failed:
                if first is None or _HIDES.match(earlier):
                    return Judged(why_not=f"{words}; {which}")
            schema = _schema_of(said.message)
            if around.schemas is not None and schema is not None and schema not in around.schemas:
                return Judged(why_not=f"{words}: no migration makes that schema")
            if not around.whole:
                return Judged(why_not=f"{words} in the base schema that is known")
    return Judged(failure=Failure(message=words, code=code))


def _schema_of(message: str) -> str | None:
    """Where the name that a message misses would stand, if it says so."""
    found = re.search(r'\bschema "([^"]+)"', message)
    if found is not None:
        return found[1]
    name = next(iter([*_QUOTED.findall(message), *_BARE.findall(message)]), "")
    return name.rpartition(".")[0].rpartition(".")[2] or None


def would_make(statement: str, name: str) -> bool:
    """Would it have made something of this name?"""
    return re.search(rf"\b(CREATE|ADD|RENAME)\b[^(;]*\b{re.escape(name)}(?!\w)", statement, re.IGNORECASE) is not None


def names_in(message: str) -> tuple[set[str], str | None]:
    """All that a message names, and what it misses."""
    found = [one.rpartition(".")[2] for one in (*_QUOTED.findall(message), *_BARE.findall(message))]
    return set(found), found[0] if found else None
