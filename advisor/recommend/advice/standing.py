"""What is advised about the indexes that exist, as recommendations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from advisor.model.catalog import Catalog
from advisor.model.finding import Recommendation
from advisor.model.remedy import Judgement, Remedy
from advisor.recommend.advice.created import Terms, proved_by
from advisor.recommend.definition import key_text
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
    index = merge.create
    made = Recommendation(
        id="",
        engine=terms.engine,
        kind="create_index",
        table=index.table,
        columns=tuple(key_text(key, index.engine) for key in index.keys),
        include=index.include,
        where=index.where,
        method=index.method,
        sql="\n".join(f"{step.sql};" for step in ready.up),
        rollback="\n".join(f"{step.sql};" for step in ready.down),
        proof=terms.proof_on(index.table),
        proved_by=proved_by(terms.by),
        size_bytes=None if terms.by.statistics == "default" else merge.create_bytes,
        affects=merge.affects,
        why=" ".join([merge.why, *merge.caveats]),
        name=ready.name,
        definition=index,
    )
    return [
        Proven(made),
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
    return Recommendation(
        id="",
        engine=terms.engine,
        kind="drop_index",
        table=drop.table,
        columns=tuple(key_text(key, drop.definition.engine) for key in drop.definition.keys),
        include=drop.definition.include,
        where=drop.definition.where,
        method=drop.definition.method,
        sql="\n".join(f"{step.sql};" for step in ready.up),
        rollback="\n".join(f"{step.sql};" for step in ready.down),
        proof="static" if terms.proof_on(drop.table) == "static" else drop.proof,
        proved_by=proved_by(terms.by),
        size_bytes=None if terms.by.statistics == "default" else drop.bytes,
        affects=drop.affects,
        why=" ".join([drop.why, *drop.caveats]),
        name=drop.index,
        definition=drop.definition,
    )


def _rebuilt(verdict: Verdict, catalog: Catalog, terms: Terms) -> Recommendation | None:
    """REINDEX; its proof is static: pages were compared with a model."""
    (ready,) = prepared([Change(kind="reindex", index=verdict.definition, name=verdict.index)], catalog)
    if ready.refused:
        return None
    return Recommendation(
        id="",
        engine=terms.engine,
        kind="schema",
        table=verdict.table,
        columns=tuple(key_text(key, verdict.definition.engine) for key in verdict.definition.keys),
        sql="\n".join(f"{step.sql};" for step in ready.up),
        rollback=None,
        proof="static",
        proved_by=proved_by(terms.by),
        size_bytes=verdict.bytes,
        why=" ".join([verdict.why, *verdict.caveats]),
        name=verdict.index,
        definition=verdict.definition,
    )
