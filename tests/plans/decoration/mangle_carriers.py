"""What a mail, a ticket, a page, a terminal or a log's shipper does to every line."""

from __future__ import annotations

import html
import json
import quopri
import random
from collections.abc import Callable

Lines = list[str]
Carrier = Callable[[Lines, random.Random], Lines]


def _terminal(lines: Lines, rng: random.Random) -> Lines:
    """A terminal's lines as somebody marked them with the mouse: cut at the width, blanks at the end kept or not."""
    width = rng.choice([64, 80, 80, 100, 120, 132, 158, 190, 211])
    out: Lines = []
    for line in lines:
        out += [line[i : i + width] for i in range(0, max(len(line), 1), width)]
    padding = rng.choice(["keep", "strip", "pad"])
    if padding == "strip":
        return [line.rstrip() for line in out]
    return [line.ljust(width) for line in out] if padding == "pad" else out


def _flowed(lines: Lines, rng: random.Random) -> Lines:
    """A mail program that breaks lines at blanks; the blank may stay at the line's end (RFC 3676)."""
    width = rng.choice([66, 72, 76, 78, 98])
    keep = rng.random() < 0.5
    out: Lines = []
    for line in lines:
        rest = line
        while len(rest) > width:
            at = rest.rfind(" ", len(rest) - len(rest.lstrip()) + 1, width + 1)
            if at <= 0:
                break
            out.append(rest[: at + 1] if keep else rest[:at])
            rest = rest[at + 1 :]
        out.append(rest)
    return out


WRAPS: list[Carrier] = [_terminal, _terminal, _flowed]


def _reply(lines: Lines, rng: random.Random) -> Lines:
    """Quoted by one or two who answered."""
    mark = rng.choice(["> ", ">", ">> ", "> > ", "| "]) if rng.random() < 0.9 else "  > "
    return [(mark + line).rstrip() for line in lines]


def _double_spaced(lines: Lines, rng: random.Random) -> Lines:
    """Outlook, and pages that make a paragraph of each line."""
    return [piece for line in lines for piece in (line, "")][:-1]


def _fence(lines: Lines, rng: random.Random) -> Lines:
    opening, closing = rng.choice(
        [
            ("```text", "```"),
            ("```", "```"),
            ("~~~~", "~~~~"),
            ("{code:title=plan|borderStyle=solid}", "{code}"),
            ("{noformat}", "{noformat}"),
            ("[code]", "[/code]"),
            ("[quote]", "[/quote]"),
            ("----", "----"),
            ("<pre>", "</pre>"),
            ('<pre><code class="sql">', "</code></pre>"),
            ("<blockquote>", "</blockquote>"),
            ("<details><summary>plan</summary>", "</details>"),
            ("::", ""),
            ("#+BEGIN_EXAMPLE", "#+END_EXAMPLE"),
        ]
    )
    if opening == "::":
        return ["The plan::", "", *("    " + line for line in lines), ""]
    return [opening, *lines, closing]


def _list_item(lines: Lines, rng: random.Random) -> Lines:
    """Below an item of a list, or as a block of Markdown's."""
    blanks = " " * rng.choice([2, 3, 4, 6])
    return ["1. The plan:" if len(blanks) < 4 else "* Plan", "", *(blanks + line if line else "" for line in lines)]


def _breaks(lines: Lines, rng: random.Random) -> Lines:
    """A page's source."""
    if any("<" in line or "&" in line for line in lines):
        return lines
    made = ["&nbsp;" * (len(t) - len(t.lstrip())) + html.escape(t.lstrip(), quote=rng.random() < 0.5) for t in lines]
    return [line + "<br>" for line in made]


def _chat(lines: Lines, rng: random.Random) -> Lines:
    """An export of a chat, with its entities."""
    if any("&" in line for line in lines):
        return lines
    return [line.replace("<", "&lt;").replace(">", "&gt;") for line in lines]


def _diff(lines: Lines, rng: random.Random) -> Lines:
    return ["+" + line for line in lines]


def _printable(lines: Lines, rng: random.Random) -> Lines:
    """A mail's source: quoted-printable."""
    return quopri.encodestring("\n".join(lines).encode()).decode().split("\n")


def _journal(lines: Lines, rng: random.Random) -> Lines:
    """journalctl: further lines of an entry stand below the first one's text."""
    head = "Nov 22 10:00:00 db1 postgres[4711]: "
    if rng.random() < 0.5:
        return [head + line for line in lines]
    return [head + lines[0], *(" " * len(head) + line for line in lines[1:])]


def _shipped(lines: Lines, rng: random.Random) -> Lines:
    kind = rng.randrange(6)
    if kind == 0:
        return [f"[pod/db-0/postgres] {line}" for line in lines]
    if kind == 1:
        return [f"2024-05-06T07:08:09.{n:06d}Z {line}" for n, line in enumerate(lines)]
    if kind == 2:
        return [f"db_1       | {line}" for line in lines]
    if kind == 3:
        return [json.dumps({"message": line, "@timestamp": "2024-05-06T07:08:09Z", "host": "db1"}) for line in lines]
    if kind == 4:
        return [
            f"2024-05-06T07:08:09.123456+00:00 app[postgres.4711]: [COPPER] [{n}-1] {line}"
            for n, line in enumerate(lines, 7)
        ]
    return [f"<134>1 2024-05-06T07:08:09.123Z db1 postgres 4711 - - {line}" for line in lines]


CARRIERS: list[Carrier] = [
    *(_reply, _reply, _double_spaced, _fence, _fence, _fence, _list_item, _breaks, _chat, _diff),
    *(_printable, _journal, _shipped),
]


def among_words(lines: Lines, rng: random.Random) -> Lines:
    """What people write around it."""
    before = rng.choice(
        [
            ["Hello,", "", "we upgraded to 16.2 and now this takes 12 s (before: 40 ms):", ""],
            ["On Mon, Nov 22, 2024 at 10:00 AM Jane Doe <jane@example.org> wrote:"],
            ["explain analyze:"],
            ["**Before** (cold cache):", ""],
            ["h3. Plan", ""],
            ["Sort of slow, the Hash Join surprises me -> why?", ""],
            [
                "1) select version();",
                "PostgreSQL 16.2 on x86_64-pc-linux-gnu, compiled by gcc (GCC) 12.2.0, 64-bit",
                "",
            ],
            [],
        ]
    )
    after = rng.choice(
        [
            ["", "-- ", "Jane Doe", "Example GmbH | +49 30 123456"],
            ["", "Total rows: 5 of 5", "Query complete 00:00:00.051"],
            ["", "Any hint is welcome!"],
            ["", "The index: create index on orders (customer_id);"],
            ["", "The line with rows=1 (actual 5000) looks wrong: Filter is on status."],
            [],
        ]
    )
    return [*before, *lines, *after]
