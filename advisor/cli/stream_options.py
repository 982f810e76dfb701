"""Options about the stream of statements, shared by commands."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.model.stream import StreamWishes

RoundTrip = Annotated[
    float | None,
    typer.Option(
        "--round-trip",
        metavar="MS",
        min=0,
        help="Milliseconds of a round trip between application and server; estimated from the log otherwise.",
        show_default=False,
    ),
]
CountersBefore = Annotated[
    list[str] | None,
    typer.Option(
        "--counters-before",
        metavar="FILE",
        help="An earlier dump of the same counters: loops are of what ran since. May be repeated.",
    ),
]
Replay = Annotated[
    str | None,
    typer.Option(
        "--replay",
        metavar="DSN",
        help="A server (a replica, best) where lists and loops of the log are replayed, read-only, as proof.",
        show_default=False,
    ),
]


def wishes(round_trip: float | None, counters_before: list[str] | None, replay: str | None) -> StreamWishes:
    """What the options say."""
    return StreamWishes(round_trip, tuple(counters_before or ()), replay)
