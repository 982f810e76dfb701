"""Sqitch: psql or mysql runs each deploy script as it stands (App::Sqitch::Engine::pg, ``_run``: ``--file``, no
``--single-transaction``; sqitchtutorial: "deploy scripts" begin with BEGIN and end with COMMIT of their own)."""

from __future__ import annotations

from advisor.migrations.reading.source import Reading, Source


def read(source: Source) -> Reading:
    """All of the file."""
    _, _, inside = source.path.rpartition("deploy/")
    return Reading(source.whole(), name=inside.removesuffix(".sql"))
