"""Plans as reports print them: in the engine's form, without values, with the names that indexes will have."""

from __future__ import annotations

import re
from collections.abc import Mapping

from advisor.dryrun.regressions.asking import World
from advisor.model.migration_limits import MIGRATION
from advisor.model.planning import Query


def shown(world: World, query: Query, names: Mapping[str, str] | None = None) -> str | None:
    """The plan of a query; None where there is none. ``names``: how plans call an index, and what it is called."""
    from advisor.plans.redacted import redacted
    from advisor.plans.render import render

    plan = world.explain(query).plan
    if plan is None:
        return None
    plan = redacted(plan)
    if plan.engine.name == "postgresql":
        from advisor.plans.postgresql.render.text import render as tree

        text = tree(plan.document)
    else:
        text = render(plan)
    for made, name in (names or {}).items():
        text = re.sub(rf"(?<![\w$]){re.escape(made)}(?![\w$])", name.replace("\\", "\\\\"), text)
    if len(text) > MIGRATION.replan_plan_bytes:
        text = f"{text[: text.rfind(chr(10), 0, MIGRATION.replan_plan_bytes)]}\n..."
    return text
