"""What a schema file seldom tells of a column, read on the server and said again of the one that takes its place."""

from __future__ import annotations

from advisor.alternatives.ground import Ground, alone
from advisor.model.check import Step

PRINTED = "run the statements that it prints (none: there is nothing to carry over)"


def carried(ground: Ground, table: str, column: str, new: str) -> list[Step]:
    """Statistics of the new column, so that plans hold; then a query whose rows are statements: the comment,
    privileges, statistics target and options. Names as they are.
    """
    name, fresh = ground.sql_table(table), ground.sql(new)
    where, old, other = (text.replace("'", "''") for text in (name, column, new))
    return [
        alone(f"ANALYZE {name} ({fresh})", note="the planner knows the new column when its turn comes"),
        alone(
            f"SELECT told.statement\n"
            f"FROM pg_attribute AS a, LATERAL (\n"
            f"  SELECT format('COMMENT ON COLUMN %s.%I IS %L', a.attrelid::regclass, '{other}', d.description)\n"
            f"  FROM pg_description AS d\n"
            f"  WHERE d.classoid = 'pg_class'::regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum\n"
            f"  UNION ALL SELECT format('GRANT %s (%I) ON %s TO %s%s', p.privilege_type, '{other}', "
            f"a.attrelid::regclass,\n"
            f"    CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(p.grantee)) END,\n"
            f"    CASE WHEN p.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM aclexplode(a.attacl) AS p\n"
            f"  UNION ALL SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', a.attrelid::regclass, "
            f"'{other}', a.attstattarget)\n"
            f"  WHERE a.attstattarget >= 0\n"
            f"  UNION ALL SELECT format('ALTER TABLE %s ALTER COLUMN %I SET (%s)', a.attrelid::regclass,\n"
            f"    '{other}', o)\n"
            f"  FROM unnest(a.attoptions) AS o WHERE o LIKE 'n\\_distinct%'\n"
            f") AS told(statement)\n"
            f"WHERE a.attrelid = '{where}'::regclass AND a.attname = '{old}'",
            note=PRINTED,
        ),
    ]
