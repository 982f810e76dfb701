"""The check as Markdown: the one comment of a pull request, found again by the mark in its first line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from advisor.model.check import Alternative, Check, CheckedStatement
from advisor.model.counted import counted
from advisor.model.finding import SEVERITIES
from advisor.reports import figures
from advisor.reports.check.shortening import Told, told
from advisor.reports.check.summary import headline, lines, locks, price, statements_of, work
from advisor.reports.escape import code_block, code_span, markdown
from advisor.reports.markdown import finding_lines, heading
from advisor.reports.places import beside, place

#: Whoever posts the report looks for this, and edits the comment that has it.
MARK = "<!-- advisor-check -->"
#: A comment of GitHub holds 65,536 characters; GitLab's a million.
MOST = 60_000
#: Of code blocks, by a file's ending.
_LANGUAGES = {"sql": "sql", "py": "python", "toml": "toml"}
_DISTURBING = ("fails", "blocking", "unknown")
_ELSEWHERE = "The report is longer than a comment may be: the rest is in the JSON report.\n"


def render(result: Check, *, top: int | None = None) -> str:
    """Headline, findings with what to run instead, plans, every statement. Everything from the input is escaped.

    What does not fit into a comment gives way from the least severe on: what to run instead, the text of a finding but
    for its line, statements that disturb nobody.
    """
    head = [MARK, f"## Migration check: {markdown(headline(result))}", ""]
    head += [f"- **{line.label}**: {markdown(line.text)}" for line in lines(result)[1:]]
    most = len(result.findings) if top is None else top
    texts = statements_of(result)
    found = [_Finding(one, _variants(one, texts), brief=one.brief) for one in told(result, most)]
    if found:
        head += ["", heading("Findings", len(result.findings), most)]
    elif result.statements:
        head += ["", "No finding."]
    plans = ["", "### Plans that get dearer", "", *_regressions(result)] if result.regressions else []
    tables = [_text(_statements(result, least)) for least in (False, True)] if result.statements else []
    return _fitted(_text(head), found, _text(plans), [*tables, ""])


class _Finding:
    """One finding as it stands in the report: the longest of its texts that there is room for."""

    def __init__(self, one: Told, variants: tuple[str, ...], *, brief: bool) -> None:
        self.severity = SEVERITIES.index(one.finding.severity)
        self.variants = variants
        self.chosen = len(variants) - 1 if brief else 0

    @property
    def text(self) -> str:
        return self.variants[self.chosen]

    @property
    def is_line(self) -> bool:
        return self.chosen == len(self.variants) - 1


def _variants(one: Told, texts: dict[str, str]) -> tuple[str, ...]:
    """Whole; without what to run instead; a line."""
    finding = one.finding
    own = ["", *finding_lines(finding, texts, advice=one.advice)]
    answers: list[str] = []
    several = len(one.answers) > 1
    for statement in one.answers:
        if statement.alternative is not None:
            answers += ["", *_alternative(statement.alternative, statement, several=several)]
        else:
            where = f" for line {statement.line}" if several else ""
            answers += ["", f"No other way is known{where}: {markdown(statement.no_alternative or '')}"]
    at = f"; {code_span(place(finding))}" if finding.location is not None else ""
    line = f"- **{finding.severity}** {finding.rule} {markdown(finding.title)}{at}\n"
    return (_text([*own, *answers]), _text(own), line) if answers else (_text(own), line)


def _text(parts: list[str]) -> str:
    return "".join(f"{part}\n" for part in parts)


def _fitted(head: str, found: list[_Finding], plans: str, tables: list[str]) -> str:
    """The report in at most `MOST` characters; ``tables`` from the longest to none."""
    size = len(head) + sum(len(one.text) + 1 for one in found) + len(plans) + len(tables[0])
    table, cut = tables[0], False
    for step in _steps(found, tables):
        if size <= MOST:
            break
        cut = True
        if isinstance(step, str):
            size, table = size - len(table) + len(step), step
        else:
            size -= len(step.text)
            step.chosen += 1
            size += len(step.text)
    body, before = [], False
    for one in found:
        body.append(("\n" if one.is_line and not before else "") + one.text)
        before = one.is_line
    text = head + "".join(body) + plans + table
    return _ended(text) if len(text) > MOST else text + (f"\n{_ELSEWHERE}" if cut else "")


def _steps(found: list[_Finding], tables: list[str]) -> Iterator[_Finding | str]:
    """What gives way next: a finding says less, the table of the statements is a shorter one."""
    shorter = iter(tables[1:])
    for severity in range(len(SEVERITIES)):
        yield from (one for one in [next(shorter, None)] if one is not None)
        alike = [one for one in reversed(found) if one.severity == severity]
        for number in (2, 1):
            for one in alike:
                if len(one.variants) - 1 - one.chosen >= number:
                    yield one


def _ended(text: str) -> str:
    """Cut at the end, and that is said."""
    kept = text[:MOST].rpartition("\n")[0]
    closing = "\n```\n" if kept.count("\n```") % 2 else ""
    open_details = kept.count("<details") - kept.count("</details>")
    return f"{kept}\n{closing}{'</details>' * open_details}\n\n{_ELSEWHERE}"


def _alternative(one: Alternative, statement: CheckedStatement, *, several: bool) -> list[str]:
    checked = {True: "checked: nothing of it blocks", False: "does not pass itself", None: "not checked"}[one.passes]
    label = f"Instead of line {statement.line}" if several else "Instead"
    out = ["<details>", f"<summary>{label}: {markdown(one.summary)} ({checked})</summary>", ""]
    if one.why:
        out += [markdown(one.why), ""]
    for number, step in enumerate(() if one.files else one.steps, 1):
        how = "in one transaction" if step.transaction else "outside of a transaction"
        out += [f"{number}. {how}{'; ' + markdown(step.note) if step.note else ''}", ""]
        out += [code_block("\n".join(text.rstrip().rstrip(";") + ";" for text in step.sql)), ""]
    for command in one.commands:
        out += [code_block(command, "sh"), ""]
    return [*out, *_files(one, statement.file), "</details>"]


def _files(one: Alternative, beneath: str) -> list[str]:
    """As files of the migration's tool, which stand for the steps; what a step's note says stays."""
    notes = [f"- {markdown(note)}" for note in one.file_notes]
    if not one.files:
        return [*notes, ""] if notes else []
    notes = [*(f"- {markdown(step.note)}" for step in one.steps if step.note), *notes]
    out = [f"As {counted(len(one.files), 'file')} of the migration's tool:", ""]
    out += [*notes, ""] if notes else []
    for file in one.files:
        language = _LANGUAGES.get(file.path.rpartition(".")[2], "")
        out += [code_span(beside(file.path, beneath)), "", code_block(file.text, language), ""]
    return out


def _statements(result: Check, least: bool) -> list[str]:
    """Every statement, under the name of its file; ``least``: those that disturb."""
    shown = [one for one in result.statements if not least or one.verdict in _DISTURBING]
    loud = any(one.verdict in _DISTURBING for one in shown)
    left = len(result.statements) - len(shown)
    label = counted(len(result.statements), "statement") + (f", {left} of them not shown" if left else "")
    out = ["", "<details open>" if loud and len(shown) <= 12 else "<details>", f"<summary>{label}</summary>"]
    for file, statements in groupby(shown, key=lambda one: one.file):
        out += ["", code_span(file), "", "| line | verdict | statement | what it does |", "|---:|---|---|---|"]
        out += [
            f"| {one.line} | {one.verdict.replace('_', ' ')} | {code_span(one.sql, 160, cell=True)} | {_told(one)} |"
            for one in statements
        ]
    return [*out, "", "</details>"]


def _told(one: CheckedStatement) -> str:
    parts = [one.failure or "", locks(one), work(one), price(one)]
    return markdown("; ".join(part for part in parts if part))


def _regressions(result: Check) -> list[str]:
    out = ["| statement | cost before | after | caused by |", "|---|---:|---:|---|"]
    for one in result.regressions:
        after = "cannot be planned" if one.cost_after is None else figures.quantity(one.cost_after)
        cause = f"{one.cause.file.rpartition('/')[2]}:{one.cause.line}"
        out.append(
            f"| `{one.fingerprint}` {code_span(one.sql, 160, cell=True)} | {figures.quantity(one.cost_before)} "
            f"| {after} | {code_span(cause, cell=True)} |"
        )
    return out
