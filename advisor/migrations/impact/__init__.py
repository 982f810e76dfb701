"""Impact: how large, how long, who waits, and so how bad."""

from advisor.migrations.impact.holding import HeldLocks, held_locks
from advisor.migrations.impact.pace import Pace, pace_of
from advisor.migrations.impact.severity import failure_severity, severity
from advisor.migrations.impact.sizes import TableSizes, sizes_of
from advisor.migrations.impact.sizes import TableSizes as Sizes
from advisor.migrations.impact.traffic import Traffic, traffic_of
from advisor.migrations.impact.weigh import weigh
from advisor.migrations.impact.written import with_rows

__all__ = [
    "HeldLocks",
    "Pace",
    "Sizes",
    "TableSizes",
    "Traffic",
    "failure_severity",
    "held_locks",
    "pace_of",
    "severity",
    "sizes_of",
    "traffic_of",
    "weigh",
    "with_rows",
]
