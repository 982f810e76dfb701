"""What is in a snapshot, for a person."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisor.model.counted import counted
from advisor.model.snapshot import Relation, Snapshot
from advisor.reports import figures
from advisor.reports.console import to_text
from advisor.reports.escape import one_line
from advisor.reports.headline import product

#: What became of sampled values, in words.
VALUES = {
    "masked": "masked: texts, bytea and JSON are tokens; numbers, dates and the like are as sampled",
    "present": "PRESENT: sampled values as they are in the tables",
    "none": "none: nothing sampled is in the file",
}
_TABLES = ("table", "partitioned", "materialized_view", "foreign")


def summary(snapshot: Snapshot) -> str:
    """One line: what was captured."""
    tables = sum(one.kind in _TABLES for one in snapshot.relations)
    indexes = sum(one.kind == "index" for one in snapshot.relations)
    described = len(snapshot.columns) + len(snapshot.rows)
    return (
        f"{product(snapshot.header.engine)}, {counted(tables, 'table')}, {counted(indexes, 'index', 'indexes')}, "
        f"{counted(described, 'row')} of statistics, values {snapshot.header.values}"
    )


def described(snapshot: Snapshot, *, top: int = 15, width: int = 100) -> str:
    """What the file holds: where it is from, what is missing, and the largest tables."""
    header = snapshot.header

    def draw(console: Console) -> None:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        kinds = Counter(one.kind for one in snapshot.objects)
        extended = counted(len(snapshot.extended), "extended object")
        facts = [
            ("snapshot", f"{product(header.engine)}, database {header.database or '-'}"),
            ("captured", f"{header.captured_at or 'never'}" + (f" by {header.role}" if header.role else "")),
            ("from", header.origin),
            ("statistics", "stated defaults: nothing was captured" if header.statistics == "default" else None),
            ("values", VALUES[header.values]),
            ("objects", ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in sorted(kinds.items()))),
            ("statistics of", f"{counted(len(snapshot.columns), 'column')}, {extended}"),
            ("rows", f"{len(snapshot.rows):,} of the engine's own tables of statistics" if snapshot.rows else None),
            ("extensions", ", ".join(f"{one.name} {one.version or ''}".strip() for one in snapshot.extensions)),
        ]
        for name, text in facts:
            if text:
                grid.add_row(name, Text(one_line(text, 600)))
        console.print(grid)
        for line in header.missing:
            console.print(Text(f"missing: {one_line(line)}", style="yellow"))
        largest = sorted((one for one in snapshot.relations if one.kind in _TABLES), key=_size, reverse=True)[:top]
        if largest:
            console.print()
            table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
            table.add_column("table")
            for heading in ("rows", "size", "written since reset"):
                table.add_column(heading, justify="right")
            for one in largest:
                table.add_row(
                    Text(one_line(f"{one.schema}.{one.name}")),
                    figures.quantity(one.tuples) if one.tuples >= 0 else "-",
                    figures.size(_size(one)) if _size(one) else "-",
                    _written(one),
                )
            console.print(table)

    return to_text(draw, width, colour=False)


def _size(one: Relation) -> int:
    return one.bytes or (one.blocks if one.blocks is not None else one.pages) * 8192


def _written(one: Relation) -> str:
    counts = [one.counters.get(name) for name in ("n_tup_ins", "n_tup_upd", "n_tup_del")]
    known = [int(count) for count in counts if isinstance(count, int | float)]
    return figures.quantity(sum(known)) if known else "-"
