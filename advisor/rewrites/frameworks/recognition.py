# ruff: noqa: E501 - a table reads best with an entry on a line
"""Which library wrote a statement: what a comment says, else how its SQL is written.

Styles overlap: several libraries write `SELECT "t"."a" FROM "t"`. What only one of them writes is likely it; what two
may write is only possible, and the first fitting line of `_STYLES` is then a guess that is called one. Give the text of
a logged execution where there is one: a shape has lost the case of its words and the ends of its lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

TITLES = {
    "django": "Django",
    "sqlalchemy": "SQLAlchemy",
    "peewee": "Peewee",
    "rails": "Rails (Active Record)",
    "laravel": "Laravel (Eloquent)",
    "doctrine": "Doctrine",
    "hibernate": "Hibernate",
    "jooq": "jOOQ",
    "efcore": "EF Core",
    "prisma": "Prisma",
    "sequelize": "Sequelize",
    "typeorm": "TypeORM",
    "mikroorm": "MikroORM",
    "drizzle": "Drizzle",
    "knex": "knex",
    "gorm": "GORM",
    "ecto": "Ecto",
    "diesel": "Diesel",
    "driver": "a driver without ORM",
}


@dataclass(frozen=True)
class Framework:
    """A library, and how sure it is that it wrote the statement."""

    name: str
    """A key of `TITLES`."""
    sure: Literal["named", "likely", "possible"]
    """A tag names it; only it writes so; others write so too."""
    why: str
    version: str | None = None

    @property
    def title(self) -> str:
        """As its people write it."""
        return TITLES[self.name]


#: Words in tags (sqlcommenter's framework, db_driver, orm, application) and the library they mean; the first that fits.
_NAMED: tuple[tuple[str, str], ...] = (
    ("django", "django"),
    ("sqlalchemy", "sqlalchemy"),
    ("peewee", "peewee"),
    ("rails", "rails"),
    ("activerecord", "rails"),
    ("laravel", "laravel"),
    ("eloquent", "laravel"),
    ("doctrine", "doctrine"),
    ("symfony", "doctrine"),
    ("hibernate", "hibernate"),
    ("jooq", "jooq"),
    ("efcore", "efcore"),
    ("entityframework", "efcore"),
    ("prisma", "prisma"),
    ("sequelize", "sequelize"),
    ("typeorm", "typeorm"),
    ("mikro", "mikroorm"),
    ("drizzle", "drizzle"),
    ("knex", "knex"),
    ("gorm", "gorm"),
    ("ecto", "ecto"),
    ("diesel", "diesel"),
    ("psycopg", "driver"),
    ("asyncpg", "driver"),
    ("mysqlclient", "driver"),
    ("pymysql", "driver"),
    ("mysql-connector", "driver"),
    ("pgx", "driver"),
    ("database/sql", "driver"),
    ("jdbc", "driver"),
)
_TAGS = ("framework", "orm", "db_driver", "driver", "db.driver")

_Q = r"(?P<q>[\"`])"
_SAME = r"(?P=q)"
#: (library, sure, what is seen, pattern). Patterns with (?i) do not count on the case of words.
_STYLES: tuple[tuple[str, Literal["likely", "possible"], str, str], ...] = (
    ("prisma", "likely", "its own JSON column", r"__prisma_data__"),
    ("django", "likely", "names that Django gives", r"(?i)[\"`](?:__count|_prefetch_related_val_\w+|\w+__(?:sum|count|avg|max|min))[\"`]|[\"`][UV]\d[\"`]\.[\"`]"),
    ("django", "likely", "a table of Django itself", r"(?i)[\"`](?:django_(?:session|content_type|migrations|site)|auth_(?:user|group|permission))[\"`]"),
    ("rails", "likely", "aliases of eager loading", r"(?i)\bAS t\d+_r\d+\b"),
    ("rails", "likely", "a table of Rails itself", r"(?i)[\"`](?:schema_migrations|ar_internal_metadata|active_storage_\w+)[\"`]"),
    ("typeorm", "likely", '"Post"."id" AS "Post_id"', rf"(?i){_Q}(?P<t>\w+){_SAME}\.{_SAME}(?P<c>\w+){_SAME} AS {_SAME}(?P=t)_(?P=c){_SAME}"),
    ("prisma", "likely", "columns with schema and table, each quoted", rf"(?:SELECT|SET|WHERE|RETURNING|FROM)\s[^;]*?{_Q}\w+{_SAME}\.{_SAME}\w+{_SAME}\.{_SAME}\w+{_SAME}"),
    ("jooq", "likely", "columns with schema and table, each quoted, in lower case", rf"\bselect\s[^;]*?{_Q}\w+{_SAME}\.{_SAME}\w+{_SAME}\.{_SAME}\w+{_SAME}"),
    ("hibernate", "likely", "aliases as a1_0", r"\b(?:from|join|update|delete from) [\w.\"`]+ [a-z]\w{0,2}\d+_\d+\b"),
    ("hibernate", "likely", "aliases as author0_.id as id1_0_", r"\b\w+_\.\w+ as \w+_\d+_"),
    ("doctrine", "likely", "aliases as t0.id AS id_1", r"\b(?P<a>t\d+|[a-z]\d+_)\.\w+ AS \w+_\d+\b"),
    ("sqlalchemy", "likely", "labels as books.id AS books_id", r"\b(?P<t>[A-Za-z]\w*)\.(?P<c>\w+) AS (?P=t)_(?P=c)\b"),
    ("sqlalchemy", "likely", "names of parameters as %(id_1)s", r"[%:]\(?(?:\w+_\d+)\b\)?s?(?:::[A-Z]+)?|\banon_\d+\b"),
    ("sqlalchemy", "likely", "lines that end in a blank before FROM", r"\bSELECT [^\n]* \nFROM [^\n]+"),
    ("sqlalchemy", "likely", "values cast in capitals", r"(?:\$\d+|\?|%s)::(?:INTEGER|VARCHAR|BIGINT|NUMERIC|FLOAT|BOOLEAN|TIMESTAMP\b|UUID|DATE)"),
    ("peewee", "likely", 'tables as "t1"', rf"(?i)\b(?:FROM|JOIN) {_Q}\w+{_SAME} AS {_SAME}t\d+{_SAME}"),
    ("ecto", "likely", 'aliases as p0."id"', rf"\b(?P<a>[a-z])\d+\.{_Q}\w+{_SAME}[^;]*\b(?:FROM|UPDATE) (?P=q)\w+(?P=q) AS (?P=a)\d+|\b(?:FROM|UPDATE|DELETE FROM) [\"`]\w+[\"`] AS [a-z]0\b"),
    ("efcore", "likely", "names of parameters as @__id_0", r"@__\w+_\d+\b"),
    ("efcore", "likely", "the table's first letter as alias", r"FROM [\"`](?i:(?P<a>[a-z]))\w*[\"`] AS [\"`]?(?i:(?P=a))\d?[\"`]?(?=\s|\)|$)"),
    ("mikroorm", "likely", 'aliases as "a0" in lower case', rf"\bfrom {_Q}(?P<a>\w)\w*{_SAME} as {_SAME}(?P=a)\d{_SAME}"),
    ("sequelize", "likely", '"Posts" AS "Post"', rf"\bFROM {_Q}\w+{_SAME} AS {_SAME}\w+{_SAME}"),
    ("laravel", "likely", "names that Laravel gives", r"(?i)count\(\*\) as aggregate\b|\bas [\"`](?:pivot_\w+|exists|laravel_\w+)[\"`]"),
    ("laravel", "likely", "a key = ? and is not null", rf"\bwhere {_Q}(?P<t>\w+){_SAME}\.{_SAME}(?P<c>\w+){_SAME} = [^ ]+ and {_SAME}(?P=t){_SAME}\.{_SAME}(?P=c){_SAME} is not null"),
    ("laravel", "likely", "select * and a qualified condition, in lower case", rf"\bselect \* from {_Q}(?P<t>\w+){_SAME} where {_SAME}(?P=t){_SAME}\."),
    ("rails", "likely", 'SELECT "posts".*', rf"\bSELECT (?:DISTINCT )?{_Q}(?P<t>\w+){_SAME}\.\* FROM {_SAME}(?P=t){_SAME}"),
    ("rails", "likely", "SELECT 1 AS one", r"\bSELECT 1 AS one FROM\b"),
    ("gorm", "likely", "SELECT * and a qualified condition", rf"\bSELECT \* FROM {_Q}(?P<t>\w+){_SAME} WHERE .*?{_SAME}(?P=t){_SAME}\."),
    ("gorm", "likely", "lists of columns without blanks", r"\bINSERT INTO [\"`]\w+[\"`] \([\"`]\w+[\"`](?:,[\"`]\w+[\"`])+\) VALUES"),
    ("gorm", "possible", "SELECT * from a quoted table", r"\bSELECT \* FROM [\"`]\w+[\"`] WHERE"),
    ("diesel", "likely", "conditions in parentheses and server parameters", rf"\bWHERE \(+{_Q}\w+{_SAME}\.{_SAME}\w+{_SAME} (?:=|<|>|<>|IN) \$\d+\)"),
    ("django", "likely", "columns with their table, each quoted, LIMIT 21", rf"\bSELECT {_Q}(?P<t>\w+){_SAME}\.{_SAME}\w+{_SAME}.* FROM {_SAME}(?P=t){_SAME}.*LIMIT 21$"),
    ("django", "likely", 'SELECT 1 AS "a"', r"\bSELECT \(?1\)? AS [\"`]a[\"`] FROM\b"),
    ("django", "likely", 'a table as "app_model", columns with it, each quoted', rf"\bSELECT (?:DISTINCT )?(?P<q>[\"`])(?P<t>[a-z0-9]+_\w+){_SAME}\.{_SAME}\w+{_SAME}.* FROM {_SAME}\w+{_SAME}"),
    ("django", "likely", "RETURNING with the table", rf"\bINSERT INTO {_Q}(?P<t>\w+){_SAME} .*\bRETURNING {_SAME}(?P=t){_SAME}\.{_SAME}"),
    ("django", "possible", 'a table as "app_model", the condition with it', rf"\b(?:UPDATE|DELETE FROM) (?P<q>[\"`])(?P<t>[a-z0-9]+_\w+){_SAME} .*\bWHERE \(*{_SAME}(?P=t){_SAME}\."),
    ("rails", "likely", "timestamps of Active Record", rf"\b(?:INSERT INTO|UPDATE) {_Q}\w+{_SAME} .*{_SAME}updated_at{_SAME}.*"),
    ("rails", "possible", "COUNT(*) with a qualified condition", rf"\bSELECT COUNT\(\*\) FROM {_Q}(?P<t>\w+){_SAME} WHERE {_SAME}(?P=t){_SAME}\."),
    ("django", "possible", "columns with their table, each quoted", rf"\bSELECT {_Q}(?P<t>\w+){_SAME}\.{_SAME}\w+{_SAME}.* FROM {_SAME}\w+{_SAME}"),
    ("drizzle", "likely", "plain columns, qualified conditions, in lower case", rf"\bselect {_Q}\w+{_SAME}(?:, {_SAME}\w+{_SAME})* from {_SAME}(?P<t>\w+){_SAME} where \(*{_SAME}(?P=t){_SAME}\."),
    ("knex", "possible", "quoted names in lower-case SQL", r"\bselect .* from [\"`]\w+[\"`] where [\"`]\w+[\"`] "),
)  # fmt: skip
_COMPILED = tuple((name, sure, why, re.compile(pattern, re.DOTALL)) for name, sure, why, pattern in _STYLES)
#: What is searched of a long statement: its style shows at once, and no pattern is to walk a megabyte.
_HEAD = 4000
_COMMENT = re.compile(r"/\*(.{0,2000}?)\*/", re.DOTALL)
_PAIR = re.compile(r"(\w[\w.]*)\s*=\s*'([^']*)'")


def recognise(sql: str, tags: Mapping[str, str] | None = None) -> Framework | None:
    """The library that wrote a statement, by its tags and comments, then by its style. None: it may be any."""
    named = _by_tags(dict(tags or {})) or _by_comment(sql)
    if named is not None and named.name != "driver":
        return named
    text = _COMMENT.sub(" ", sql[:_HEAD]).strip()
    for name, sure, why, pattern in _COMPILED:
        if pattern.search(text):
            return Framework(name, sure, f"written as {why}" if sure == "likely" else f"may be: {why}")
    return named


def _by_tags(tags: Mapping[str, str]) -> Framework | None:
    for tag in _TAGS:
        value = unquote(tags.get(tag, "")).strip("'")
        for word, name in _NAMED:
            if word in value.lower():
                version = re.search(r"\d+(?:\.\d+)*", value)
                return Framework(name, "named", f"its tag {tag} says so", version.group() if version else None)
    return None


def _by_comment(sql: str) -> Framework | None:
    for comment in _COMMENT.findall(sql[:_HEAD] + sql[-_HEAD:]):
        pairs = dict(_PAIR.findall(comment))
        found = _by_tags(pairs)
        if found is not None:
            return found
        if "framework" in pairs:
            continue  # it says what it is, and nothing that is known: not Rails for having controllers
        if re.search(r"\bcontroller[:=]", comment) and re.search(r"\b(?:application|action)[:=]", comment):
            return Framework("rails", "likely", "its comment names a controller and an action")
    return None
