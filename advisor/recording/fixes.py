"""What to change in the code: the mapper's own words where it was seen loading, else those for SQL."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from advisor.model.recorded import LazyLoad, RecordedRepetition
from advisor.model.stream import KeyLink, RepetitionKind
from advisor.rewrites.batching import batched
from advisor.rewrites.frameworks import Framework, words

#: What Django's list of owners can be given, in place of a question for each of them.
_ANNOTATIONS: Final = {
    "count_per_row": 'number=Count("{name}", distinct=True)',
    "exists_per_row": 'number=Count("{name}", distinct=True)',
    "aggregate_per_row": 'value=Sum("{name}__<field>")',
}


def fix(repetition: RecordedRepetition) -> str:
    """What to write instead: by what the mapper was seen loading, else the words of its library for such a loop."""
    if repetition.lazy is not None and repetition.kind == "n_plus_one":
        return loading(repetition.lazy)
    asked = repetition.lazy.queried if repetition.lazy is not None else None
    if repetition.lazy is not None and asked and repetition.kind in _ANNOTATIONS:
        annotation = _ANNOTATIONS[repetition.kind].format(name=asked)
        return f"{repetition.lazy.owner}.objects.annotate({annotation}), with what the loop filters by in filter=Q(...)"
    name = repetition.framework or "driver"
    return words(Framework(name, "named", "its functions were on the stack"), repetition)


def loading(lazy: LazyLoad) -> str:
    """How a mapper is told to load beforehand what it was seen loading one by one."""
    owner, attribute = lazy.owner, lazy.attribute or "<relation>"
    if lazy.framework == "sqlalchemy":
        if lazy.kind == "relation":
            return f"select({owner}).options(joinedload({owner}.{attribute})), or selectinload for many different ones"
        if lazy.kind == "collection":
            return f"select({owner}).options(selectinload({owner}.{attribute}))"
        if lazy.kind == "deferred":
            return f"select({owner}).options(undefer({owner}.{attribute})): the column is left out of the list's query"
        return (
            f"values of {owner} are loaded object by object, because a commit made them stale "
            "(Session(expire_on_commit=False), or select them again at once) "
            "or they are of a subclass's table (selectin_polymorphic)"
        )
    if lazy.framework == "django":
        if lazy.kind == "relation":
            return f'{owner}.objects.select_related("{attribute}")'
        if lazy.kind == "collection":
            return (
                f'{owner}.objects.prefetch_related("{attribute}"), and .all() on it: '
                "a filter, count or order in the loop asks again (Prefetch(queryset=...) or annotate() do not)"
            )
        return f'{owner}.objects without defer("{attribute}"), or with it in only(...)'
    if lazy.kind == "collection":
        return f"prefetch({owner}.select(), ...) on the query of {owner}"
    return f"{owner}.select().join(...) with the related model selected, or prefetch() on the query of {owner}"


@lru_cache(maxsize=512)
def batched_sql(child: str, parent: str | None, link: KeyLink | None, engine: str, kind: RepetitionKind) -> str | None:
    """One statement in place of the loop's; None where there is none."""
    if kind in ("redundant", "loop", "list_then_detail"):
        return None
    return batched(child, parent, link, engine, kind=kind, check=False).sql
