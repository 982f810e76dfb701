"""A workload with its label: what must be told of it, and what may be."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.insights.log import Log

Said = tuple[str, str]
"""A page (or several that say it, with slashes) and a part of what it must name; an empty part: whatever it names."""


@dataclass(frozen=True)
class World:
    """One labelled workload; what is told and is neither in `must` nor in `may` is wrong."""

    make: Callable[[Log], None]
    must: tuple[Said, ...] = ()
    may: tuple[Said, ...] = ()
    engine: str = "postgresql"
    bound: bool = False

    @property
    def name(self) -> str:
        """As the function that makes it is called."""
        return self.make.__name__

    def text(self) -> str:
        """Its log; the same each time."""
        log = Log(random.Random(self.name))
        self.make(log)
        return log.mysql() if self.engine == "mysql" else log.postgresql(self.bound)
