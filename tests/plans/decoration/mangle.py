"""A second, independent account of what befalls a plan on its way: what clients, exports, mail, chats, tickets, terminals
and shippers of logs do to lines of text, each after an example met in public (issues of plan viewers, mailing lists,
questions). `decorate` knows the frames of clients better; this one, what people do with their clipboard.

``mangle(text, rng, engine=.., format=..)`` gives the text and whether anything of the plan was lost on the way (then
the reader must warn or refuse; it cannot be right).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.plans.decoration import mangle_carriers, mangle_characters, mangle_clients

Step = Callable[[list[str], random.Random], list[str]]


def mangle(text: str, rng: random.Random, *, engine: str, format: str) -> tuple[str, bool]:
    """The plan as it arrives, and whether it lost something."""
    lines = text.rstrip("\n").split("\n")
    lines = rng.choice(mangle_clients.clients(engine, format, lines))(lines, rng)
    lossy = False
    if rng.random() < 0.25 and (engine == "postgresql" or format == "tree"):
        lines = rng.choice(mangle_carriers.WRAPS)(lines, rng)
    for carrier in rng.sample(mangle_carriers.CARRIERS, k=rng.choice([0, 1, 1, 2])):
        lines = carrier(lines, rng)
    if rng.random() < 0.35:
        lines = mangle_carriers.among_words(lines, rng)
    out = "\n".join(lines)
    for change in rng.sample(mangle_characters.CHANGES, k=rng.choice([0, 0, 1, 1, 2])):
        out = change(out, rng)
    if rng.random() < 0.06 and engine == "postgresql" and format == "text":
        lossy = True
        out = rng.choice(mangle_characters.LOSSES)(out, rng)
    return out + rng.choice(["", "\n", "\n\n"]), lossy
