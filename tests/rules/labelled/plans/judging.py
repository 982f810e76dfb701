"""Recorded plans put before the pages, in each form that a user may have them in.

.venv/bin/python -m tests.rules.labelled.plans.judging [--all] [NAME...]    # what is wrong, what is missed, and the figures
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from advisor.api import ReadOptions, analyze, explain
from advisor.api.explanation import Reading, judged
from advisor.api.explanation import read as read_plans
from advisor.fingerprint import identify
from advisor.handbook.shelf import Handbook
from advisor.handbook.shelf import load as load_pages
from advisor.model.engine import dialect_of
from tests.rules.labelled.plans.cases import Application, Case, applications

PAGES = Path(__file__).parents[4] / "rules" / "plan"
PLAN_RULES = {
    match.group(1) for page in PAGES.glob("*.md") if (match := re.search(r"^id: (\S+)", page.read_text(), re.M))
}
#: Forms that say as much as there is to be said: what must be found is asked of these.
FULL = ("plan", "query", "catalog", "log", "log and catalog")
#: Forms without a statement.
_ALONE = ("plan", "mariadb tabular", "mariadb explain")


@cache
def _pages(plans_only: bool) -> Handbook:
    """Read once: the same pages judge every plan. Without a query and a schema only those about plans have anything to say."""
    whole = load_pages(())
    return Handbook([page for page in whole.pages if page.id in PLAN_RULES or not plans_only], whole.problems)


@dataclass
class Score:
    """Plans and findings, by form."""

    plans: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    """Plans with a problem whose first finding is the one to act upon."""
    report: list[str] = field(default_factory=list)
    wrong_rules: Counter[str] = field(default_factory=Counter)
    missed_rules: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        for form in self.plans:
            found, missed, wrong = self.found[form], self.missed[form], self.wrong[form]
            yield (
                f"{form:16} plans {self.plans[form]:4}  must {found + missed:4}  found {found:4}  missed {missed:3}  wrong {wrong:3}"
                f"  precision {found / max(1, found + wrong):.3f}  recall {found / max(1, found + missed):.3f}"
                f"  first {self.first[form] / max(1, found + missed):.3f}"
            )


def judge(application: Application, score: Score, without: frozenset[str] = frozenset()) -> None:
    """Adds an application to the score; some forms of explained plans may be left out."""
    with TemporaryDirectory() as folder:
        schema = Path(folder, "schema.sql")
        schema.write_text(application.setup)
        for case in application.cases:
            for form, text, catalog in _explained(application, case):
                if form in without or form in _ALONE:
                    continue
                with patch("advisor.handbook.load", lambda _: _pages(False)):
                    result = explain(text=text, catalog=schema if catalog else (), engine=application.engine)  # type: ignore[arg-type]
                _count(application, case, form, list(result.findings), score)
        for form in _ALONE:
            _alone(application, form, score)
        if application.engine == "sqlite":
            return
        log = Path(folder, "server.log")
        log.write_text(_log(application))
        for form, files in (("log", ()), ("log and catalog", schema)):
            result_of_log = analyze(log, catalog=files, reading=ReadOptions(engine=application.engine))  # type: ignore[arg-type]
            by_shape: dict[str, list[Any]] = {}
            for finding in result_of_log.findings:
                for role in finding.fingerprints:
                    by_shape.setdefault(role.fingerprint, []).append(finding)
            shapes = Counter(_shape(application, case) for case in application.cases)
            seen = {shape.fingerprint for shape in result_of_log.shapes}
            for case in application.cases:
                shape = _shape(application, case)
                if shapes[shape] == 1 and case.directives.get("form", "") in ("", "nobuffers"):
                    assert shape in seen, case.statement
                    _count(application, case, form, by_shape.get(shape, []), score)


def _alone(application: Application, form: str, score: Score) -> None:
    """Plans without their statements, each by itself."""
    plans, cases = [], []
    for case in application.cases:
        for text in (text for name, text, _ in _explained(application, case) if name == form):
            plans += read_plans([], text=text, engine=application.engine).plans  # type: ignore[arg-type]
            cases.append(case)
    if not plans:
        return
    assert len(plans) == len(cases)
    for case, plan in zip(cases, plans, strict=True):
        with patch("advisor.handbook.load", lambda _: _pages(True)):
            result = judged(Reading([plan], [], False, application.engine), catalog=(), rules=(), show_literals=False)  # type: ignore[arg-type]
        _count(application, case, form, list(result.findings), score)


def _shape(application: Application, case: Case) -> str:
    return identify(case.statement, dialect_of(application.engine)).fingerprint  # type: ignore[arg-type]


def _explained(application: Application, case: Case) -> Iterator[tuple[str, str, bool]]:
    plan = application.plans[case.key]
    if application.engine == "mariadb":
        yield "plan", plan["json"], False
        yield "mariadb tabular", _table(plan["analyze"]), False
        yield "mariadb explain", _table(plan["explain"]), False
        return
    yield "plan", plan["plan"], False
    if application.engine == "postgresql" and case.directives.get("form") not in ("json", "yaml"):
        with_query = f"Query Text: {case.statement}\n{plan['plan']}"
        yield "query", with_query, False
        yield "catalog", with_query, True


def _table(rows: list[list[str]]) -> str:
    return "\n".join("\t".join(row) for row in rows) + "\n"


def _log(application: Application) -> str:
    """What the server would have logged: auto_explain's text, or a slow log with plans. A minute between statements."""
    lines: list[str] = []
    for number, case in enumerate(application.cases):
        plan, stamp = application.plans[case.key], f"2026-03-01 1{number // 60}:{number % 60:02}"
        if application.engine == "postgresql":
            if case.directives.get("form", "") not in ("", "nobuffers"):
                continue
            took = re.findall(r"Execution Time: ([\d.]+) ms", plan["plan"])[-1]
            body = "\n".join("\t" + line for line in f"Query Text: {case.statement}\n{plan['plan']}".splitlines())
            lines.append(f"{stamp}:00.000 UTC [77] LOG:  duration: {took} ms  plan:\n{body}\n")
        else:
            seconds = plan["ms"] / 1000
            explained = "\n".join("# explain: " + "\t".join(row) for row in plan["analyze"])
            lines.append(
                f"# Time: {stamp[2:4]}{stamp[5:7]}{stamp[8:10]} {stamp[11:]}:00\n# User@Host: app[app] @ localhost []\n# Thread_id: 9  Schema: app  QC_hit: No\n"
                f"# Query_time: {seconds:.6f}  Lock_time: 0.000100  Rows_sent: {plan['rows_sent']}  Rows_examined: {plan['rows_examined']}\n"
                f"# Rows_affected: 0  Bytes_sent: 100\n#\n{explained}\n#\nSET timestamp={1772359200 + 60 * number};\n{case.statement};\n"
            )
    return "".join(lines)


def _count(application: Application, case: Case, form: str, findings: list[Any], score: Score) -> None:
    told = [finding for finding in findings if finding.rule in PLAN_RULES]
    score.plans[form] += 1
    met = [wanted for wanted in case.must if any(wanted.meets(f.rule, f.tables, case.statement) for f in findings)]
    missed = [wanted for wanted in case.must if wanted not in met]
    wrong = [
        f for f in told if not any(wanted.meets(f.rule, f.tables, case.statement) for wanted in case.must + case.may)
    ]
    score.found[form] += len(met)
    score.missed[form] += len(missed)
    score.wrong[form] += len(wrong)
    if form in FULL:
        score.rules.update("|".join(sorted(wanted.rules)) for wanted in case.must)
        score.missed_rules.update("|".join(sorted(wanted.rules)) for wanted in missed)
        score.wrong_rules.update(f.rule for f in wrong)
    if case.must and findings and case.must[0].meets(findings[0].rule, findings[0].tables, case.statement):
        score.first[form] += 1
        misplaced = ""
    else:
        misplaced = f" FIRST is {findings[0].rule} {findings[0].tables}" if case.must and findings else ""
    if wrong or missed or misplaced:
        what = [f"missed {'|'.join(sorted(w.rules))}@{w.table}" for w in missed]
        what += [f"WRONG {f.rule} {f.severity} {f.certainty} {f.evidence}" for f in wrong]
        rest = [f.rule for f in findings]
        score.report.append(
            f"{application.name} [{form}]: {case.label}\n    {case.statement[:140]}\n    {'; '.join(what)}{misplaced} | all {rest}"
        )


def promises(chosen: list[Application]) -> list[tuple[str, str, float, float]]:
    """Where a label names a fix that was tried: what the finding promised to save, and what vanished, in milliseconds."""
    kept = []
    for application in chosen:
        for case in application.cases:
            plan = application.plans[case.key]
            if "fixed_ms" not in plan or not case.must or case.directives.get("form", "") not in ("", "nobuffers"):
                continue
            _, text, _ = next(_explained(application, case))
            with patch("advisor.handbook.load", lambda _: _pages(True)):
                found = explain(text=text, engine=application.engine)  # type: ignore[arg-type]
            took = (
                re.findall(r"Execution Time: ([\d.]+) ms", text)
                or re.findall(r"\"r_total_time_ms\": ([\d.]+)", text)[1:2]
            )
            for finding in found.findings[:1]:
                promised = finding.evidence.get("saving_ms")
                if promised is not None and any(
                    w.meets(finding.rule, finding.tables, case.statement) for w in case.must
                ):
                    kept.append(
                        (
                            finding.rule,
                            f"{application.name}: {case.label}",
                            float(promised),
                            float(took[-1]) - plan["fixed_ms"],
                        )
                    )
    return kept


def score_of(chosen: list[Application], without: frozenset[str] = frozenset()) -> Score:
    score = Score()
    for application in chosen:
        judge(application, score, without)
    return score


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if not name.startswith("--")]
    if "--promises" in sys.argv:
        for rule, label, promised, saved in promises([one for one in applications() if not names or one.name in names]):
            print(
                f"{'kept ' if saved >= promised / 2 else 'BROKEN'} {rule} promised {promised:.1f} saved {saved:.1f}  {label[:100]}"
            )
        sys.exit()
    whole = score_of([one for one in applications() if one.plans and (not names or one.name in names)])
    print("\n".join(whole.report if "--all" in sys.argv else [one for one in whole.report if "[plan]" in one]))
    print("\n".join(whole.lines()))
    print("wrong", dict(whole.wrong_rules), "\nmissed", dict(whole.missed_rules))
