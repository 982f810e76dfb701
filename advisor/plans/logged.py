"""Plans that a log's reader found: auto_explain's, and MariaDB's `# explain:` rows. Nothing has to be taken off them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from advisor.model.engine import Engine
from advisor.model.plan import Plan, PlanFormat
from advisor.model.shape import PlanSample
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt

if TYPE_CHECKING:
    from collections.abc import Callable

    from advisor.plans.postgresql.document import Document

#: What the readers of logs call a format, in the words of plans.
_FORMATS: dict[str, PlanFormat] = {"text": "text", "json": "json", "yaml": "yaml", "xml": "xml", "rows": "tabular"}


def read_logged(sample: PlanSample, engine: Engine, query: str | None = None) -> Plan:
    """The plan of one logged execution; ``query`` is its statement where the plan does not hold it.

    Raises PlanError for a plan that cannot be read, which the caller counts.
    """
    named = _FORMATS.get(sample.format)
    if named is None:
        raise PlanError(f"plans in the format {sample.format} are not read")
    text = sample.text.replace("\r\n", "\n")
    excerpt = Excerpt(text, range(1, text.count("\n") + 2), named, engine.name, query)
    if engine.name == "postgresql":
        from advisor.plans.postgresql.interpret import interpret

        plan = interpret(_documents(named)(excerpt))
    elif engine.name in ("mysql", "mariadb"):
        from advisor.plans.mysql import json, tabular

        plan = json.read(excerpt) if named == "json" else tabular.read(excerpt)
    else:
        raise PlanError(f"logs of {engine.name} hold no plans")
    if plan.query is None:
        plan.query = query
    if plan.engine.version is None and plan.engine.name == engine.name:
        plan.engine = msgspec.structs.replace(plan.engine, version=engine.version)
    return plan


def _documents(named: PlanFormat) -> Callable[[Excerpt], Document]:
    from advisor.plans.postgresql import json, text, xml, yaml

    return {"text": text.read, "json": json.read, "yaml": yaml.read}.get(named, xml.read)
