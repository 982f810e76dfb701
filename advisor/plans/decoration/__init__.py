"""Takes off what carried a plan: frames, quotes, prefixes, wraps, markup; cuts apart what stands in one text.

What an `Excerpt` holds, so that a reader has one form to read and no more:

- text: PostgreSQL's lines as the server printed them, the root at column 0 (a literal's own line breaks stay; so does
  auto_explain's ``Query Text:``). Wrapped lines are whole again.
- json, xml, yaml: one document (one plan; auto_explain's object too), dedented. Of an array of several plans each comes
  as its own excerpt. MySQL's ``\\n`` of batch mode are line breaks again, ``EXPLAIN: `` is off.
- tree (MySQL): the lines from ``-> `` on.
- tabular (MySQL, MariaDB): always the tab-separated form of ``mysql --batch``: a line of column names, a line a row, in
  each cell ``\\n``, ``\\t`` and ``\\\\`` escaped, NULL as the word. Boxes, CSV, markdown, ``\\G`` are turned into it.
- eqp (SQLite): the shell's tree (``|--SCAN t``), without its ``QUERY PLAN`` line; rows as tab-separated with their line
  of column names (``id parent notused detail``, before 3.24 ``selectid order from detail``).
"""

from __future__ import annotations

from advisor.plans.excerpt import Excerpt

__all__ = ["excerpts"]


def excerpts(text: str) -> list[Excerpt]:
    """Every plan of the text. Imported when called: a bare plan is read without."""
    from advisor.plans.decoration import cutting

    return cutting.excerpts(text)
