"""Tables of many kinds, and ALTERs of each: what MariaDB accepts is asked, and told by the rules."""

from __future__ import annotations

#: A name stands for ``{t}``.
SCHEMAS = {
    "plain": """CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT NOT NULL DEFAULT 0, v VARCHAR(20) CHARACTER SET utf8mb4,
        w VARCHAR(50) CHARACTER SET utf8mb4, l VARCHAR(100) CHARACTER SET latin1, tx TEXT CHARACTER SET utf8mb4, e ENUM('a','b'),
        s SET('x','y'), d DECIMAL(10,2), dt DATETIME, c CHAR(10) CHARACTER SET utf8mb4, j JSON, f FLOAT, u CHAR(36),
        KEY ka (a), KEY kv (v), UNIQUE KEY ub (b, id))""",
    "utf8mb3": """CREATE TABLE {t} (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT, b INT, v VARCHAR(20), w VARCHAR(84),
        l VARCHAR(100), tx TEXT, KEY ka (a), KEY kv (v)) DEFAULT CHARSET=utf8mb3""",
    "virtual": """CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), g INT AS (a + 1) VIRTUAL)""",
    "virtual_indexed": """CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), g INT AS (a + 1) VIRTUAL, KEY kg (g))""",
    "stored": "CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), g INT AS (a + 1) STORED, KEY ka (a))",
    "fulltext": "CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), tx TEXT, FULLTEXT KEY ft (tx), KEY ka (a))",
    "compressed": "CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), KEY ka (a)) ROW_FORMAT=COMPRESSED",
    "redundant": "CREATE TABLE {t} (id INT PRIMARY KEY, a INT NOT NULL, b INT, v VARCHAR(50)) ROW_FORMAT=REDUNDANT CHARSET=utf8mb4",
    "keyless": "CREATE TABLE {t} (a INT NOT NULL, b INT, v VARCHAR(20))",
    "partitioned": """CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20)) PARTITION BY RANGE (id)
        (PARTITION p0 VALUES LESS THAN (1000), PARTITION p1 VALUES LESS THAN (2000))""",
    "child": """CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), KEY ka (a),
        CONSTRAINT {t}_fk FOREIGN KEY (a) REFERENCES par (id) ON DELETE CASCADE)""",
    "versioned": "CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20)) WITH SYSTEM VERSIONING",
    "spatial": "CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), p POINT NOT NULL, SPATIAL KEY kp (p))",
    "checked": "CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), CONSTRAINT ca CHECK (a > 0))",
    "aria": "CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), KEY ka (a)) ENGINE=Aria",
    "myisam": "CREATE TABLE {t} (id INT PRIMARY KEY, a INT, b INT, v VARCHAR(20), KEY ka (a)) ENGINE=MyISAM",
}  # fmt: skip
#: Of every table.
ALTERS = (
    "ADD COLUMN z INT", "ADD COLUMN z INT NOT NULL DEFAULT 1 FIRST", "ADD COLUMN z VARCHAR(20) AFTER a",
    "ADD COLUMN z DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP", "ADD COLUMN z CHAR(36) DEFAULT (UUID())",
    "ADD COLUMN z INT AS (b * 2) VIRTUAL", "ADD COLUMN z INT AS (b * 2) STORED", "ADD COLUMN z INT, ADD COLUMN y INT",
    "ADD COLUMN z INT UNIQUE", "ADD COLUMN z INT, ADD INDEX kz (z)", "ADD COLUMN (z INT, y TEXT)",
    "DROP COLUMN b", "DROP COLUMN v, ADD COLUMN z INT", "MODIFY a BIGINT", "MODIFY b INT NOT NULL DEFAULT 5",
    "MODIFY b INT NULL", "MODIFY b INT AFTER v", "CHANGE b bb INT", "CHANGE b bb BIGINT", "RENAME COLUMN b TO bb",
    "ALTER COLUMN a SET DEFAULT 7", "MODIFY b INT COMMENT 'said'", "ADD INDEX kb (b)", "ADD INDEX kb (b), ADD INDEX kbv (b, v)",
    "ADD UNIQUE INDEX kb (b, id)", "ADD CONSTRAINT cb CHECK (b >= 0)", "ADD FOREIGN KEY (b) REFERENCES par (id)",
    "FORCE", "ENGINE=InnoDB", "ENGINE=Aria", "ROW_FORMAT=DYNAMIC", "COMMENT='said'", "CONVERT TO CHARACTER SET utf8mb4",
    "DROP PRIMARY KEY", "ADD FULLTEXT INDEX kf (v)", "PARTITION BY KEY (id) PARTITIONS 2",
    "ADD COLUMN z INT, ALGORITHM=INSTANT", "ADD INDEX kb (b), ALGORITHM=INPLACE, LOCK=NONE", "MODIFY a BIGINT, LOCK=NONE",
    "ADD COLUMN z INT, LOCK=EXCLUSIVE", "ADD INDEX kb (b), ALGORITHM=COPY", "ADD INDEX kb (b), LOCK=SHARED",
    "ADD COLUMN IF NOT EXISTS a INT", "DROP INDEX IF EXISTS nothing", "ADD COLUMN a INT", "DROP COLUMN nothing",
    "ADD SYSTEM VERSIONING", "AUTO_INCREMENT=1000", "STATS_PERSISTENT=1", "ADD COLUMN z INT, MODIFY b INT NOT NULL",
    "CHANGE b bb INT, ADD COLUMN z INT", "RENAME INDEX ka TO kb", "DROP INDEX ka", "DROP INDEX ka, ADD INDEX kb (a, b)",
    "ALTER INDEX ka IGNORED", "ADD COLUMN z INT REFERENCES par (id)", "ADD COLUMN z INT CHECK (z > 0)", "NOWAIT ADD COLUMN z INT",
)  # fmt: skip
#: Of one.
MORE = {
    "plain": (
        "MODIFY v VARCHAR(30) CHARACTER SET utf8mb4", "MODIFY v VARCHAR(100) CHARACTER SET utf8mb4",
        "MODIFY w VARCHAR(63) CHARACTER SET utf8mb4", "MODIFY w VARCHAR(64) CHARACTER SET utf8mb4",
        "MODIFY l VARCHAR(200) CHARACTER SET latin1", "MODIFY l VARCHAR(300) CHARACTER SET latin1",
        "MODIFY l VARCHAR(50) CHARACTER SET latin1", "MODIFY l VARCHAR(100) CHARACTER SET utf8mb4",
        "MODIFY v VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "MODIFY w VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "MODIFY tx MEDIUMTEXT CHARACTER SET utf8mb4", "MODIFY e ENUM('a','b','c')", "MODIFY e ENUM('b','a')", "MODIFY e ENUM('c','a','b')",
        "MODIFY s SET('x','y','z')", "MODIFY d DECIMAL(12,2)", "MODIFY d DECIMAL(10,4)", "MODIFY dt DATETIME(6)", "MODIFY dt TIMESTAMP NULL",
        "MODIFY c CHAR(20) CHARACTER SET utf8mb4", "MODIFY c VARCHAR(10) CHARACTER SET utf8mb4", "MODIFY f DOUBLE", "MODIFY u UUID",
        "MODIFY a INT UNSIGNED", "MODIFY a INT NOT NULL, MODIFY e ENUM('a','b','c')", "MODIFY a INT INVISIBLE", "MODIFY id BIGINT",
        "DROP PRIMARY KEY, ADD PRIMARY KEY (id, b)", "ADD FULLTEXT INDEX kf (tx), ADD INDEX kd (d)", "DROP INDEX ub, DROP COLUMN b",
        "MODIFY v VARCHAR(20) CHARACTER SET utf8mb4 NOT NULL", "MODIFY tx LONGTEXT CHARACTER SET utf8mb4", "DEFAULT CHARACTER SET latin1",
        "MODIFY j JSON NULL", "ADD COLUMN z JSON DEFAULT '{{}}'", "ADD COLUMN z INT DEFAULT (1 + 2)", "ADD COLUMN z INT DEFAULT (a + 2)",
        "ADD COLUMN z TIMESTAMP(6) DEFAULT NOW(6) ON UPDATE NOW(6)", "MODIFY a INT(11)", "MODIFY id INT AUTO_INCREMENT", "PAGE_COMPRESSED=1",
        "ADD COLUMN z INT AS (a * 2) VIRTUAL, ADD INDEX kz (z)", "ORDER BY a", "CHANGE v vv VARCHAR(30) CHARACTER SET utf8mb4",
        "CHANGE v vv VARCHAR(100) CHARACTER SET utf8mb4", "ADD INDEX kt (tx(20))", "ADD UNIQUE kt (u)", "ALTER COLUMN b DROP DEFAULT",
    ),
    "utf8mb3": (
        "MODIFY v VARCHAR(20) CHARACTER SET utf8mb4", "MODIFY w VARCHAR(84) CHARACTER SET utf8mb4", "MODIFY l VARCHAR(100) CHARACTER SET utf8mb4",
        "MODIFY v VARCHAR(42)", "MODIFY v VARCHAR(43)", "MODIFY w VARCHAR(85)", "MODIFY w VARCHAR(86)", "MODIFY l VARCHAR(200)",
        "MODIFY tx TEXT CHARACTER SET utf8mb4", "MODIFY id BIGINT NOT NULL AUTO_INCREMENT", "DEFAULT CHARSET=utf8mb4",
    ),
    "virtual": ("DROP COLUMN g", "MODIFY g INT AS (a + 2) VIRTUAL", "ADD INDEX kg (g)", "ADD COLUMN z INT AFTER g", "DROP COLUMN b, DROP COLUMN v",
                "MODIFY a INT NOT NULL", "DROP COLUMN b, ADD UNIQUE kv (v)", "MODIFY b INT NOT NULL, ADD INDEX kb (b)"),
    "virtual_indexed": ("DROP COLUMN g", "DROP INDEX kg", "MODIFY b INT NOT NULL", "ADD COLUMN z INT, ADD INDEX kz (z)", "DROP INDEX kg, ADD COLUMN z INT",
                        "DROP INDEX kg, DROP COLUMN g", "MODIFY v VARCHAR(30)"),
    "stored": ("DROP COLUMN g", "MODIFY g INT AS (a + 2) STORED", "MODIFY a INT NOT NULL", "ADD INDEX kg (g)", "CHANGE g h INT AS (a + 1) STORED"),
    "fulltext": ("DROP INDEX ft", "ADD FULLTEXT INDEX f2 (v, tx)", "DROP INDEX ft, ADD COLUMN z INT", "DROP COLUMN tx", "MODIFY tx TEXT NOT NULL"),
    "redundant": ("MODIFY a INT NULL", "MODIFY v VARCHAR(100)", "ROW_FORMAT=COMPACT"),
    "keyless": ("ADD PRIMARY KEY (a)", "ADD COLUMN id INT AUTO_INCREMENT PRIMARY KEY FIRST", "ADD COLUMN id INT NOT NULL PRIMARY KEY", "MODIFY a INT PRIMARY KEY",
                "ADD UNIQUE (a), ADD COLUMN z INT"),
    "partitioned": ("REMOVE PARTITIONING", "ADD COLUMN z INT, ADD INDEX kz (z)", "MODIFY v VARCHAR(30)"),
    "child": ("DROP FOREIGN KEY {t}_fk", "DROP FOREIGN KEY {t}_fk, DROP INDEX ka", "DROP COLUMN a", "ADD CONSTRAINT f2 FOREIGN KEY (b) REFERENCES par (id)"),
    "versioned": ("DROP SYSTEM VERSIONING", "ADD COLUMN z INT WITHOUT SYSTEM VERSIONING"),
    "spatial": ("DROP INDEX kp", "ADD INDEX kv (v)", "DROP INDEX kp, ADD SPATIAL INDEX k2 (p)", "MODIFY b INT NOT NULL"),
    "checked": ("DROP CONSTRAINT ca", "DROP CONSTRAINT ca, ADD CONSTRAINT cb CHECK (a > 1)"),
}  # fmt: skip


def cases(every: int = 1) -> list[tuple[str, str, str, str]]:
    """Kind, name of its own table, CREATE TABLE, ALTER TABLE: each ``every``-th."""
    found = []
    for kind, text in SCHEMAS.items():
        for clause in (*ALTERS, *MORE.get(kind, ())):
            found.append((kind, text, clause))
    return [
        (kind, f"t{n}", " ".join(text.format(t=f"t{n}").split()), f"ALTER TABLE t{n} {clause.format(t=f't{n}')}")
        for n, (kind, text, clause) in enumerate(found)
        if n % every == 0
    ]
