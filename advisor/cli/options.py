"""Options that several commands share, each defined once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast
from zoneinfo import ZoneInfo

import typer

from advisor.model.errors import UserError
from advisor.sources.options import ReadOptions, Wanted

if TYPE_CHECKING:
    from advisor.cli.progress import Progress
    from advisor.model.engine import EngineName
    from advisor.model.planning import Scale
    from advisor.planners.choice import Choice
    from advisor.recommend.wishes import IndexWishes

ENGINES = ("postgresql", "mysql", "mariadb", "sqlite")
LEVELS = ("info", "low", "medium", "high", "critical", "never")

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="File, directory, glob, - (stdin), digest, URL, or DSN (postgresql://, mysql://, mariadb://). "
        "Format and compression are detected.",
        show_default=False,
    ),
]
InputFormat = Annotated[
    str | None, typer.Option("--input-format", metavar="NAME", help="Override the detected format.", show_default=False)
]
LogLinePrefix = Annotated[
    str | None,
    typer.Option(
        "--log-line-prefix", metavar="TEXT", help="PostgreSQL's setting, if detection fails.", show_default=False
    ),
]
EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine", metavar="NAME", help="postgresql, mysql, mariadb or sqlite, where the input does not tell."
    ),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Only from this time on (ISO 8601, or 2h, 1d before the end)."),
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Only before this time.")]
Timezone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Zone of times without one (Europe/Paris).")
]
Databases = Annotated[
    list[str] | None, typer.Option("--database", metavar="NAME", help="Only this database; may be repeated.")
]
Users = Annotated[list[str] | None, typer.Option("--user", metavar="NAME", help="Only this user; may be repeated.")]
Applications = Annotated[
    list[str] | None, typer.Option("--application", metavar="NAME", help="Only this application; may be repeated.")
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="REGEX", help="Leave out statements that match; may be repeated."),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold-ms", metavar="MS", min=0, help="Only slower statements were logged, where the log cannot tell."
    ),
]
SampleRate = Annotated[
    float | None,
    typer.Option(
        "--sample-rate",
        metavar="SHARE",
        min=0,
        max=1,
        help="Share of the statements that was logged: counts are scaled by it.",
    ),
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", min=0, help="Blocks framed at the same time; 0: one a core.")
]
MaxShapes = Annotated[
    int, typer.Option("--max-shapes", metavar="N", min=1, help="Shapes kept apart; totals stay exact beyond.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notices on stderr.")]
Catalog = Annotated[
    list[str] | None,
    typer.Option(
        "--catalog",
        "-c",
        metavar="C",
        help="Schema: snapshot, DDL file (pg_dump, mysqldump, .schema) or DSN; may be repeated.",
    ),
]
Output = Annotated[list[str] | None, typer.Option("-o", "--output", metavar="FILE", help="Write there; - is stdout.")]
FailOn = Annotated[
    str, typer.Option("--fail-on", metavar="LEVEL", help=f"Exit 1 on such a finding: {', '.join(LEVELS)}.")
]
Rules = Annotated[list[str] | None, typer.Option("--rules", metavar="DIR", help="More rule pages; may be repeated.")]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Defaults for these options (advisor.toml, or [tool.advisor] in pyproject.toml).",
    ),
]
Sql = Annotated[
    list[str] | None,
    typer.Option(
        "--sql", metavar="TEXT", help="Ask a planner: plan this statement against --catalog; may be repeated."
    ),
]
Workload = Annotated[
    list[str] | None,
    typer.Option(
        "--workload", metavar="SOURCE", help="Ask a planner: plan the heaviest statements of a log or digest (--top N)."
    ),
]
WithIndex = Annotated[
    list[str] | None,
    typer.Option(
        "--with-index",
        metavar="INDEX",
        help="What if it existed: 'ON orders (customer_id, created_at DESC)'; repeatable.",
    ),
]
WithoutIndex = Annotated[
    list[str] | None,
    typer.Option("--without-index", metavar="NAME", help="What if it did not exist; may be repeated."),
]
ScaleOption = Annotated[
    list[str] | None,
    typer.Option("--scale", metavar="TABLE=N", help="What if the table had N times the rows (N alone: every table)."),
]
Days = Annotated[
    float | None,
    typer.Option("--days", metavar="N", min=0, help="How long that growth takes; default: as long as it took so far."),
]
CrossingOption = Annotated[bool, typer.Option("--crossing", help="Find out at which size growth changes a plan.")]
Parameter = Annotated[
    list[str] | None,
    typer.Option("--parameter", metavar="VALUE", help="Value of $1, then $2...; may be repeated."),
]
Generic = Annotated[
    bool, typer.Option("--generic", help="The generic plan too: of a prepared statement, without looking at values.")
]
SettingOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="What if this planner setting were another; may be repeated."),
]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="SIZE",
        help="Size of all new indexes together: 2GB, or 20% of the tables. Default: as much as pays, 1 % of the "
        "time for 10 % of the tables' size.",
    ),
]
MaxIndexes = Annotated[
    int | None, typer.Option("--max-indexes", metavar="N", min=0, help="At most so many new indexes.")
]
MaxWriteOverhead = Annotated[
    str,
    typer.Option(
        "--max-write-overhead", metavar="SHARE", help="Of the workload's time, for writing the new indexes: 5%."
    ),
]
MinBenefit = Annotated[
    str,
    typer.Option(
        "--min-benefit", metavar="AMOUNT", help="What each index must save: 1% of the time, or 30s (per hour)."
    ),
]
OnlyTable = Annotated[
    list[str] | None, typer.Option("--only-table", metavar="NAME", help="New indexes on this table; may be repeated.")
]
ExcludeTable = Annotated[
    list[str] | None,
    typer.Option("--exclude-table", metavar="NAME", help="No change to indexes of this table; may be repeated."),
]
TimeLimit = Annotated[
    float, typer.Option("--time-limit", metavar="SECONDS", min=1, help="Of the index search; the best so far counts.")
]
Measure = Annotated[
    str | None,
    typer.Option(
        "--measure",
        metavar="DSN",
        help="A staging copy: build the indexes there, run the log's SELECTs before and after with this role's rights, "
        "drop the indexes.",
    ),
]
MeasureBusy = Annotated[
    bool, typer.Option("--measure-busy", help="Measure although others write there, or it has replicas.")
]
IndexPlanner = Annotated[
    str,
    typer.Option(
        "--planner",
        metavar="NAME",
        help="For indexes: auto (a shadow of a snapshot or DSN), shadow, hypopg (of a DSN), or none.",
    ),
]
DownRevision = Annotated[
    str | None,
    typer.Option("--down-revision", metavar="ID", help="--format alembic: the revision that the new one follows."),
]
DjangoApp = Annotated[
    str | None, typer.Option("--django-app", metavar="LABEL", help="--format django: the application's label.")
]
DjangoAfter = Annotated[
    str | None,
    typer.Option("--django-after", metavar="NAME", help="--format django: its latest migration (0007_orders)."),
]
PlannerOption = Annotated[
    str, typer.Option("--planner", metavar="NAME", help="auto, shadow (of a snapshot), live or hypopg (of a DSN).")
]


def settings(given: list[str] | None) -> list[tuple[str, str]]:
    """NAME=VALUE pairs of --set."""
    out = []
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UserError(f"--set {text}: write NAME=VALUE, as in --set work_mem=64MB")
        out.append((name.strip(), value.strip()))
    return out


def scales(given: list[str] | None) -> list[Scale]:
    """TABLE=N pairs of --scale; a list with commas is several."""
    from advisor.model.planning import EVERY, Scale

    out = []
    for text in [part for one in given or [] for part in one.split(",")]:
        table, equals, factor = text.rpartition("=")
        try:
            number = float(factor.strip().lower().removeprefix("x"))
        except ValueError:
            number = 0.0
        if not 0 < number < float("inf") or (equals and not table.strip()):
            raise UserError(f"--scale {text}: write TABLE=FACTOR, as in --scale orders=10")
        out.append(Scale(table.strip() or EVERY, number))
    return out


def planner_name(name: str) -> Choice:
    """The planner wanted, checked."""
    from advisor.planners.choice import CHOICES

    for known in CHOICES:
        if name == known:
            return known
    raise UserError(f"--planner {name}: not one of {', '.join(CHOICES)}")


def index_planner(name: str) -> Choice | None:
    """The planner that indexes are searched with; None for none."""
    if name == "none":
        return None
    if name in ("auto", "shadow", "hypopg"):
        return planner_name(name)
    raise UserError(f"--planner {name}: not one of auto, shadow, hypopg, none")


def wishes(
    *,
    budget: str | None,
    max_indexes: int | None,
    max_write_overhead: str,
    min_benefit: str,
    only_table: list[str] | None,
    exclude_table: list[str] | None,
    time_limit: float,
    measure: str | None,
    measure_busy: bool,
) -> IndexWishes:
    """The limits of the index search, checked."""
    from advisor.recommend.wishes import IndexWishes, saving, share, size

    if not time_limit < float("inf"):
        raise UserError("--time-limit: write seconds, as in --time-limit 60")
    return IndexWishes(
        budget=size(budget, "--budget") if budget is not None else None,
        max_indexes=max_indexes,
        max_write_overhead=share(max_write_overhead, "--max-write-overhead"),
        min_benefit=saving(min_benefit, "--min-benefit"),
        only_tables=tuple(only_table or ()),
        exclude_tables=tuple(exclude_table or ()),
        time_limit=time_limit,
        measure=measure,
        measure_busy=measure_busy,
    )


def check_level(level: str) -> None:
    """Raises UserError for what is no level of --fail-on."""
    if level not in LEVELS:
        raise UserError(f"--fail-on {level}: not one of {', '.join(LEVELS)}")


def engine_name(name: str | None) -> EngineName | None:
    """The engine given, checked."""
    if name is not None and name not in ENGINES:
        raise UserError(f"--engine {name}: not one of {', '.join(ENGINES)}")
    return cast("EngineName | None", name)


def reading(
    *,
    input_format: str | None,
    log_line_prefix: str | None,
    engine: str | None,
    since: str | None,
    until: str | None,
    timezone: str | None,
    database: list[str] | None,
    user: list[str] | None,
    application: list[str] | None,
    exclude: list[str] | None,
    jobs: int,
    progress: Progress | None,
) -> ReadOptions:
    """The options of everything that reads, checked."""
    if timezone is not None:
        try:
            ZoneInfo(timezone)
        except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
            raise UserError(f"--timezone {timezone}: not a zone name; write one like Europe/Paris or UTC") from None
    return ReadOptions(
        input_format=input_format,
        log_line_prefix=log_line_prefix,
        engine=engine_name(engine),
        timezone=timezone,
        jobs=jobs,
        progress=progress,
        wanted=Wanted(
            since, until, tuple(database or ()), tuple(user or ()), tuple(application or ()), tuple(exclude or ())
        ),
    )
