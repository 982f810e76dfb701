"""The findings of a comparison, for `advisor rules CMP001` and for SARIF: what each says, and when it does.

They are no pages of the handbook: a page asks the facts of one window, and these stand between two.
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.model.stream_limits import STREAM


@dataclass(frozen=True, slots=True)
class Rule:
    """``heading`` speaks of all findings of the rule, as a title speaks of one."""

    id: str
    heading: str
    text: str


_FLOOR = (
    f"What it adds must be at least {STREAM.compare_share:.0%} of the load before, or {STREAM.compare_seconds:g} "
    "seconds an hour. docs/compare.md has the formulas and how often they are wrong."
)

RULES = {
    rule.id: rule
    for rule in (
        Rule(
            "CMP001",
            "A statement takes longer",
            f"The time of a call grew by {STREAM.compare_change:.0%} or more beside all other statements, and by more "
            f"than chance (q <= {STREAM.compare_q:g} over all shapes). The text is the same: look at the plan, an "
            "index, the size of a table, locks, other values.",
        ),
        Rule(
            "CMP002",
            "A new statement costs time",
            "It was not in the window before, or costs more than the one it seems to replace (same kind, same tables, "
            "similar text). `advisor analyze` says what would make it cheaper.",
        ),
        Rule(
            "CMP003",
            "A loop appeared or grew",
            "A statement is repeated for the rows of another, and was not before; or each request or transaction that "
            f"runs it runs it {STREAM.compare_jump:g} times as often. Traffic does not do that. Ask once for all rows: "
            "`advisor analyze` writes the statement.",
        ),
        Rule(
            "CMP004",
            "A statement takes longer with another plan",
            f"At least {STREAM.compare_plan_share:.0%} of its logged plans moved to another plan (other operators, "
            "indexes or join order; costs do not count), and a call takes longer. Was an index dropped, did statistics "
            "or a setting change?",
        ),
        Rule(
            "CMP005",
            "A statement is called more often",
            f"Calls per hour grew {1 + STREAM.compare_more:g}-fold or more, also beside all traffic, and by more than "
            "chance. A cache that no longer answers, a retry, or a new user of the statement.",
        ),
        Rule(
            "CMP006",
            "Everything takes longer",
            "Most statements take longer by about the same factor, and by more than chance: the server, not a "
            "statement. Look at processors, memory, storage, a neighbour, a setting, a version.",
        ),
    )
}


def told(rule: Rule) -> str:
    """The rule as a page of text."""
    return f"{rule.id}: {rule.heading} (found by `advisor compare`)\n\n{rule.text}\n\n{_FLOOR}"
