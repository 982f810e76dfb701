"""What is advised about the indexes that exist, as recommendations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from advisor.model.catalog import Catalog
from advisor.model.finding import Recommendation
from advisor.model.remedy import Judgement, Remedy
from advisor.recommend.advice.terms import Terms
from advisor.recommend.existing.judging import JudgedIndexes
from advisor.recommend.existing.verdict import Drop, Merge, Verdict
from advisor.recommend.export import Change, prepared
from advisor.recommend.recommendations import Proven


def standing(
    judged: JudgedIndexes, judgements: Sequence[Judgement], catalog: Catalog, terms: Terms
) -> tuple[list[Proven], set[tuple[int, Remedy]]]:
    """Drops, merges and rebuilds; and the remedies of rules that are answered by them, or by a reason to keep."""
    answered: set[tuple[int, Remedy]] = set()
    asked: dict[tuple[str, str], set[int]] = {}
    for number, judgement in enumerate(judgements):
        for remedy in judgement.remedies:
            if remedy.engine == terms.engine.name and judged.settles(remedy):
                answered.add((number, remedy))
                asked.setdefault((remedy.table or "", remedy.name or ""), set()).add(number)
    out = [
        Proven(one, frozenset(asked.get((drop.table, drop.index), ())))
        for drop in judged.drops
        if (one := _dropped(drop, catalog, terms)) is not None
    ]
    for merge in judged.merges:
        out += _merged(merge, asked, catalog, terms)
    rebuilt = {(drop.table, drop.index) for drop in judged.drops}
    for verdict in judged.verdicts:
        if verdict.evidence.get("remedy") == "reindex" and (verdict.table, verdict.index) not in rebuilt:
            rebuilt.add((verdict.table, verdict.index))
            again = _rebuilt(verdict, catalog, terms)
            if again is not None:
                out.append(Proven(again))
    return out, answered


def _merged(merge: Merge, asked: Mapping[tuple[str, str], set[int]], catalog: Catalog, terms: Terms) -> list[Proven]:
    """One index to make, and those that it replaces: nothing is gained but space and writes."""
    (ready,) = prepared([Change(kind="create", index=merge.create)], catalog)
    drops = [(drop, _dropped(drop, catalog, terms)) for drop in merge.drops]
    if ready.refused or any(one is None for _, one in drops):
        return []
    why = " ".join([merge.why, *merge.caveats])
    made = terms.change("create_index", ready, terms.proof_on(merge.table), terms.size(merge.create_bytes), why)
    return [
        Proven(msgspec.structs.replace(made, affects=merge.affects)),
        *(
            Proven(
                msgspec.structs.replace(one, why=f"Once {ready.name} stands: {one.why}"),
                frozenset(asked.get((drop.table, drop.index), ())),
            )
            for drop, one in drops
            if one is not None
        ),
    ]


def _dropped(drop: Drop, catalog: Catalog, terms: Terms) -> Recommendation | None:
    (ready,) = prepared([Change(kind="drop", index=drop.definition, name=drop.index, ddl=drop.ddl)], catalog)
    if ready.refused:
        return None
    proof = "static" if terms.proof_on(drop.table) == "static" else drop.proof
    made = terms.change("drop_index", ready, proof, terms.size(drop.bytes), " ".join([drop.why, *drop.caveats]))
    return msgspec.structs.replace(made, affects=drop.affects)


def _rebuilt(verdict: Verdict, catalog: Catalog, terms: Terms) -> Recommendation | None:
    """REINDEX; its proof is static: pages were compared with a model."""
    (ready,) = prepared([Change(kind="reindex", index=verdict.definition, name=verdict.index)], catalog)
    if ready.refused:
        return None
    return terms.change("schema", ready, "static", verdict.bytes, " ".join([verdict.why, *verdict.caveats]))
