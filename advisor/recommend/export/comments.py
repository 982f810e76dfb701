"""Comments that stay comments: one line each, whatever the text holds."""

from __future__ import annotations

import textwrap
import unicodedata

from advisor.recommend.export.change import Prepared
from advisor.recommend.export.options import Options

_WIDTH = 108


def plain(text: str) -> str:
    """Text on one line, without line ends of any kind and without characters that control or reorder text."""
    kept = (" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    return " ".join("".join(kept).split())


def lines(text: str, mark: str) -> list[str]:
    """A text as comment lines, each behind ``mark`` (``--`` or ``#``)."""
    wrapped = textwrap.wrap(plain(text), _WIDTH, break_long_words=True, break_on_hyphens=False)
    return [f"{mark} {line}" for line in wrapped]


def about(prepared: Prepared, options: Options, mark: str) -> list[str]:
    """What is to be said of a change: why, its price and its gain, and the statements it is for."""
    change = prepared.change
    verb = {"create": "Index", "drop": "Drop of", "reindex": "Rebuild of"}[change.kind]
    found = lines(f"{verb} {prepared.name} on {change.index.table}", mark)
    if change.why:
        found += lines(change.why, mark)
    found += lines(f"{price(prepared)}.", mark)
    shown = change.samples if options.show_literals and change.samples else change.statements
    for text in shown[: options.statements]:
        found += lines(f"  for: {textwrap.shorten(plain(text), 240, placeholder=' ...')}", mark)
    if len(shown) > options.statements:
        found += lines(f"  and {len(shown) - options.statements} more", mark)
    for note in prepared.notes:
        found += lines(f"Note: {note}", mark)
    return found


def price(prepared: Prepared) -> str:
    """Proof, size, gain and writes in one line."""
    change = prepared.change
    said = [f"proof: {change.proof}"]
    if change.bytes is not None:
        said.append(f"size: {change.bytes / 1e6:.1f} MB")
    if change.seconds_per_hour is not None:
        said.append(f"saves {change.seconds_per_hour:.3g} s per hour")
    if change.write_seconds_per_hour is not None:
        said.append(f"writes cost {change.write_seconds_per_hour:.3g} s per hour")
    return "; ".join(said)
