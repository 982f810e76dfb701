"""PostgreSQL 10 and later, from pg_catalog. Sizes are those of the last VACUUM or ANALYZE: exact ones need locks."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib import resources
from typing import Any, Literal

from advisor.catalog.ddl.lexer import single
from advisor.catalog.ddl.operations import VOLATILITIES
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import Address
from advisor.catalog.live.postgresql_connection import connect
from advisor.catalog.types import canonical
from advisor.model.catalog import Catalog, Column, ForeignKey, Index, IndexKey, Policy, Table
from advisor.model.engine import Engine

Kind = Literal["table", "view", "materialized_view", "partitioned", "partition", "foreign"]
_KINDS: dict[str, Kind] = {
    "r": "table",
    "p": "partitioned",
    "v": "view",
    "m": "materialized_view",
    "f": "foreign",
}
_ACTIONS = {"r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}
_VOLATILITY = {"i": "immutable", "s": "stable", "v": "volatile"}
_COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"}
_SCHEMAS = r"n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(catalog|toast|temp)'"
_NAMED = re.compile(r"^-- :name (\w+)\n(.*?;)$", re.MULTILINE | re.DOTALL)


def read(where: Address) -> Catalog:
    """The catalog of one database."""
    import psycopg

    from advisor.catalog.live import QUERY_SECONDS

    try:
        with connect(where) as connection, connection.cursor() as cursor:
            # One transaction with its own settings: that also holds behind a pooler.
            cursor.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(f"SET LOCAL statement_timeout = '{QUERY_SECONDS}s'".encode())
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute("SET LOCAL search_path = ''")
            catalog = _Reader(cursor, connection.info.server_version).catalog(where.safe)
            cursor.execute("ROLLBACK")
            return catalog
    except psycopg.Error as error:
        raise CatalogError(f"catalog {where.safe}: {where.clean(str(error))}") from None


class _Reader:
    def __init__(self, cursor: Any, version: int) -> None:
        self.cursor = cursor
        text = (resources.files("advisor.catalog.live") / "postgresql.sql").read_text("utf-8")
        self.queries = dict(_NAMED.findall(text))
        self.forms = {
            "schemas": _SCHEMAS,
            "generated": "a.attgenerated <> ''" if version >= 120000 else "false",
            "key_count": "i.indnkeyatts" if version >= 110000 else "i.indnatts",
            "nulls_not_distinct": "i.indnullsnotdistinct" if version >= 150000 else "false",
            "last_scan": "to_json(pg_stat_get_lastscan(i.indexrelid)) #>> '{}'" if version >= 160000 else "NULL",
        }

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        self.cursor.execute(self.queries[name].format(**self.forms))
        found: list[tuple[Any, ...]] = self.cursor.fetchall()
        return found

    def catalog(self, origin: str) -> Catalog:
        columns, indexes, keys = self._columns(), self._indexes(), self._foreign_keys()
        checks, policies, triggers = self._checks(), self._policies(), self._triggers()
        types = self._types()
        functions, bodies, parameters = self._functions()
        tables: dict[str, Table] = {}
        for row in self.rows("relations"):
            (
                oid,
                schema,
                bare,
                kind,
                partition,
                rls,
                tuples,
                pages,
                live,
                block,
                key,
                up_schema,
                up,
                text,
                bound,
                parents,
                unlogged,
            ) = row
            rows = int(tuples) if tuples > 0 or (tuples == 0 and pages > 0) else int(live) if live else None
            name = _name(schema, bare)
            tables[name] = Table(
                name=name,
                schema=schema,
                kind="partition" if partition and kind == "r" else _KINDS[kind],
                columns=tuple(columns.get(oid, ())),
                indexes=tuple(indexes.get(oid, ())),
                foreign_keys=tuple(keys.get(oid, ())),
                checks=tuple(text for text, _, _ in checks.get(oid, ())),
                check_names=tuple(label for _, label, _ in checks.get(oid, ())),
                checks_not_valid=tuple(text for text, _, valid in checks.get(oid, ()) if not valid),
                policies=tuple(policies.get(oid, ())),
                rls_enabled=rls,
                triggers=tuple(triggers.get(oid, ())),
                rows=rows if kind in "rpmf" else None,
                bytes=int(pages) * int(block) if kind in "rm" and pages else None,
                partition_key=key,
                partition_of=_name(up_schema, up) if up else None,
                partition_bound=bound,
                inherits=tuple(_name(*parent) for parent in parents),
                unlogged=unlogged if kind in "rpf" else None,
                definition=" ".join(text.rstrip().rstrip(";").split()) if text else None,
            )
        ((version, collate, encoding, config),) = self.rows("database")
        settings = {name: f"{value}{unit or ''}" for name, value, unit in self.rows("settings")}
        settings["lc_collate"], settings["server_encoding"] = collate, encoding
        return Catalog(
            engine=Engine("postgresql", version.split(" ")[0]),
            tables=tables,
            default_schema="public",
            known=frozenset({"columns", "keys", "indexes", "sizes", "policies"}),
            origin=origin,
            search_path=_search_path(config or []),
            settings=settings,
            types={name: base for name, (base, _) in types.items()},
            constrained_domains=frozenset(name for name, (_, constrained) in types.items() if constrained),
            functions=functions,
            bodies=bodies,
            parameters=parameters,
        )

    def _columns(self) -> dict[int, list[Column]]:
        found: dict[int, list[Column]] = defaultdict(list)
        for oid, name, type_text, not_null, default, generated, identity, collation, made in self.rows("columns"):
            found[oid].append(
                Column(
                    name=name,
                    type=canonical(type_text, "postgresql"),
                    nullable=not not_null,
                    default=None if generated else default,
                    collation=collation,
                    generated=strip_parentheses(default) if generated and default else None,
                    identity=bool(identity) or (default or "").startswith("nextval("),
                    identity_as=f"GENERATED {made}" if made else None,
                )
            )
        return found

    def _indexes(self) -> dict[int, list[Index]]:
        parts: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in self.rows("index_keys"):
            parts[row[0]].append(row)
        found: dict[int, list[Index]] = defaultdict(list)
        for row in self.rows("indexes"):
            oid, table, name, method, unique, primary, valid, where, distinct, constraint, ddl, *more = row
            pages, block, scans, clustered, identity, up_schema, up, last_scan, timing = more
            members = parts[oid]
            found[table].append(
                Index(
                    name=name,
                    keys=tuple(_key(part, method == "btree") for part in members if part[1]),
                    unique=unique,
                    primary=primary,
                    constraint=constraint,
                    method=method,
                    include=tuple(part[6] for part in members if not part[1]),
                    where=strip_parentheses(where) if where else None,
                    valid=valid,
                    nulls_not_distinct=distinct,
                    bytes=int(pages) * int(block),
                    scans=scans,
                    ddl=ddl,
                    last_scan=last_scan,
                    clustered=clustered,
                    replica_identity=identity,
                    attached_to=_name(up_schema, up) if up else None,
                    timing=timing,
                )
            )
        return found

    def _foreign_keys(self) -> dict[int, list[ForeignKey]]:
        found: dict[int, list[ForeignKey]] = defaultdict(list)
        for row in self.rows("foreign_keys"):
            table, name, columns, schema, parent, parent_columns, valid, on_delete, on_update, text = row
            found[table].append(
                ForeignKey(
                    name=name,
                    columns=tuple(columns),
                    parent=_name(schema, parent),
                    parent_columns=tuple(parent_columns),
                    validated=valid,
                    on_delete=_ACTIONS.get(on_delete),
                    on_update=_ACTIONS.get(on_update),
                    clauses=_clauses(text),
                )
            )
        return found

    def _checks(self) -> dict[int, list[tuple[str, str, bool]]]:
        """Of each table: expression, name, validated."""
        found: dict[int, list[tuple[str, str, bool]]] = defaultdict(list)
        for table, text, name, validated in self.rows("checks"):
            found[table].append((strip_parentheses(text), name, validated))
        return found

    def _policies(self) -> dict[int, list[Policy]]:
        found: dict[int, list[Policy]] = defaultdict(list)
        for table, name, command, roles, permissive, using, check in self.rows("policies"):
            found[table].append(
                Policy(
                    name=name,
                    command=_COMMANDS.get(command, command),
                    roles=tuple(roles),
                    permissive=permissive,
                    using=strip_parentheses(using) if using else None,
                    check=strip_parentheses(check) if check else None,
                )
            )
        return found

    def _triggers(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for table, name in self.rows("triggers"):
            found[table].append(name)
        return found

    def _types(self) -> dict[str, tuple[str, bool]]:
        found: dict[str, tuple[str, bool]] = {}
        for schema, name, kind, base, constrained in self.rows("types"):
            text = "enum" if kind == "e" else canonical(base, "postgresql")
            found[name] = found[_name(schema, name)] = (text, constrained)
        return found

    def _functions(self) -> tuple[dict[str, str], dict[str, str], dict[str, str | None]]:
        """Volatility, bodies and parameters."""
        found: dict[str, str] = {}
        bodies: dict[str, str] = {}
        parameters: dict[str, str | None] = {}
        for schema, name, letter, body, declared in self.rows("functions"):
            for key in {name, _name(schema, name)}:
                if body:
                    bodies[key] = body
                    parameters[key] = declared if parameters.get(key, declared) == declared else None
                found[key] = max(found.get(key, "immutable"), _VOLATILITY[letter], key=VOLATILITIES.index)
        return found, bodies, parameters


def _clauses(text: str) -> str:
    """Of a foreign key's definition: what follows the referenced columns."""
    tokens = single(text, "postgresql").tokens
    words = [token.upper for token in tokens]
    behind = tokens[words.index(")", words.index("REFERENCES"))].end
    return re.sub(r"\s*NOT (VALID|ENFORCED)\b", "", text[behind:]).strip()


def _key(part: tuple[Any, ...], ordered: bool) -> IndexKey:
    _, _, text, option, opclass, collation, column = part
    return IndexKey(
        column=column,
        expression=None if column is not None else strip_parentheses(text),
        descending=ordered and bool(option & 1),
        nulls_first=ordered and bool(option & 2),
        opclass=opclass,
        collation=collation,
    )


def _name(schema: str, name: str) -> str:
    return name if schema == "public" else f"{schema}.{name}"


def _search_path(config: list[str]) -> tuple[str, ...]:
    for entry in config:
        if entry.startswith("search_path="):
            return tuple(part.strip().strip('"') for part in entry.partition("=")[2].split(",") if part.strip())
    return ()
