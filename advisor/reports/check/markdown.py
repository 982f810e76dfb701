"""The check as Markdown: the one comment of a pull request, found again by the mark in its first line."""

from __future__ import annotations

from advisor.model.check import Alternative, Check, CheckedStatement
from advisor.model.counted import counted
from advisor.reports import figures
from advisor.reports.check.summary import (
    having_alternatives,
    headline,
    instead_of,
    lines,
    locks,
    nothing_instead_of,
    price,
    statements_of,
    without_alternatives,
    work,
)
from advisor.reports.escape import code_block, code_span, markdown
from advisor.reports.markdown import finding_lines, heading

#: Whoever posts the report looks for this, and edits the comment that has it.
MARK = "<!-- advisor-check -->"
#: A comment of GitHub holds 65,536 characters; GitLab's a million.
MOST = 60_000
#: Of code blocks, by a file's ending.
_LANGUAGES = {"sql": "sql", "py": "python", "toml": "toml"}
_DISTURBING = ("fails", "blocking", "unknown")


def render(result: Check, *, top: int | None = None) -> str:
    """Headline, findings with what to run instead, every statement, plans. Everything from the input is escaped."""
    parts = [MARK, f"## Migration check: {markdown(headline(result))}", ""]
    parts += [f"- **{line.label}**: {markdown(line.text)}" for line in lines(result)[1:]]
    most = len(result.findings) if top is None else top
    if result.findings:
        texts = statements_of(result)
        untold, missing = having_alternatives(result), without_alternatives(result)
        advised: set[tuple[str, str]] = set()
        parts += ["", heading("Findings", len(result.findings), most)]
        for finding in result.findings[:most]:
            advice = (finding.rule, finding.advice)
            parts += ["", *finding_lines(finding, texts, advice=not finding.advice or advice not in advised)]
            advised.add(advice)
            instead = instead_of(finding, untold)
            if instead is not None:
                parts += ["", *_alternative(instead)]
            why_none = nothing_instead_of(finding, missing)
            if why_none is not None:
                parts += ["", f"No other way is known: {markdown(why_none)}"]
    elif result.statements:
        parts += ["", "No finding."]
    if result.regressions:
        parts += ["", "### Plans that get dearer", "", *_regressions(result)]
    if result.statements:
        parts += ["", *_statements(result)]
    return _cut("\n".join(parts) + "\n")


def _cut(text: str) -> str:
    """What does not fit into a comment is left out at the end, and that is said."""
    if len(text) <= MOST:
        return text
    kept = text[:MOST].rpartition("\n\n")[0]
    closing = "\n```\n" if kept.count("\n```") % 2 else ""
    open_details = kept.count("<details>") - kept.count("</details>")
    return (
        f"{kept}{closing}{'</details>' * open_details}\n\n"
        "The report is longer than a comment may be: the rest is in the JSON report.\n"
    )


def _alternative(one: Alternative) -> list[str]:
    checked = {True: "checked: nothing of it blocks", False: "does not pass itself", None: "not checked"}[one.passes]
    out = ["<details>", f"<summary>Instead: {markdown(one.summary)} ({checked})</summary>", ""]
    if one.why:
        out += [markdown(one.why), ""]
    for number, step in enumerate(one.steps, 1):
        how = "in one transaction" if step.transaction else "outside of a transaction"
        out += [f"{number}. {how}{'; ' + markdown(step.note) if step.note else ''}", ""]
        out += [code_block("\n".join(text.rstrip().rstrip(";") + ";" for text in step.sql)), ""]
    for command in one.commands:
        out += [code_block(command, "sh"), ""]
    return [*out, *_files(one), "</details>"]


def _files(one: Alternative) -> list[str]:
    """The same as files of the migration's tool."""
    notes = [f"- {markdown(note)}" for note in one.file_notes]
    if not one.files:
        return [*notes, ""] if notes else []
    out = ["<details>", f"<summary>As {counted(len(one.files), 'file')} of the migration's tool</summary>", ""]
    out += [*notes, ""] if notes else []
    for file in one.files:
        language = _LANGUAGES.get(file.path.rpartition(".")[2], "")
        out += [code_span(file.path), "", code_block(file.text, language), ""]
    return [*out, "</details>", ""]


def _statements(result: Check) -> list[str]:
    loud = any(one.verdict in _DISTURBING for one in result.statements)
    out = ["<details open>" if loud and len(result.statements) <= 12 else "<details>"]
    out += [f"<summary>{counted(len(result.statements), 'statement')}</summary>", ""]
    out += ["| | verdict | statement | what it does |", "|---|---|---|---|"]
    for one in result.statements:
        place = f"{one.file.rpartition('/')[2]}:{one.line}"
        out.append(
            f"| {code_span(place, cell=True)} | {one.verdict.replace('_', ' ')} | {code_span(one.sql, 160, cell=True)} "
            f"| {_told(one)} |"
        )
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
