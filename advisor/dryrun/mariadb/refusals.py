"""Errors of a server: those that production would give too, and those that only say that nothing could be tried."""

from __future__ import annotations

#: ALGORITHM or LOCK is not accepted (1845, 1846), or is a word that the version does not know (1800, 1801).
REFUSED = frozenset({1845, 1846, 1800, 1801})
#: The account of a dry run may less than production's.
_DENIED = frozenset({1044, 1045, 1142, 1143, 1227, 1290, 1370, 1410, 1419, 1133, 1396, 1449, 1193, 1238, 1698, 1819})
#: Rows, tables, routines or engines that an empty copy lacks.
_ROWS = frozenset({1216, 1217, 1451, 1452})
_ABSENT = {
    1049: "the copy has no such database",
    1286: "the copy's server has no such storage engine",
    1305: "the copy has no such routine: a snapshot holds none",
    1235: "the copy's server does not support it",
}
_STOPPED = frozenset({1317, 1969, 3024, 2013, 2006, 1028})
#: What a schema that is behind makes of a statement that would run.
_EXISTENCE = frozenset({1050, 1051, 1054, 1060, 1061, 1068, 1072, 1091, 1146, 1215, 1826, 4031})


def untried(code: int, said: str, *, writes: bool, behind: bool, foreign: bool) -> str | None:
    """Why nothing follows from an error; None: the statement fails.

    ``writes``: it changes rows; ``behind``: an earlier statement could not be run; ``foreign``: the server is not of
    production's version.
    """
    if code in _DENIED:
        return f"a dry run may not do it: {said}"
    if code in _ABSENT:
        return _ABSENT[code]
    if code in _STOPPED:
        return "it took longer than the limit of a statement"
    if code in _ROWS and writes:
        return "it needs rows that an empty copy does not have"
    if code == 1644:
        return f"its own code raised an error on an empty copy: {said}"
    if behind and code in _EXISTENCE:
        return f"an earlier statement could not be run on the copy: {said}"
    if foreign and code in (1064, 1231, 1273, 1115, 1911, 1912):
        return f"the copy's server is of another version and does not take it: {said}"
    return None
