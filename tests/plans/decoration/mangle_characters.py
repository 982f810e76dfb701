"""What befalls single characters; and what loses something for good."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Change = Callable[[str, random.Random], str]


def _windows(text: str, rng: random.Random) -> str:
    return text.replace("\n", "\r\n")


def _mark(text: str, rng: random.Random) -> str:
    return "\ufeff" + text


def _hard_blanks(text: str, rng: random.Random) -> str:
    """A page's blanks: all of them, those at the start, or every other of a run."""
    kind = rng.randrange(3)
    if kind == 0:
        return text.replace(" ", "\u00a0")
    if kind == 1:
        return re.sub(r"(?m)^ +", lambda m: "\u00a0" * len(m.group()), text)
    return re.sub(r" {2,}", lambda m: ("\u00a0 " * len(m.group()))[: len(m.group())], text)


def _tabs(text: str, rng: random.Random) -> str:
    """Leading blanks as tabs of eight, and what is left as blanks."""
    return re.sub(r"(?m)^ {8,}", lambda m: "\t" * (len(m.group()) // 8) + " " * (len(m.group()) % 8), text)


def _trailing(text: str, rng: random.Random) -> str:
    width = rng.choice([0, 0, 240])
    return "\n".join(line.ljust(width) if width else line + "  " for line in text.split("\n"))


def _colours(text: str, rng: random.Random) -> str:
    return re.sub(r"(Scan|Join|cost=|rows=)", "\x1b[1;33m\\1\x1b[0m", text)


def _invisible(text: str, rng: random.Random) -> str:
    """Teams and others put characters of no width at the starts of lines."""
    return re.sub(r"(?m)^(?=.)", "\u200b", text)


def _arrows(text: str, rng: random.Random) -> str:
    """An editor that knows better."""
    return text.replace("->", rng.choice(["→", "–>", "—>", "⇒"]))


def _typographic(text: str, rng: random.Random) -> str:
    """Word, chats: quotes that turn."""
    return re.sub(r"'([^'\n]*)'", "\u2018\\1\u2019", text)


def _separators(text: str, rng: random.Random) -> str:
    return text.replace("\n", "\u2028")


CHANGES: list[Change] = [
    *(_windows, _windows, _mark, _hard_blanks, _hard_blanks, _tabs, _trailing, _colours),
    *(_invisible, _arrows, _typographic, _separators),
]


def _collapsed(text: str, rng: random.Random) -> str:
    """A page showed each run of blanks as one."""
    return re.sub(r"[ \t]{2,}", " ", text)


def _flush(text: str, rng: random.Random) -> str:
    """Each line without its indentation."""
    return re.sub(r"(?m)^[ \t]+", "", text)


def _chopped(text: str, rng: random.Random) -> str:
    """A pager that cuts long lines off (less -S)."""
    width = rng.choice([60, 80, 100, 120])
    return "\n".join(line[:width] for line in text.split("\n"))


def _without_root(text: str, rng: random.Random) -> str:
    """Marked from the second line on."""
    return text.split("\n", 1)[-1]


def _elided(text: str, rng: random.Random) -> str:
    """What somebody thought of no interest."""
    lines = text.split("\n")
    if len(lines) < 5:
        return text
    at = rng.randrange(1, len(lines) - 2)
    return "\n".join([*lines[:at], "    [...]", *lines[at + rng.randrange(1, 3) :]])


LOSSES: list[Change] = [_collapsed, _flush, _chopped, _without_root, _elided]
