"""A plan printed back in the form that it was read from."""

from __future__ import annotations

from typing import Any

from advisor.model.plan import Plan


def render(plan: Plan) -> str:
    """The text of a plan out of ``plan.document``: reading it gives an equal plan (rows come as a box, JSON with two
    blanks a level, SQLite always as a tree). Errors: `ValueError` for a plan that no reader made."""
    document: Any = plan.document
    if document is None:
        raise ValueError("this plan has no document: no reader made it")
    if plan.engine.name == "postgresql":
        from advisor.plans.postgresql import render as postgresql

        return str(getattr(postgresql, plan.format)(document))
    if plan.format == "tabular":
        from advisor.plans.rows import box

        names = [name.lower() for name in document.columns]
        return box(document.columns, [[row.get(name) for name in names] for row in document.rows])
    if plan.format == "json":
        from advisor.plans.mysql.repair import dumps

        return dumps(document)
    if plan.format == "tree":
        from advisor.plans.mysql.tree import rendered

        return rendered(document)
    from advisor.plans.sqlite.items import rendered as drawn

    return drawn(document)
