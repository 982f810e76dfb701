"""What a schema file seldom tells of a column, read on the server and said again of the one that takes its place."""

from __future__ import annotations

from advisor.alternatives.ground import Ground, alone
from advisor.model.check import Step

CARRIED = "comment, privileges, statistics target and options go over"


def carried(ground: Ground, table: str, column: str, new: str) -> list[Step]:
    """Comment, privileges, statistics target and options of the new column; then its
    statistics, so that plans hold. Names as they are.
    """
    name, fresh = ground.sql_table(table), ground.sql(new)
    where, old, other = (text.replace("'", "''") for text in (name, column, new))
    body = (
        f"\nDECLARE told text;\nBEGIN\n"
        f"  FOR told IN\n"
        f"    SELECT more.statement FROM pg_attribute AS a, LATERAL (\n"
        f"      SELECT format('COMMENT ON COLUMN %s.%I IS %L', a.attrelid::regclass, '{other}', d.description)\n"
        f"      FROM pg_description AS d\n"
        f"      WHERE d.classoid = 'pg_class'::regclass AND d.objoid = a.attrelid AND d.objsubid = a.attnum\n"
        f"      UNION ALL SELECT format('GRANT %s (%I) ON %s TO %s%s', p.privilege_type, '{other}', "
        f"a.attrelid::regclass,\n"
        f"        CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(p.grantee)) END,\n"
        f"        CASE WHEN p.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) FROM aclexplode(a.attacl) AS p\n"
        f"      UNION ALL SELECT format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', a.attrelid::regclass, "
        f"'{other}', a.attstattarget)\n"
        f"      WHERE a.attstattarget >= 0\n"
        f"      UNION ALL SELECT format('ALTER TABLE %s ALTER COLUMN %I SET (%s)', a.attrelid::regclass,\n"
        f"        '{other}', o)\n"
        f"      FROM unnest(a.attoptions) AS o WHERE o LIKE 'n\\_distinct%'\n"
        f"    ) AS more(statement)\n"
        f"    WHERE a.attrelid = '{where}'::regclass AND a.attname = '{old}'\n"
        f"  LOOP\n    EXECUTE told;\n  END LOOP;\nEND "
    )
    return [
        alone(f"DO {_dollars(body)}", note=CARRIED),
        alone(f"ANALYZE {name} ({fresh})", note="the planner knows the new column when its turn comes"),
    ]


def is_carrying(sql: str) -> bool:
    """Is it that block? What it runs is written above: nothing of it waits or works long."""
    return sql.startswith("DO $carried") and "\n    EXECUTE told;\n" in sql


def _dollars(body: str) -> str:
    """Between dollar quotes that the names in it cannot end."""
    tag, number = "$carried$", 1
    while tag in body:
        number += 1
        tag = f"$carried{number}$"
    return f"{tag}{body}{tag}"
