"""How near the predicted sizes of InnoDB indexes are to what ALTER TABLE ... ADD INDEX reserves.

    python -m benchmarks.index_sizes_innodb mariadb://root@127.0.0.1:3306/shop [--seed 1]

Of every table with enough rows: each column alone (texts by a prefix where they are long), and pairs drawn by a fixed
seed. ANALYZE TABLE ... PERSISTENT FOR ALL is run first; the real size is mysql.innodb_index_stats' after ANALYZE TABLE.
Every index is dropped again.
"""

from __future__ import annotations

import argparse
import random
import statistics
from urllib.parse import urlsplit

import pymysql

from advisor.catalog.snapshot import capture
from advisor.planners.mariadb.shadow import MariadbShadow

LEAST_ROWS = 20_000
PAIRS = 6
TOLERANCE = 0.15
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_rows >= %s"
_COLUMNS = """
SELECT column_name, data_type, character_maximum_length FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = %s ORDER BY ordinal_position
"""
_SIZE = """
SELECT stat_value FROM mysql.innodb_index_stats
WHERE database_name = DATABASE() AND table_name = %s AND index_name = 'advisor_i' AND stat_name = 'size'
"""


def candidates(cursor: pymysql.cursors.Cursor, seed: int) -> list[tuple[str, str]]:
    """Table and columns of each index."""
    draw = random.Random(seed)
    found = []
    cursor.execute(_TABLES, (LEAST_ROWS,))
    for (table,) in list(cursor.fetchall()):
        cursor.execute(_COLUMNS, (table,))
        parts = []
        for name, type_, length in cursor.fetchall():
            whole = type_ in ("text", "blob", "mediumtext", "longtext") or (length or 0) > 190
            parts.append(f"`{name}`(20)" if whole else f"`{name}`")
        found += [(table, part) for part in parts]
        pairs = {tuple(draw.sample(parts, 2)) for _ in range(PAIRS)} if len(parts) > 1 else set()
        found += [(table, ", ".join(pair)) for pair in sorted(pairs)]
    return found


def main() -> None:
    """Measures the database named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dsn")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    parts = urlsplit(arguments.dsn)
    connection = pymysql.connect(
        host=parts.hostname, port=parts.port or 3306, user=parts.username or "root", password=parts.password or "",
        database=parts.path.strip("/"), autocommit=True,
    )  # fmt: skip
    cursor = connection.cursor()
    indexes = candidates(cursor, arguments.seed)
    for table in dict.fromkeys(table for table, _ in indexes):
        cursor.execute(f"ANALYZE TABLE `{table}` PERSISTENT FOR ALL")
    with MariadbShadow.open(capture(arguments.dsn, values="present")) as planner:
        said = planner.sizes([f"ON `{table}` ({columns})" for table, columns in indexes])
    errors = []
    for (table, columns), size in zip(indexes, said, strict=True):
        cursor.execute(f"ALTER TABLE `{table}` ADD INDEX advisor_i ({columns})")
        cursor.execute(f"ANALYZE TABLE `{table}`")
        cursor.execute(_SIZE, (table,))
        (real,) = cursor.fetchone() or (0,)
        cursor.execute(f"ALTER TABLE `{table}` DROP INDEX advisor_i")
        errors.append((size.pages / max(int(real), 1) - 1, f"{table} ({columns}): {size.pages} for {real} pages"))
    within = sum(abs(error) <= TOLERANCE for error, _ in errors)
    print(f"{within} of {len(errors)} within 15 %, median {statistics.median(abs(error) for error, _ in errors):.1%}")
    for error, words in sorted(errors, key=lambda each: -abs(each[0]))[:8]:
        print(f"{error:+7.1%} {words}")


if __name__ == "__main__":
    main()
