"""What to change in the code: the mapper's own words where it was seen loading, else those for SQL."""

from __future__ import annotations

from functools import lru_cache

from advisor.model.recorded import LazyLoad, Recorded
from advisor.model.stream import KeyLink, RepetitionKind


def fix(
    kind: RepetitionKind, child: Recorded, parent: Recorded | None, link: KeyLink | None, where: str | None = None
) -> tuple[str, str | None]:
    """Words for the change, and one statement in place of the repeated ones (None: none is known)."""
    sql = batched_sql(child.normalised, parent.normalised if parent is not None else None, link, child.engine, kind)
    if child.lazy is not None and kind != "redundant":
        return loading(child.lazy), sql
    return _words(kind, child), sql


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
            f"objects of {owner} are loaded anew one by one because a commit made them stale: "
            "Session(expire_on_commit=False), or select them again in one query"
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


def _words(kind: RepetitionKind, child: Recorded) -> str:
    if kind == "redundant":
        return "ask once and keep the answer: the same question is asked with the same values"
    framework = child.framework
    if kind == "insert_per_row":
        return {
            "django": "Model.objects.bulk_create([...]) after the loop",
            "sqlalchemy": "session.add_all([...]) and one flush, or session.execute(insert(Model), [...])",
            "peewee": "Model.insert_many([...]).execute() after the loop",
        }.get(framework or "", "collect the rows in the loop, insert them by one statement (or executemany) after it")
    if kind in ("update_per_row", "delete_per_row"):
        many = "update" if kind == "update_per_row" else "delete"
        return {
            "django": f"one queryset.{many}(...) for all rows"
            + (", or Model.objects.bulk_update(objects, [fields])" if many == "update" else ""),
            "sqlalchemy": f"one session.execute({many}(Model).where(Model.id.in_(ids)))",
            "peewee": f"one Model.{many}(...).where(Model.id.in_(ids)).execute()",
        }.get(framework or "", f"one {many.upper()} for all keys, before or after the loop")
    if kind in ("count_per_row", "aggregate_per_row", "exists_per_row"):
        return {
            "django": "annotate(...) the list's query with Count, Sum or Exists",
            "sqlalchemy": "add the aggregate to the list's query: a join with GROUP BY, or a scalar_subquery() column",
            "peewee": "annotate the list's query: select(Model, fn.COUNT(...)).join(...).group_by(Model)",
        }.get(framework or "", "ask for all rows at once, with GROUP BY the key")
    return {
        "django": "select_related() or prefetch_related() on the list's query, or in_bulk(ids) before the loop",
        "sqlalchemy": "joinedload() or selectinload() on the list's query, or select in_(keys) before the loop",
        "peewee": "join the related model into the list's query, or prefetch()",
    }.get(
        framework or "", "collect the keys first, ask once for all of them, and look the rows up in a dict in the loop"
    )


@lru_cache(maxsize=512)
def batched_sql(child: str, parent: str | None, link: KeyLink | None, engine: str, kind: RepetitionKind) -> str | None:
    """One statement in place of the loop's; None where there is none."""
    if kind in ("redundant", "loop", "list_then_detail"):
        return None
    from advisor.rewrites.batching import batched

    return batched(child, parent, link, engine, kind=kind, check=False).sql
