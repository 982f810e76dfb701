"""What every report of a check says in words: the headline, who judged, what one statement does."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from advisor.model.check import Check, CheckedStatement, Seconds, Verdict
from advisor.model.counted import counted
from advisor.model.finding import Finding
from advisor.reports import figures

_WORDS: dict[Verdict, str] = {
    "fails": "fails",
    "blocking": "blocks",
    "unknown": "is not known",
    "brief_lock": "takes a lock for a moment",
    "online": "works online",
    "safe": "is safe",
}
_PLURAL: dict[Verdict, str] = {
    "fails": "fail",
    "blocking": "block",
    "unknown": "are not known",
    "brief_lock": "take a lock for a moment",
    "online": "work online",
    "safe": "are safe",
}
#: Findings about statements that work while others wait, or fail.
_ASKING = frozenset(f"MIG{number:03}" for number in (*range(1, 10), 13, 14, 23))
#: Worst first.
ORDER: tuple[Verdict, ...] = tuple(_WORDS)


class Line(NamedTuple):
    """One line of the header."""

    label: str
    text: str
    warning: bool = False


def headline(result: Check) -> str:
    """``2 statements block, 1 fails, 11 are safe``."""
    counts = Counter(statement.verdict for statement in result.statements)
    if not counts:
        return "no statement to check"
    parts = [
        f"{counted(counts[word], 'statement') if not number else counts[word]} "
        f"{_WORDS[word] if counts[word] == 1 else _PLURAL[word]}"
        for number, word in enumerate(word for word in ORDER if counts[word])
    ]
    return ", ".join(parts)


def lines(result: Check) -> list[Line]:
    """The header: what was checked, against what, by whom; then what must be known of it."""
    found = [Line("checked", f"{counted(len(result.scripts), 'migration')}: {headline(result)}")]
    if result.statements:
        found.append(Line("read as", _read_as(result)))
    if result.base:
        found.append(Line("schema", result.base))
    found.append(Line("judged by", judged_by(result)))
    hidden = sum(one.verdict == "unknown" and not one.executed for one in result.statements)
    if hidden:
        what = "its text does not tell what it does" if hidden == 1 else "their texts do not tell what they do"
        text = f"{counted(hidden, 'statement')}: {what}, and nothing ran {'it' if hidden == 1 else 'them'}"
        found.append(Line("not known", text, warning=True))
    if result.replanned:
        worse = len({one.fingerprint for one in result.regressions})
        found.append(
            Line("plans", f"{counted(result.replanned, 'logged statement')} planned before and after: {worse} dearer")
        )
    if result.ignored:
        found.append(Line("ignored", f"{counted(len(result.ignored), 'finding')} that somebody decided about"))
    for one in result.unread[:5]:
        found.append(Line("not read", f"{one.file}:{one.line}: {one.reason}", warning=True))
    if len(result.unread) > 5:
        found.append(Line("not read", f"and {len(result.unread) - 5} more statements", warning=True))
    found += [Line("note", text, warning=True) for text in result.notices]
    return found


def _read_as(result: Check) -> str:
    """``flyway: in transactions``: what most of the verdicts hang on."""
    tools = sorted({script.tool for script in result.scripts})
    within = sum(statement.in_transaction for statement in result.statements)
    if within == len(result.statements):
        how = "in transactions"
    else:
        how = "partly in transactions" if within else "each statement by itself"
    return f"{', '.join(tools)}: {how}"


def judged_by(result: Check) -> str:
    """A dry run, or text and schema."""
    tried = sum(statement.executed for statement in result.statements)
    engine = result.engine.name if result.engine else "no engine"
    if not tried:
        return f"text and schema alone, by the rules of {engine}'s manual"
    version = result.proved_by.version or ""
    whole = "all statements" if tried == len(result.statements) else f"{tried} of {len(result.statements)} statements"
    text = f"a dry run of {whole} on an empty copy in {engine} {version}".rstrip()
    if result.proved_by.same_major is False:
        text += " (another major version than production's)"
    return text


def locks(statement: CheckedStatement) -> str:
    """The strongest lock on what was there before: ``ACCESS EXCLUSIVE on orders``."""
    held = [one for one in statement.locks if one.preexisting and (one.blocks_reads or one.blocks_writes)]
    if not held:
        return ""
    # The moment's lock of every ALTER says least.
    held = [one for one in held if one.mode != "METADATA"] or held
    own = [one for one in held if one.held_since_line is None]
    mine = [one for one in own if one.blocks_reads] or own
    earlier = [one for one in held if one.held_since_line is not None]
    earlier = [one for one in earlier if one.blocks_reads] or earlier
    names = list(dict.fromkeys(one.relation for one in mine or earlier))
    text = f"{(mine or earlier)[0].mode} on {', '.join(names[:3])}"
    if len(names) > 3:
        text += f" and {len(names) - 3} more"
    if mine:
        earlier = [one for one in earlier if one.relation not in names]
    since = min((one.held_since_line for one in earlier if one.held_since_line is not None), default=None)
    if since is None:
        return text
    if not mine:
        return f"{text}, held since line {since}"
    others = list(dict.fromkeys(one.relation for one in earlier))
    held_too = others[0] if len(others) == 1 else counted(len(others), "table")
    return f"{text}; {held_too} still locked since line {since}"


def work(statement: CheckedStatement) -> str:
    """What it does to rows: ``rewrites orders``."""
    parts = []
    for verb, names in (
        ("rewrites", statement.rewritten),
        ("builds", statement.built),
        ("reads all of", statement.scanned),
        ("writes", statement.written),
    ):
        if names:
            more = f" and {len(names) - 2} more" if len(names) > 2 else ""
            parts.append(f"{verb} {', '.join(names[:2])}{more}")
    if statement.algorithm:
        parts.append(f"ALGORITHM={statement.algorithm}")
    if statement.waits_for_transactions:
        parts.append("waits for open transactions")
    return "; ".join(parts)


def price(statement: CheckedStatement) -> str:
    """Time, size and who waits, as far as known."""
    parts = []
    if statement.estimated_seconds is not None and statement.estimated_seconds.high >= 0.01:
        parts.append(span(statement.estimated_seconds))
    if statement.size_bytes:
        parts.append(figures.size(statement.size_bytes))
    worst = max(statement.queues, key=lambda one: one.queued.high, default=None)
    if worst is not None and worst.queued.high >= 0.5:
        parts.append(
            f"{figures.quantity(worst.statements_per_second)} statements a second wait on {worst.relation}: "
            f"up to {figures.quantity(worst.queued.high)} at once"
        )
    return ", ".join(parts)


def span(seconds: Seconds) -> str:
    """``12-40 s``."""
    from advisor.migrations.words import duration

    return duration(seconds)


def answered(result: Check) -> list[CheckedStatement]:
    """Statements that have an alternative, or of which it is known why there is none, in order."""
    return [one for one in result.statements if one.alternative is not None or one.no_alternative is not None]


def answers_of(finding: Finding, untold: list[CheckedStatement]) -> list[CheckedStatement]:
    """The statements for which the finding is to tell what else to run; they are taken from ``untold``.

    Several statements may stand on its line: each is told by one finding. Where a lock is held, all that work meanwhile
    are told by it.
    """
    working = {(one.file, one.line) for one in finding.related if one.role == "work"}
    own = {(finding.location.file, finding.location.line)} if finding.location is not None else set()
    found = [
        one
        for one in untold
        if (one.file, one.line) in (working or own)
        and (one.alternative is None or finding.rule in one.alternative.answers)
        and (one.alternative is not None or finding.rule in _ASKING)
    ]
    if not working:
        found = found[:1]
    untold[:] = [one for one in untold if not any(one is other for other in found)]
    return found


def statements_of(result: Check) -> dict[str, str]:
    """Texts of the logged statements that findings name, by fingerprint."""
    return {one.fingerprint: one.sql for one in result.regressions} | {
        one.fingerprint: one.sql for one in result.broken
    }
