"""How far plans over synthetic rows agree with production's, as measured (benchmarks/mariadb)."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.engine import Engine
from advisor.model.planning import PlannedBy
from advisor.model.snapshot import Snapshot
from advisor.planners.mariadb.binaries import MariadbBinaries

#: The series whose agreement with loaded servers was measured.
MEASURED = (10, 11)
#: benchmarks/mariadb, run of 22 November 2026; one of the two differences is a key that the source does not hold.
EXACTNESS = (
    "measured with MariaDB 10.11 on one generated database with histograms: 69 of 71 access plans as on the loaded one "
    "(400,000 parcels), indexes added or hidden 20 of 20; a key in a query is taken to exist"
)
#: The same source without engine-independent statistics: what it holds is then guessed from InnoDB's counts.
EXACTNESS_WITHOUT_HISTOGRAMS = (
    "measured with MariaDB 10.11 on one generated database without mysql.column_stats: 55 of 71 access plans as on the "
    "loaded one, indexes added or hidden 13 of 20 (400,000 parcels): collect them for better"
)
#: Added to both.
SCALED = "; of grown tables nothing was measured"


def planned_by(snapshot: Snapshot, binaries: MariadbBinaries, problems: Sequence[str]) -> PlannedBy:
    """Who plans, and how far he agrees with production; ``problems`` become its notes."""
    header = snapshot.header
    production = (header.version_number or 0) // 10000, (header.version_number or 0) // 100 % 100
    version = ".".join(map(str, binaries.series))
    described = any(
        row.source == "mysql.column_stats" and row.values.get("min_value") is not None for row in snapshot.rows
    )
    exact = measured = EXACTNESS if described else EXACTNESS_WITHOUT_HISTOGRAMS
    if binaries.series != MEASURED:
        exact = f"not measured for MariaDB {version}; for 10.11: {measured}"
    elif production != MEASURED:
        exact = f"not measured for MariaDB {production[0]}.{production[1]} planned by {version}; {measured}"
    return PlannedBy(
        planner="shadow",
        engine="mariadb",
        version=binaries.version,
        production=Engine("mariadb", header.engine.version),
        same_major=production == binaries.series if header.version_number else None,
        statistics=header.statistics,
        captured_at=header.captured_at,
        values=header.values,
        exactness=exact,
        notes=tuple(problems),
    )
