"""A rule page, once read: what the engine, the `rules` command and the tests need of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from advisor.model.engine import EngineName
from advisor.model.finding import Certainty, Confidence, RecommendationKind, Severity

#: What a page may need to be known of a subject before it may call a finding certain, and of which subject.
SHAPE_ASPECTS = frozenset({"text", "plan", "rows"})
TABLE_ASPECTS = frozenset({"columns", "keys", "indexes", "statistics", "sizes", "policies"})
INPUT_ASPECTS = frozenset({"stream", "capture"})
ASPECTS = SHAPE_ASPECTS | TABLE_ASPECTS | INPUT_ASPECTS

Verdict = Literal["bad", "good", "refute"]
BlockRole = Literal["schema", "query", "log", "plan", "migration", "facts"]


class PageError(ValueError):
    """A page that cannot be used: where, what, and what to do about it."""

    def __init__(self, path: Path | str, line: int, what: str, do: str) -> None:
        super().__init__(f"{path}:{line}: {what} {do}")
        self.path = str(path)
        self.line = line
        self.what = what
        self.do = do


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: ``role`` is the second word of its info string, ``options`` its ``name=value`` words."""

    language: str
    role: str
    options: dict[str, str]
    text: str
    line: int
    """Of its first line of content, from 1."""


@dataclass(frozen=True, slots=True)
class Example:
    """One Bad, Good or Refute: a schema, and what is asked of it."""

    verdict: Verdict
    number: int
    """From 1 within its section."""
    line: int
    engine: EngineName
    schema: tuple[Block, ...]
    blocks: tuple[Block, ...]
    """What meets it: a query, log, plan, facts, or a migration after the queries of its workload. Empty for an example
    that is a schema alone."""


@dataclass(frozen=True, slots=True)
class Page:
    """One rule."""

    id: str
    title: str
    severity: Severity
    engines: tuple[EngineName, ...]
    needs: tuple[str, ...]
    references: tuple[str, ...]
    why: str
    detect: Block
    fix: str
    """Template of the advice."""
    name: str
    """File name without its ending: what `advisor rules NAME` takes beside the id."""
    category: str
    path: Path
    text: str
    """The whole page as written."""
    heading: str = ""
    """The page's `# ` line: what it is about, without a subject (`title` is a template)."""
    confidence: Confidence = "likely"
    certainty: Certainty = "certain"
    yields_to: tuple[str, ...] = ()
    """Rules that name a cause: where one of them finds the same shape, this page is silent."""
    subject: tuple[str, ...] = ()
    """Columns of Detect that identify a finding; empty: every conventional one it has."""
    remedy: RecommendationKind | None = None
    remedy_sql: dict[str, Block] = field(default_factory=dict)
    """By engine; under '' for all."""
    rollback_sql: dict[str, Block] = field(default_factory=dict)
    pattern: Block | None = None
    settle: dict[str, Block] = field(default_factory=dict)
    """Templates of the query that settles a conditional finding, by engine; under '' for all."""
    examples: tuple[Example, ...] = ()
    columns: tuple[str, ...] = ()
    """Of Detect, once it has been prepared against the facts."""
