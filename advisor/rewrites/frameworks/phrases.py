# ruff: noqa: E501 - a table reads best with an entry on a line
"""The batch in each library's own words, Python and Ruby and PHP first; `more_phrases` has the others.

``{relation}``: what leads to one row, ``{relations}``: what leads to many, ``{Model}``: the repeated table's class,
``{key}``: the column that is asked for, ``{keys}``: a name for the list of its values.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Situation: TypeAlias = Literal[
    "to_one",
    "to_many",
    "count",
    "exists",
    "aggregate",
    "update",
    "insert",
    "delete",
    "get_or_create",
    "redundant",
    "guard",
]
"""What is repeated, and `guard`: what makes the library complain about the next one."""

PHRASES: dict[str, dict[Situation, str]] = {
    "django": {
        "to_one": "add .select_related('{relation}') to the query of the list (a join), or .prefetch_related('{relation}') (one more query)",
        "to_many": "add .prefetch_related('{relations}') to the query of the list, and read it with .all(): a .filter() in the loop asks again (use Prefetch with to_attr for a filtered one)",
        "count": "annotate the query of the list: .annotate(n=Count('{relations}')), and read row.n instead of row.{relations}.count()",
        "exists": "annotate the query of the list: .annotate(has=Exists({Model}.objects.filter({key}=OuterRef('pk'))))",
        "aggregate": "annotate the query of the list: .annotate(total=Sum('{relations}__...')), or a Subquery with OuterRef",
        "update": "one .filter(pk__in={keys}).update(...) where all get the same value, else {Model}.objects.bulk_update(rows, [fields]); F() for what depends on the old value",
        "insert": "{Model}.objects.bulk_create(rows) in place of save() or create() in the loop (it sends no signals and calls no save())",
        "delete": "{Model}.objects.filter({key}__in={keys}).delete() in place of delete() on each",
        "get_or_create": "{Model}.objects.bulk_create(rows, ignore_conflicts=True), then one .filter({key}__in={keys}) or .in_bulk({keys}, field_name=...)",
        "redundant": "ask once and keep the result: a cached_property, or a variable outside of the loop",
        "guard": "assertNumQueries in a test keeps it so",
    },
    "sqlalchemy": {
        "to_one": "add .options(joinedload(Parent.{relation})) to the select of the list; selectinload where the same few rows come again and again",
        "to_many": "add .options(selectinload(Parent.{relations})) to the select of the list (joinedload multiplies the parent's rows)",
        "count": "select the count with the list: a column_property, or a correlated select(func.count()) as scalar_subquery(); not len(parent.{relations}) and no query in the loop",
        "exists": "select it with the list: Parent.{relations}.any() as a column",
        "aggregate": "select it with the list: one outer join with GROUP BY Parent's key, or a correlated scalar_subquery()",
        "update": "one session.execute(update({Model}).where({Model}.{key}.in_({keys})).values(...)); for different values one UPDATE joined with VALUES: update by primary key in bulk is still one execution a row with some drivers",
        "insert": "one session.execute(insert({Model}), [rows]) or session.add_all(rows) with one flush, in place of a flush or commit for each row",
        "delete": "session.execute(delete({Model}).where({Model}.{key}.in_({keys}))) in place of session.delete() on each",
        "get_or_create": "insert({Model}).on_conflict_do_nothing() with all rows (prefix_with('IGNORE') on MySQL), then one select with .in_({keys})",
        "redundant": "session.get() answers from the identity map where the key is the primary key; else keep the result",
        "guard": ".options(raiseload('*')) or lazy='raise' makes the next lazy load an error",
    },
    "peewee": {
        "to_one": "join and select both models in the query of the list: .select(Parent, {Model}).join({Model})",
        "to_many": "prefetch(parents, {Model}.select()) in place of reading the back-reference of each row",
        "count": "select fn.COUNT({Model}.id).alias('n') with a LEFT OUTER JOIN and group_by(Parent)",
        "exists": "select fn.EXISTS({Model}.select().where({Model}.{key} == Parent.id)) with the list",
        "aggregate": "select the aggregate with a LEFT OUTER JOIN and group_by(Parent)",
        "update": "{Model}.update(...).where({Model}.{key}.in_({keys})), or {Model}.bulk_update(rows, fields=[...])",
        "insert": "{Model}.insert_many(rows).execute() or {Model}.bulk_create(rows) in place of create() in the loop",
        "delete": "{Model}.delete().where({Model}.{key}.in_({keys}))",
        "get_or_create": "{Model}.insert_many(rows).on_conflict_ignore(), then one select with .in_({keys})",
        "redundant": "ask once and keep the result",
    },
    "rails": {
        "to_one": "add .includes(:{relation}) to the query of the list (.preload for a query of its own, .eager_load for a join)",
        "to_many": "add .includes(:{relations}) to the query of the list; a .where or .order on the association in the loop asks again",
        "count": "a counter_cache on the association, or one {Model}.where({key}: ids).group(:{key}).count; .size on a preloaded association asks nothing",
        "exists": "one {Model}.where({key}: ids).distinct.pluck(:{key}), or .any? on a preloaded association; .exists? always asks",
        "aggregate": "one {Model}.where({key}: ids).group(:{key}).sum(...) in place of a sum for each",
        "update": "one {Model}.where({key}: ids).update_all(...), or upsert_all(rows) for different values (no callbacks, no validations)",
        "insert": "{Model}.insert_all(rows) in place of create in the loop (no callbacks, no validations)",
        "delete": "{Model}.where({key}: ids).delete_all (destroy runs callbacks row by row)",
        "get_or_create": "{Model}.insert_all(rows, unique_by: ...), then one {Model}.where({key}: values)",
        "redundant": "memoise it (@x ||= ...); the query cache of a request saves the round trip only between writes",
        "guard": ".strict_loading on the query, or strict_loading_by_default, raises on the next lazy load",
    },
    "laravel": {
        "to_one": "add ->with('{relation}') to the query of the list (->load('{relation}') on a collection that is there already)",
        "to_many": "add ->with('{relations}') to the query of the list, and read the property: calling {relations}() in the loop asks again",
        "count": "add ->withCount('{relations}') to the query of the list and read {relations}_count",
        "exists": "add ->withExists('{relations}') to the query of the list and read {relations}_exists",
        "aggregate": "add ->withSum('{relations}', 'column') (withMin, withMax, withAvg) to the query of the list",
        "update": "one {Model}::whereIn('{key}', $keys)->update([...]), or {Model}::upsert($rows, ['id'], [...]) for different values",
        "insert": "{Model}::insert($rows) in place of create() in the loop (no events, no timestamps)",
        "delete": "{Model}::whereIn('{key}', $keys)->delete()",
        "get_or_create": "{Model}::insertOrIgnore($rows), then one {Model}::whereIn('{key}', $keys)->get()",
        "redundant": "keep the result: once(), or a variable outside of the loop",
        "guard": "Model::preventLazyLoading() outside of production raises on the next lazy load",
    },
    "doctrine": {
        "to_one": "join and select it in the query of the list: ->leftJoin('p.{relation}', 'r')->addSelect('r')",
        "to_many": "join and select it in the query of the list: ->leftJoin('p.{relations}', 'r')->addSelect('r') (with a paginator, or ids first, where there is a LIMIT)",
        "count": "select COUNT(r) with a GROUP BY in one DQL query; fetch: 'EXTRA_LAZY' makes count() cheap and still asks for each row",
        "exists": "one DQL query that selects the parents' ids that have rows",
        "aggregate": "one DQL query with GROUP BY",
        "update": "one DQL UPDATE ... WHERE IN (:keys) in place of a flush of changed entities",
        "insert": "one flush() for all persist() calls still sends one INSERT a row: use DBAL with a multi-row INSERT for many",
        "delete": "one DQL DELETE ... WHERE IN (:keys) in place of remove() on each",
        "get_or_create": "a multi-row INSERT that ignores conflicts by DBAL, then one findBy(['{key}' => $keys])",
        "redundant": "find() answers from the identity map where the key is the identifier; else keep the result",
    },
    "driver": {
        "to_one": "collect the keys, ask once for all of them (= ANY(%s) with a list, or IN), and put the rows in a dict by {key}",
        "to_many": "collect the keys, ask once for all of them (= ANY(%s) with a list, or IN), and group the rows by {key}",
        "count": "ask once with GROUP BY {key}; a key without a row counts 0",
        "exists": "ask once for the keys that have rows (SELECT DISTINCT {key})",
        "aggregate": "ask once with GROUP BY {key}",
        "update": "one UPDATE joined with the new values; executemany is one round trip a row with psycopg2 and a pipeline with psycopg 3",
        "insert": "a multi-row INSERT (psycopg2: execute_values; pymysql's executemany makes one of a VALUES list; psycopg 3: executemany or COPY)",
        "delete": "one DELETE with the list of keys",
        "get_or_create": "one INSERT that leaves out what is there, then one SELECT with the list of keys",
        "redundant": "ask once and keep the result",
    },
}  # fmt: skip
