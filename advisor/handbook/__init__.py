"""The rule engine: pages of Markdown, each a query over the facts, and what they find.

`load` reads pages, `judge` runs them, `read` gives one to a reader, `examples.run` runs their examples.
"""

from advisor.handbook.judge import Judged, judge, run
from advisor.handbook.page import Page, PageError
from advisor.handbook.shelf import Handbook, NoSuchPage, load, read

__all__ = ["Handbook", "Judged", "NoSuchPage", "Page", "PageError", "judge", "load", "read", "run"]
