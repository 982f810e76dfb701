"""Plans that a log's reader found: auto_explain's, and MariaDB's `# explain:` rows. They stand alone in their text."""

from __future__ import annotations

import msgspec

from advisor.model.engine import Engine
from advisor.model.plan import Plan, PlanFormat
from advisor.model.shape import PlanSample
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.read import read_excerpt

#: What the readers of logs call a format, in the words of plans.
_FORMATS: dict[str, PlanFormat] = {"text": "text", "json": "json", "yaml": "yaml", "xml": "xml", "rows": "tabular"}


def read_logged(sample: PlanSample, engine: Engine, query: str | None = None) -> Plan:
    """The plan of one logged execution; ``query`` is its statement where the plan does not hold it.

    Raises PlanError for a plan that cannot be read, which the caller counts.
    """
    named = _FORMATS.get(sample.format)
    if named is None or engine.name == "sqlite":
        raise PlanError(f"logs of {engine.name} hold no plans in the format {sample.format}")
    text = sample.text.replace("\r\n", "\n")
    excerpt = Excerpt(text, range(1, text.count("\n") + 2), named, engine.name, query)
    plan = read_excerpt(excerpt, engine.name)
    if plan.query is None:
        plan.query = query
    if plan.engine.version is None and plan.engine.name == engine.name:
        plan.engine = msgspec.structs.replace(plan.engine, version=engine.version)
    return plan
