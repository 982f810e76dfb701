"""Statements to plan: as the user wrote them, and the heaviest of a log with the values seen in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.model.counted import counted
from advisor.model.explained import QueryValues
from advisor.model.planning import Query

if TYPE_CHECKING:
    from advisor.digest.digest import Digest
    from advisor.model.shape import Sample, ShapeSummary


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement to plan, and where its values come from."""

    query: Query
    values: QueryValues = "written"
    calls: int | None = None
    shape: int = 0
    """Statements with the same number are one shape with other values."""


def written(sql: Sequence[str], parameters: Sequence[str | None] | None, *, generic: bool) -> list[Statement]:
    """Statements as the user wrote them, with ``parameters`` for $1, $2...; where ``generic``, without values too."""
    out = []
    for number, text in enumerate(sql):
        given = tuple(parameters) if parameters else None
        out.append(Statement(Query(text, given), shape=number))
        if generic:
            out.append(Statement(Query(text, generic=True), "generic", shape=number))
    return out


def of_workload(digest: Digest, top: int, first: int = 0) -> tuple[list[Statement], list[str]]:
    """The heaviest statements of a log with the values seen in it, typical and slowest, and what cannot be planned.

    A shape logged with parameters was prepared: it is planned generically as well. Shapes are numbered from ``first``.
    """
    from advisor.fingerprint.parameters import split_parameters

    out: list[Statement] = []
    notices: list[str] = []
    plannable = [s for s in digest.shapes() if s.kind in ("select", "insert", "update", "delete", "merge")]
    without = 0
    for number, shape in enumerate(plannable[:top], first):
        samples = _samples(shape)
        if not samples:
            without += 1
            continue
        out += [Statement(Query(sample.sql), values, shape.calls, number) for values, sample in samples]
        prepared = next((sample for _, sample in samples if sample.parameters), None)
        if prepared is not None and prepared.parameters and shape.engine.name == "postgresql":
            text = split_parameters(prepared.sql, prepared.parameters, "postgresql")
            if text is not None:
                out.append(Statement(Query(text, generic=True), "generic", shape.calls, number))
    if without:
        notices.append(
            f"{without} of the {counted(min(top, len(plannable)), 'heaviest statement')}: no sample with its values"
        )
    if len(plannable) > top:
        notices.append(f"the {top} heaviest of {len(plannable):,} statements are planned; --top takes more")
    return out, notices


def _samples(shape: ShapeSummary) -> list[tuple[QueryValues, Sample]]:
    found: list[tuple[QueryValues, Sample]] = []
    seen: tuple[tuple[QueryValues, Sample | None], ...] = (("typical", shape.typical), ("slowest", shape.slowest))
    for values, sample in seen:
        usable = sample is not None and not sample.cut and not sample.redacted
        if sample is not None and usable and sample.sql not in {other.sql for _, other in found}:
            found.append((values, sample))
    return found
