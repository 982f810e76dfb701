"""What a column gives to a GIN index: its elements, how many rows hold each, and those that no statistic names.

Arrays and tsvectors have statistics of elements (analyze with lossy counting: elements rarer than a cut-off are not
there). For trigrams, JSON and expressions the elements of the sampled values are counted: `most common values` and the
histogram hold up to some hundred of them. How many elements nobody has seen follows Chao (Biometrics 43, 1987),
bounded by what the letters met can form.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from advisor.planners.postgresql.size.catalog import Column, Index
from advisor.planners.postgresql.size.gin import Elements
from advisor.planners.postgresql.size.key import rate
from advisor.planners.postgresql.size.samples import computed
from advisor.planners.postgresql.size.statistics import Reader

_NUMBER = re.compile(r"-?[0-9]{1,18}")
_WORDS = re.compile(r"[^\W_]+")
#: What follows the frequencies of elements: smallest, largest and, of arrays, that of NULL (pg_statistic.h).
_ARRAY_EXTRA = 3
_VECTOR_EXTRA = 2
#: From so many on a count says what it stands for.
_TWICE_ENOUGH = 5
_TIMES_ENOUGH = 8
#: jsonb_ops hashes longer texts (JGIN_MAXLENGTH).
_JSON_LONGEST = 125


def of_column(reader: Reader, index: Index, column: Column, rows: float) -> tuple[Elements, str | None]:
    """Elements of one column of a GIN index, and what they rest on (None: statistics of elements)."""
    if column.element_frequencies is not None and column.elements is not None:
        held = [value for value, _ in _documents(reader, index, column, "words") if value is not None]
        return _from_statistics(column, rows, [str(each) for value in held for each in value if each is not None]), None
    kind = _kind(column)
    if kind == "scalar":
        return _scalar(reader, index, column, rows)
    texts = _documents(reader, index, column, kind)
    documents = [(_ELEMENTS[kind](value), weight) for value, weight in texts if value is not None]
    if len(documents) < 5:
        guess = 10.0 if column.avg_width is None else max(1.0, column.avg_width / 4)
        tail = spread(1.0 / guess, 0, guess, min(rows * guess, 10_000.0), rows)
        return Elements((), tail, 8.0, kind != "words"), "GIN: no values to count elements in: a guess"
    what = {"trigrams": "trigrams", "json": "keys and values", "paths": "paths", "words": "elements"}[kind]
    elements = from_documents(documents, rows, 1.0 - (column.null_frac or 0.0), trigrams=kind == "trigrams")
    fixed = kind in ("trigrams", "paths")
    width = 4.0 if fixed else elements.width + (2.0 if kind == "json" else 1.0)
    made = Elements(elements.frequencies, elements.tail, width, fixed)
    return made, f"GIN: {what} counted in {len(documents)} sampled values"


def _kind(column: Column) -> str:
    if "trgm" in column.opclass:
        return "trigrams"
    if column.opclass.startswith("jsonb_path"):
        return "paths"
    if column.opclass.startswith("jsonb"):
        return "json"
    if column.opclass.startswith("tsvector") or column.input_type in ("anyarray", "tsvector", "_int4"):
        return "words"
    return "scalar"


def _documents(reader: Reader, index: Index, column: Column, kind: str) -> list[tuple[Any, float]]:
    value = f"({column.definition})"
    if kind == "words":
        text = f"tsvector_to_array{value}" if column.input_type == "tsvector" else f"{value}::text[]"
    else:
        text = f"{value}::text"
    return [(row[0], float(row[1])) for row in computed(reader.connection, index, column.definition, text)]


def _scalar(reader: Reader, index: Index, column: Column, rows: float) -> tuple[Elements, str | None]:
    """btree_gin: a value is its own element."""
    facts = reader.facts(index)
    key = facts.keys[column.number - 1]
    rest = max(0.0, 1.0 - sum(key.frequencies) - key.null_frac)
    others = max(1.0, key.distinct - len(key.frequencies))
    if rest * rows >= 1:
        # Values that no row has are no entries, and each that is there has a row.
        mean = rate(rest * rows / others, key.sample)
        others = max(1.0, -math.expm1(-mean) * rest * rows / mean)
    shares = (*key.frequencies, *((key.null_frac,) if key.null_frac else ()))
    width = float(key.length) if key.length > 0 else key.width
    return Elements(shares, ((rest / others, others),) if rest * rows >= 1 else (), width, key.length > 0), None


def _from_statistics(column: Column, rows: float, sampled: list[str]) -> Elements:
    """Known elements as analyze found them; the tail goes on as their frequencies fall."""
    present = 1.0 - (column.null_frac or 0.0)
    words = array_words(column.elements or "{}")
    extra = _VECTOR_EXTRA if column.input_type == "tsvector" else _ARRAY_EXTRA
    known = sorted((column.element_frequencies or ())[: max(0, len(column.element_frequencies or ()) - extra)])[::-1]
    width = sum(len(word.encode()) for word in words) / max(1, len(words)) + 1.0
    if column.element_counts:
        average = column.element_counts[-1]
    else:
        # Of a tsvector: four bytes an entry, the lexeme, and a position with its count (tsvector.h).
        average = max(sum(known), ((column.avg_width or 0) - 8) / (4 + width + 4))
    mass = max(0.0, average - sum(known))
    tail: tuple[tuple[float, float], ...] = ()
    fixed = column.input_type not in ("tsvector",) and all(_NUMBER.fullmatch(word) for word in (*words, *sampled))
    if known and mass > 0.02 * average:
        tail = spread(known[-1], len(known), mass, None, rows * present, _slope(known))
        numbers = [int(each) for each in (*words, *sampled)] if fixed else []
        possible = max(numbers, default=0) - min(numbers, default=0) + 1.0 if fixed else math.inf
        if len(known) < possible < len(known) + sum(count for _, count in tail):
            tail = spread(known[-1], len(known), mass, possible, rows * present)
    return Elements(
        tuple(f * present for f in known), tuple((f * present, c) for f, c in tail), 4.0 if fixed else width, fixed
    )


def from_documents(
    documents: list[tuple[frozenset[str], float]], rows: float, present: float, *, trigrams: bool = False
) -> Elements:
    """Counts elements in sampled values and reckons with those not met."""
    weight = sum(each for _, each in documents) or 1.0
    seen: Counter[str] = Counter()
    weighted: Counter[str] = Counter()
    for elements, share in documents:
        seen.update(elements)
        for element in elements:
            weighted[element] += share / weight  # type: ignore[assignment]
    average = sum(len(elements) * share for elements, share in documents) / weight
    counts = Counter(seen.values())
    once, twice = counts[1], counts[2]
    total = len(seen) + once * (once - 1) / (2 * (twice + 1))
    if trigrams:
        letters = {c for element in seen for c in element if c != " "}
        total = min(total, float(len(letters)) ** 3 + len(letters) ** 2 + len(letters))
    total = min(max(total, float(len(seen))), rows * average)
    known = sorted((weighted[element] for element, times in seen.items() if times >= _TIMES_ENOUGH), reverse=True)
    # Of the seldom seen, how often is chance: Good and Turing's frequencies (Biometrika 40, 1953).
    tail = []
    for times in range(1, _TIMES_ENOUGH):
        if counts[times]:
            smooth = (times + 1) * counts[times + 1] / counts[times] if counts[times + 1] >= _TWICE_ENOUGH else times
            tail.append((min(smooth, times) / len(documents), float(counts[times])))
    unseen = total - len(seen)
    if unseen > 0 and once:
        tail.append((max(once / len(documents) / unseen, 1.0 / max(rows, 1.0)), unseen))
    mass = max(0.0, average - sum(known))
    scale = mass / (sum(share * count for share, count in tail) or 1.0)
    tail = [(max(share * scale, 1.0 / max(rows, 1.0)), count) for share, count in tail]
    width = sum(len(element.encode("utf-8", "replace")) for element in seen) / max(1, len(seen))
    return Elements(tuple(f * present for f in known), tuple((f * present, c) for f, c in tail), width, trigrams)


def spread(
    last: float, known: int, mass: float, total: float | None, rows: float, slope: float | None = None
) -> tuple[tuple[float, float], ...]:
    """Elements beyond the known ones by a power law of their rank, in classes: share of the rows, how many.

    ``total`` elements hold ``mass`` together, or as many as the slope gives until the mass is used up.
    """
    start = max(1.0, float(known))
    if total is not None:
        low, high = 0.0, 12.0
        for _ in range(40):
            slope = (low + high) / 2
            low, high = (slope, high) if _mass(last, start, total, slope) > mass else (low, slope)
    classes: list[tuple[float, float]] = []
    rank, left = start, mass
    end = total if total is not None else math.inf
    while left > 0 and rank < end:
        following = min(end, max(rank + 1.0, rank * 1.25))
        share = max(last * ((rank + following) / 2 / start) ** -(slope or 0.0), 1.0 / max(rows, 1.0))
        count = min(following - rank, left / share)
        classes.append((share, count))
        left -= share * count
        rank = following
        if share * rows <= 1.0:
            if total is None:
                classes.append((share, left / share))
            else:
                classes.append((1.0 / max(rows, 1.0), min(end - rank, left * rows) if end > rank else 0.0))
            break
    return tuple((share, count) for share, count in classes if count > 0)


def _mass(last: float, start: float, end: float, slope: float) -> float:
    """Integral of last * (r / start) ** -slope."""
    if end <= start:
        return 0.0
    if abs(slope - 1.0) < 1e-6:
        return last * start * math.log(end / start)
    return float(last * start**slope * (end ** (1 - slope) - start ** (1 - slope)) / (1 - slope))


def _slope(known: list[float]) -> float:
    """Of the known frequencies' last half, on logarithmic scales."""
    if len(known) < 8:
        return 1.0
    middle = len(known) // 2
    fall = math.log(max(known[middle], 1e-12) / max(known[-1], 1e-12)) / math.log(len(known) / (middle + 1))
    return min(max(fall, 0.0), 3.0)


def trigrams(text: str) -> frozenset[str]:
    """As pg_trgm's show_trgm: words of letters and digits, lower case, two blanks before and one behind."""
    found: set[str] = set()
    for word in _WORDS.findall(text.lower()):
        padded = f"  {word} "
        found.update(padded[at : at + 3] for at in range(len(padded) - 2))
    return frozenset(found)


def json_keys(text: str) -> frozenset[str]:
    """The entries of jsonb_ops: keys, and scalar values (array texts count as keys)."""
    found: set[str] = set()
    pending: list[Any] = [_loaded(text)]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            found.update(f"k{key}"[: _JSON_LONGEST + 1] for key in value)
            pending += value.values()
        elif isinstance(value, list):
            found.update(f"k{each}"[: _JSON_LONGEST + 1] for each in value if isinstance(each, str))
            pending += [each for each in value if not isinstance(each, str)]
        else:
            found.add(f"v{value}"[: _JSON_LONGEST + 1])
    return frozenset(found)


def json_paths(text: str) -> frozenset[str]:
    """The entries of jsonb_path_ops: one for each scalar with the keys that lead to it."""
    found: set[str] = set()
    pending: list[tuple[str, Any]] = [("", _loaded(text))]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            pending += [(f"{path}\0{key}", each) for key, each in value.items()]
        elif isinstance(value, list):
            pending += [(path, each) for each in value]
        else:
            found.add(f"{path}\0\0{value}")
    return frozenset(found)


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def array_words(literal: str) -> list[str]:
    """Elements of a one-dimensional array literal."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', literal)
    return [re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for quoted, plain in found]


def _list(value: Iterable[Any]) -> frozenset[str]:
    return frozenset(str(each) for each in value)


_ELEMENTS: dict[str, Any] = {"trigrams": trigrams, "json": json_keys, "paths": json_paths, "words": _list}
