"""Turns the remedies of findings into recommendations: the same change once, with every statement that it touches."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from advisor.model.catalog import Catalog
from advisor.model.engine import Engine
from advisor.model.finding import Affected, Finding, Impact, ProvedBy, Recommendation
from advisor.model.remedy import Judgement, Remedy
from advisor.recommend.definition import of_remedy
from advisor.recommend.export import Change, prepared


@dataclass(frozen=True, slots=True)
class Cost:
    """What a shape costs now."""

    engine: Engine
    seconds_per_hour: float | None
    share: float | None
    mean_ms: float | None


@dataclass(frozen=True, slots=True)
class Proven:
    """A change that a planner looked at, before it has an id."""

    recommendation: Recommendation
    findings: frozenset[int] = frozenset()
    """Judgements, by number, whose remedy it is."""


@dataclass(slots=True)
class _Change:
    """One change and the findings that ask for it."""

    remedy: Remedy
    findings: list[int] = field(default_factory=list)
    absorbed: list[Remedy] = field(default_factory=list)


def recommend(
    judgements: Sequence[Judgement],
    costs: Mapping[str, Cost],
    engine: Engine | None,
    proven: Sequence[Proven] = (),
    answered: Collection[tuple[int, Remedy]] = (),
    catalogs: Sequence[Catalog] = (),
) -> tuple[list[Finding], list[Recommendation]]:
    """Findings with the ids of their remedies filled in, and the recommendations: what a planner or a run has proven by
    its net benefit, then the rest by the time it touches.

    A change that several findings ask for is recommended once. An index that is a leading part of another recommended
    one is absorbed by it: the wider index serves both. The proof is ``static`` and the benefit unknown: text and
    schema cannot tell how much time a change saves, so only the time it touches is given. ``proven`` are the changes
    that a planner looked at; ``answered`` the remedies, each with its judgement's number, that it decided on: those are
    recommended as it found, or not at all. ``catalogs`` tell which names are taken and how a partitioned table gets an
    index without a lock.
    """
    recommendations: list[Recommendation] = []
    remedies_of: dict[int, list[str]] = {}
    for one in sorted(proven, key=_net, reverse=True):
        identifier = f"R{len(recommendations) + 1}"
        for number in one.findings:
            remedies_of.setdefault(number, []).append(identifier)
        recommendations.append(msgspec.structs.replace(one.recommendation, id=identifier))
    changes = _absorb(_collect(judgements, answered))
    ranked = sorted(
        ((change, _touched(change, judgements, costs)) for change in changes),
        key=lambda item: (-(item[1].seconds_per_hour or item[1].share or 0.0), _identity(item[0].remedy)),
    )
    for number, (change, touched) in enumerate(ranked, len(recommendations) + 1):
        identifier = f"R{number}"
        for finding in change.findings:
            remedies_of.setdefault(finding, []).append(identifier)
        recommendations.append(_recommendation(identifier, change, touched, judgements, costs, engine))
    recommendations = _ready(recommendations, catalogs)
    findings = [
        msgspec.structs.replace(judgement.finding, remedies=tuple(remedies_of.get(number, ())))
        for number, judgement in enumerate(judgements)
    ]
    return findings, recommendations


def _ready(recommendations: Sequence[Recommendation], catalogs: Sequence[Catalog]) -> list[Recommendation]:
    """The statements of index advice that no planner looked at, as they are written into files; one that the engine
    cannot have is left without."""
    out = list(recommendations)
    for catalog in catalogs:
        places = [
            place
            for place, item in enumerate(out)
            if item.kind == "create_index" and item.engine.name == catalog.engine.name and item.table in catalog.tables
        ]
        changes = [
            Change(kind="create", index=item.definition, name=item.name if item.proof != "static" else None)
            for item in (out[place] for place in places)
            if item.definition is not None
        ]
        places = [place for place in places if out[place].definition is not None]
        for place, one in zip(places, prepared(changes, catalog), strict=True):
            if out[place].proof == "static":
                out[place] = msgspec.structs.replace(
                    out[place],
                    name=one.name or None,
                    sql="\n".join(f"{step.sql};" for step in one.up) or None,
                    rollback="\n".join(f"{step.sql};" for step in one.down) or None,
                    why=f"{out[place].why} {one.refused}".strip() if one.refused else out[place].why,
                )
    return out


def _net(one: Proven) -> tuple[float, float]:
    """What it saves less what it costs to write, in seconds an hour; where nothing is timed its share of the cost."""
    item = one.recommendation
    saved = item.benefit.seconds_per_hour
    net = 0.0 if saved is None else saved - (item.write_seconds_per_hour or 0.0)
    return net, item.cost_share or 0.0


def _identity(remedy: Remedy) -> str:
    """Equal for the same change; a rewrite without SQL is a change of its own for each text of advice."""
    parts = (remedy.kind, remedy.engine, remedy.table, remedy.columns, remedy.include, remedy.where, remedy.method)
    text = repr((*parts, remedy.sql if remedy.sql and not remedy.columns else None, None if remedy.sql else remedy.why))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _collect(judgements: Sequence[Judgement], answered: Collection[tuple[int, Remedy]]) -> list[_Change]:
    changes: dict[str, _Change] = {}
    for number, judgement in enumerate(judgements):
        for remedy in judgement.remedies:
            if (number, remedy) in answered:
                continue
            changes.setdefault(_identity(remedy), _Change(remedy)).findings.append(number)
    return list(changes.values())


def _absorb(changes: list[_Change]) -> list[_Change]:
    kept: list[_Change] = []
    for change in sorted(changes, key=lambda c: (-len(c.remedy.columns), _identity(c.remedy))):
        wider = next((other for other in kept if _leads(change.remedy, other.remedy)), None)
        if wider is None:
            kept.append(change)
        else:
            wider.findings += [number for number in change.findings if number not in wider.findings]
            wider.absorbed.append(change.remedy)
    return kept


def _leads(narrow: Remedy, wide: Remedy) -> bool:
    """Is the narrow index's key a leading part of the wide one's, with nothing else about it different?"""
    return (
        narrow.kind == wide.kind == "create_index"
        and (narrow.engine, narrow.table, narrow.where) == (wide.engine, wide.table, wide.where)
        and (narrow.method or "btree") == (wide.method or "btree") == "btree"
        and not (narrow.sql or "").upper().startswith("CREATE UNIQUE")
        and 0 < len(narrow.columns) < len(wide.columns)
        and wide.columns[: len(narrow.columns)] == narrow.columns
        and set(narrow.include) <= {*wide.include, *wide.columns}
    )


def _fingerprints(change: _Change, judgements: Sequence[Judgement]) -> list[str]:
    seen: dict[str, None] = {}
    for number in change.findings:
        for role in judgements[number].finding.fingerprints:
            seen[role.fingerprint] = None
    return list(seen)


def _touched(change: _Change, judgements: Sequence[Judgement], costs: Mapping[str, Cost]) -> Impact:
    known = [costs[name] for name in _fingerprints(change, judgements) if name in costs]
    seconds = [cost.seconds_per_hour for cost in known if cost.seconds_per_hour is not None]
    shares = [cost.share for cost in known if cost.share is not None]
    return Impact(sum(seconds) if seconds else None, min(1.0, sum(shares)) if shares else None)


def _recommendation(
    identifier: str,
    change: _Change,
    touched: Impact,
    judgements: Sequence[Judgement],
    costs: Mapping[str, Cost],
    engine: Engine | None,
) -> Recommendation:
    remedy = change.remedy
    names = _fingerprints(change, judgements)
    own = next((costs[name].engine for name in names if name in costs), None)
    if own is None or (remedy.engine is not None and own.name != remedy.engine):
        own = engine if engine is not None and engine.name == remedy.engine else None
    why = remedy.why
    if change.absorbed:
        also = "; ".join(f"({', '.join(other.columns)})" for other in change.absorbed)
        why += f" It also serves what an index on {also} was asked for."
    return Recommendation(
        id=identifier,
        engine=own or Engine(remedy.engine or (engine.name if engine else "postgresql")),
        kind=remedy.kind,
        table=remedy.table,
        columns=remedy.columns,
        include=remedy.include,
        where=remedy.where,
        method=remedy.method,
        sql=remedy.sql,
        rollback=remedy.rollback,
        proof="static",
        proved_by=ProvedBy(),
        touches=touched,
        affects=tuple(Affected(name, ms_before=costs[name].mean_ms if name in costs else None) for name in names),
        why=why,
        name=remedy.name,
        definition=of_remedy(remedy),
    )
