"""Workloads for measuring."""

from __future__ import annotations

from advisor.model.catalog import IndexKey
from advisor.model.indexing import IndexDefinition
from advisor.model.planning import Query
from advisor.recommend.workload import Statement


def statement(sql: str, *values: tuple[str, ...], engine: str = "postgresql", fingerprint: str = "") -> Statement:
    queries = tuple(Query(sql, parameters) for parameters in values) or (Query(sql),)
    return Statement(
        fingerprint=fingerprint or sql[:40], engine=engine, kind="select", sql=sql, queries=queries, weight=1.0
    )  # fmt: skip


def index(table: str, *keys: str | IndexKey, engine: str = "postgresql", **more: object) -> IndexDefinition:
    told = tuple(IndexKey(column=key) if isinstance(key, str) else key for key in keys)
    return IndexDefinition(engine=engine, table=table, keys=told, **more)  # type: ignore[arg-type]
