"""Indexes that rules ask for, as candidates of the search; and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.model.advice import LeftOut
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName
from advisor.model.indexing import Candidate, IndexDefinition, Reason
from advisor.model.remedy import Judgement, Remedy
from advisor.recommend.definition import of_remedy, on_text


@dataclass(frozen=True, slots=True)
class Asked:
    """One index that a finding asks for."""

    finding: int
    """Number of the judgement."""
    remedy: Remedy
    index: IndexDefinition


def asked(judgements: Sequence[Judgement], engine: EngineName, catalog: Catalog) -> list[Asked]:
    """The create_index remedies of one engine whose DDL is a plain index definition on a table of the catalog."""
    out: list[Asked] = []
    for number, judgement in enumerate(judgements):
        for remedy in judgement.remedies:
            if remedy.kind == "create_index" and remedy.engine == engine and remedy.table in catalog.tables:
                index = of_remedy(remedy)
                if index is not None:
                    out.append(Asked(number, remedy, index))
    return out


def as_candidates(wanted: Sequence[Asked], judgements: Sequence[Judgement]) -> list[Candidate]:
    """For the search: each with the statements of its findings."""
    reasons: dict[IndexDefinition, dict[Reason, None]] = {}
    for one in wanted:
        finding = judgements[one.finding].finding
        for role in finding.fingerprints:
            reasons.setdefault(one.index, {})[Reason(role.fingerprint, f"{finding.rule} asks for it")] = None
    return [Candidate(index=index, reasons=tuple(why)) for index, why in reasons.items()]


def serves(chosen: IndexDefinition, wanted: IndexDefinition) -> bool:
    """Does a chosen index do what another was asked for: its key begins with the same columns, whatever follows?"""
    if chosen == wanted:
        return True
    width = len(wanted.keys)
    return (
        chosen.table == wanted.table
        and chosen.method == wanted.method
        and chosen.where in (None, wanted.where)
        and not wanted.unique
        and chosen.keys[:width] == wanted.keys
        and set(wanted.include) <= {*chosen.include, *(key.column for key in chosen.keys)}
    )


def left_out(
    wanted: Sequence[Asked],
    judgements: Sequence[Judgement],
    served: Mapping[IndexDefinition, Sequence[int]],
    why: Mapping[IndexDefinition, str],
) -> list[LeftOut]:
    """Those that no recommendation answers; ``served`` holds the chosen indexes that do its work, ``why`` what the
    engine has against one."""
    findings: dict[IndexDefinition, dict[str, None]] = {}
    for one in wanted:
        if not served.get(one.index):
            findings.setdefault(one.index, {})[judgements[one.finding].finding.id] = None
    return [
        LeftOut(on_text(index), why.get(index, "beside the set no plan of the workload gets cheaper by it"), tuple(ids))
        for index, ids in findings.items()
    ]
