"""Covering, partial and other forms of what the structure asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from advisor.handbook.ddl import quoted
from advisor.model.catalog import IndexKey
from advisor.model.indexing import IndexDefinition
from advisor.model.limits import LIMITS
from advisor.recommend.candidates.composing import Composer, leading
from advisor.recommend.candidates.keys import placed
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.proposal import Maker, Proposal, Slot, slots, sorting
from advisor.recommend.candidates.reference import Condition, Reference, Term

#: Forms that are widened: the best grounded of one reference.
_WIDENED = 8
_BRIN_FAMILIES = ("integer", "decimal", "temporal", "float")


def covering(reference: Reference, found: Sequence[Proposal], known: Known, maker: Maker) -> Iterator[Proposal]:
    """The same keys, and the rest of what the statement needs of the table: then the index alone answers."""
    if not reference.covering:
        return
    bases = leading(found, 2, _WIDENED)
    for proposal in bases:
        if any(_extends(other.index, proposal.index, reference.used) for other in bases):
            continue  # that one, covering, does more with the same columns
        index = covered(proposal.index, reference.used, known, maker)
        if index is not None:
            why = f"{proposal.why}, and the index alone answers"
            names = {key.column for key in proposal.index.keys}
            again = any(unique <= names for unique in maker.uniques)  # beside the unique index that finds the row
            yield Proposal(index, why, 4 if again else proposal.rank + 1, proposal.ordered, proposal.fixed)


def _extends(wide: IndexDefinition, narrow: IndexDefinition, used: Sequence[str]) -> bool:
    """The same keys and more, all of them needed anyway."""
    more = wide.keys[len(narrow.keys) :]
    return bool(more) and wide.keys[: len(narrow.keys)] == narrow.keys and {key.column for key in more} <= set(used)


def covered(index: IndexDefinition, used: Sequence[str], known: Known, maker: Maker) -> IndexDefinition | None:
    """An index that also holds these columns; None where it would be too wide, cannot be, or has them already."""
    own = {key.column for key in index.keys if key.prefix is None} | set(index.include) | set(maker.appended())
    rest = tuple(column for column in used if column not in own)
    if not rest or len(rest) + len(index.include) > LIMITS.candidate_include_columns:
        return None
    if sum(maker.keys.width(column) for column in (*rest, *index.include)) > LIMITS.candidate_include_bytes:
        return None
    if any(key.prefix is not None or key.expression is not None for key in index.keys):
        return None  # neither gives the column back
    if known.has_include():
        if maker.again(index.keys, (*index.include, *rest)):
            return None
        return msgspec.structs.replace(index, include=(*index.include, *rest))
    if not all(maker.keys.whole(column) for column in rest):
        return None
    keys = (*index.keys, *(IndexKey(column=column) for column in rest))
    if not maker.keys.short(keys) or maker.again(keys):
        return None
    return msgspec.structs.replace(index, keys=maker.without_primary(keys))


def partial(
    reference: Reference, found: Sequence[Proposal], composer: Composer, known: Known, maker: Maker
) -> Iterator[Proposal]:
    """The same keys without the column that the condition fixes, over the rows that meet it."""
    conditions = list({condition.sql: condition for condition in reference.conditions}.values())
    wanted = [one for one in conditions if one.share is None or one.share <= LIMITS.candidate_partial_share]
    chosen: list[list[Condition]] = [[one] for one in wanted]
    if len(wanted) > 1:
        chosen.append(wanted)
    for group in chosen:
        rare = all(one.share is not None and one.share <= LIMITS.candidate_partial_share / 5 for one in group)
        fixed = {one.column for one in group if not one.sql.endswith(" IS NOT NULL")}
        where = " AND ".join(sorted(one.sql for one in group))
        text = " and ".join(one.sql for one in group)
        for proposal in leading(found, 1, _WIDENED):
            keys = tuple(key for key in proposal.index.keys if key.column not in fixed)
            if not keys or any(unique <= {key.column for key in keys} for unique in maker.uniques):
                continue
            index = msgspec.structs.replace(proposal.index, keys=maker.without_primary(keys), where=where)
            lost = len(proposal.index.keys) - len(keys)
            why = f"{proposal.why}; only of the rows with {text}"
            rank = proposal.rank + (0 if rare else 1)
            yield Proposal(index, why, rank, proposal.ordered, max(proposal.fixed - lost, 0))
        if {term.column for term in composer.equalities} <= fixed and not composer.joined and rare:
            yield from _rows_alone(reference, group, composer, maker)
    if known.engine in ("postgresql", "sqlite"):
        yield from _present(reference, found, known, maker)


def _rows_alone(
    reference: Reference, group: Sequence[Condition], composer: Composer, maker: Maker
) -> Iterator[Proposal]:
    """Nothing but the condition is asked for: any short key will do, best one that sorts or is needed."""
    keys: list[Slot] = []
    if composer.orders:
        keys = sorting(composer.orders[0])
    elif composer.ranges:
        keys = slots(composer.ranges[:1], "range")
    elif maker.primary:
        keys = [Slot(term, "more") for term in _columns(maker.primary)]
    made = maker.make(keys, 1, where=group) if keys else None
    if made is not None:
        yield replace(made, filler=all(key.use == "more" for key in keys))


def _columns(names: Sequence[str]) -> list[Term]:
    return [Term(column=name, columns=(name,)) for name in names]


def _present(reference: Reference, found: Sequence[Proposal], known: Known, maker: Maker) -> Iterator[Proposal]:
    """A column that is mostly NULL and never asked for NULL: its NULLs need not be in the index."""
    absent = {one.column for one in reference.conditions if one.sql.endswith(" IS NULL")}
    for proposal in leading(found, 1, _WIDENED):
        key = proposal.index.keys[0]
        row = known.statistics(maker.table, key.column) if key.column is not None else None
        if row is None or row.null_frac < LIMITS.candidate_partial_share or not proposal.fixed:
            continue
        if key.column in absent:
            continue
        where = f"{quoted(key.column or '', known.engine)} IS NOT NULL"
        index = msgspec.structs.replace(proposal.index, where=where)
        why = f"{proposal.why}; {row.null_frac:.0%} of {key.column} is NULL and need not be there"
        yield Proposal(index, why, proposal.rank, proposal.ordered, proposal.fixed)


def searched(reference: Reference, known: Known) -> Iterator[Proposal]:
    """GIN and GiST for what no B-tree serves."""
    for search in reference.searches:
        key = IndexKey(
            column=search.term.column,
            expression=search.term.expression,
            opclass=search.term.opclass,
            nulls_first=placed(known.engine),
        )
        index = IndexDefinition(engine=known.engine, table=reference.table.name, keys=(key,), method=search.method)
        yield Proposal(index, search.why, 0)


def block_ranges(reference: Reference, composer: Composer, known: Known, maker: Maker) -> Iterator[Proposal]:
    """BRIN for columns that grow with the table: a thousandth of a B-tree's size."""
    pages = known.pages(reference.table)
    if known.engine != "postgresql" or pages is None or pages < LIMITS.candidate_brin_pages:
        return
    for term in dict.fromkeys([*composer.ranges, *composer.equalities]):
        column = maker.keys.column(term.column) if term.column is not None else None
        row = known.statistics(reference.table, term.column) if term.column is not None else None
        if column is None or row is None or row.correlation is None:
            continue
        if abs(row.correlation) < LIMITS.candidate_brin_correlation:
            continue
        if known.type_of(column).family not in _BRIN_FAMILIES:
            continue
        index = IndexDefinition(
            engine=known.engine,
            table=reference.table.name,
            keys=(IndexKey(column=term.column, nulls_first=placed(known.engine)),),
            method="brin",
        )
        yield Proposal(index, f"{term.name} is compared by range, and rows lie in its order", 1)
