"""What ``advisor snapshot --sql`` prints for MySQL and MariaDB: the snapshot for someone who only has the client.

    mysql -N -B --raw --force --comments DATABASE < snapshot.sql > raw.jsonl

The statements are those of `advisor.catalog.snapshot.mysql`, but that a client's script cannot loop over SHOW CREATE:
definitions are put together from information_schema here. They lack partitioning, comments and table options beyond
engine, collation and row format; the partitions themselves are in the snapshot as rows.
"""

from __future__ import annotations

from advisor.catalog.snapshot.file import END
from advisor.catalog.snapshot.mysql_statements import BEGIN, SYSTEM_DATABASES, Statement, quoted, statements

_SECONDS = 30

#: MySQL prints a literal default without quotes, MariaDB (10.2.7 on) as it stands in the statement.
_DEFAULT = """IF(column_default IS NULL OR LENGTH(IFNULL(generation_expression, '')) > 0, '', CONCAT(' DEFAULT ',
    IF(VERSION() LIKE '%MariaDB%', column_default,
       IF(extra LIKE '%DEFAULT_GENERATED%', IF(column_default LIKE 'CURRENT_TIMESTAMP%', column_default,
              CONCAT('(', column_default, ')')),
          IF(data_type = 'bit' OR column_default LIKE 'CURRENT_TIMESTAMP%', column_default,
              QUOTE(column_default))))))"""
_GENERATED = """IF(LENGTH(IFNULL(generation_expression, '')) > 0, CONCAT(' GENERATED ALWAYS AS (',
    generation_expression, ')', IF(extra LIKE '%STORED%' OR extra LIKE '%PERSISTENT%', ' STORED', ' VIRTUAL')), '')"""
_COLUMN = f"""CONCAT({quoted("column_name")}, ' ', column_type,
    IF(collation_name IS NULL, '', CONCAT(' COLLATE ', collation_name)), {_GENERATED},
    IF(is_nullable = 'NO', ' NOT NULL', ''), {_DEFAULT}, IF(extra LIKE '%auto_increment%', ' AUTO_INCREMENT', ''),
    IF(extra LIKE '%on update%', CONCAT(' ', SUBSTRING(extra, LOCATE('on update', LOWER(extra)))), ''))"""
_KEY = f"""CONCAT(CASE WHEN index_name = 'PRIMARY' THEN 'PRIMARY KEY'
    WHEN MAX(index_type) = 'FULLTEXT' THEN 'FULLTEXT KEY '
    WHEN MAX(index_type) = 'SPATIAL' THEN 'SPATIAL KEY ' WHEN MAX(non_unique) = 0 THEN 'UNIQUE KEY ' ELSE 'KEY ' END,
    IF(index_name = 'PRIMARY', '', {quoted("index_name")}), ' (', GROUP_CONCAT(
        /*!80013 IF(column_name IS NULL, CONCAT('(', expression, ')'), */ {quoted("column_name")} /*!80013 ) */,
        IF(sub_part IS NULL OR index_type IN ('FULLTEXT', 'SPATIAL'), '', CONCAT('(', sub_part, ')')),
        IF(collation = 'D', ' DESC', '') ORDER BY seq_in_index SEPARATOR ', '), ')'
    /*!80000 , IF(MAX(is_visible) = 'NO', ' INVISIBLE', '') */
    /*M!100600 , IF(MAX(ignored) = 'YES', ' IGNORED', '') */)"""
# Keys over expressions: MySQL 8.0.13 has a column of information_schema for them, the others have no such keys.
_FOREIGN = f"""CONCAT('CONSTRAINT ', {quoted("k.constraint_name")}, ' FOREIGN KEY (',
    GROUP_CONCAT({quoted("k.column_name")} ORDER BY k.ordinal_position SEPARATOR ', '), ') REFERENCES ',
    {quoted("k.referenced_table_schema")}, '.', {quoted("k.referenced_table_name")}, ' (',
    GROUP_CONCAT({quoted("k.referenced_column_name")} ORDER BY k.ordinal_position SEPARATOR ', '), ') ON DELETE ',
    MAX(r.delete_rule), ' ON UPDATE ', MAX(r.update_rule))"""


_TABLES = f"""JSON_OBJECT('record', 'object', 'kind', 'table', 'schema', t.table_schema, 'name', t.table_name, 'ddl',
    JSON_ARRAY(CONCAT('CREATE TABLE ', {quoted("t.table_name")}, ' (', c.text, IFNULL(CONCAT(', ', i.text), ''),
    IFNULL(CONCAT(', ', f.text), ''), ') ENGINE=', t.engine, IFNULL(CONCAT(' DEFAULT COLLATE=', t.table_collation), ''),
    IFNULL(CONCAT(' ROW_FORMAT=', UPPER(t.row_format)), '')))) FROM information_schema.tables AS t
JOIN (SELECT table_schema, table_name, GROUP_CONCAT({_COLUMN} ORDER BY ordinal_position SEPARATOR ', ') AS text
    FROM information_schema.columns WHERE {{among table_schema}} GROUP BY table_schema, table_name) AS c
    ON c.table_schema = t.table_schema AND c.table_name = t.table_name
LEFT JOIN (SELECT table_schema, table_name, GROUP_CONCAT(text ORDER BY text LIKE 'PRIMARY%' DESC SEPARATOR ', ') AS text
    FROM (SELECT table_schema, table_name, index_name, {_KEY} AS text
        FROM information_schema.statistics WHERE {{among table_schema}}
        GROUP BY table_schema, table_name, index_name) AS keys_of GROUP BY table_schema, table_name) AS i
    ON i.table_schema = t.table_schema AND i.table_name = t.table_name
LEFT JOIN (SELECT table_schema, table_name, GROUP_CONCAT(text SEPARATOR ', ') AS text
    FROM (SELECT k.table_schema, k.table_name, {_FOREIGN} AS text FROM information_schema.key_column_usage AS k
        JOIN information_schema.referential_constraints AS r ON r.constraint_schema = k.constraint_schema
            AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
        WHERE k.referenced_table_name IS NOT NULL AND {{among k.table_schema}}
        GROUP BY k.table_schema, k.table_name, k.constraint_name) AS foreign_of
    GROUP BY table_schema, table_name) AS f ON f.table_schema = t.table_schema AND f.table_name = t.table_name
WHERE t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') AND {{among t.table_schema}}"""


def _definitions() -> tuple[Statement, ...]:
    record, _, source = _TABLES.partition(" FROM ")
    view = (
        f"JSON_OBJECT('record', 'object', 'kind', 'view', 'schema', table_schema, 'name', table_name, 'ddl',"
        f" JSON_ARRAY(CONCAT('CREATE VIEW ', {quoted('table_name')}, ' AS ', view_definition)))"
    )
    views = "information_schema.views WHERE view_definition <> '' AND {among table_schema}"
    return (
        Statement("definitions", record, source),
        Statement("views", view, views),
    )


def script() -> str:
    """The text, for every version; with no database given to the client, of all but the system's."""
    begin = [text.format(seconds=_SECONDS, milliseconds=_SECONDS * 1000) for text in BEGIN]
    end = f"SELECT JSON_OBJECT('record', 'section', 'name', '{END}', 'rows', 0)"
    body = [*begin, *(one.script() for one in (*statements(), *_definitions())), end, "ROLLBACK"]
    heading = (
        "-- A snapshot of MySQL or MariaDB for advisor: dictionary, statistics and counters, read-only.\n"
        "--   mysql -N -B --raw --force --comments DATABASE < this.sql > raw.jsonl\n"
        f"-- Without DATABASE: all but {', '.join(SYSTEM_DATABASES)}. A statement that fails leaves one section out.\n"
    )
    return heading + "".join(f"{text};\n" for text in body)
