"""What the tests of JSON, YAML and XML share: excerpts, the three readers, and plans to compare."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import msgspec

from advisor.model.plan import Plan, PlanFormat
from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql import json, render, xml, yaml
from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.interpret import interpret

READERS: dict[str, ModuleType] = {"json": json, "yaml": yaml, "xml": xml}


def excerpt(text: str, form: PlanFormat, query: str | None = None) -> Excerpt:
    return Excerpt(text, range(1, text.count("\n") + 2), form, query=query)


def read(text: str, form: PlanFormat) -> Document:
    return READERS[form].read(excerpt(text, form))


def read_all(text: str, form: PlanFormat) -> list[Document]:
    return READERS[form].read_all(excerpt(text, form))


def plan(text: str, form: PlanFormat) -> Plan:
    return interpret(read(text, form))


def rendered(document: Document, form: str) -> str:
    return getattr(render, form)(document)


def content(document: Document) -> tuple[Any, dict[str, Any]]:
    """All of a document but where it stood."""

    def tree(node: DocumentNode) -> tuple[dict[str, Any], list[Any]]:
        return node.keys, [tree(child) for child in node.children]

    return tree(document.root), document.keys


def comparable(read_plan: Plan) -> dict[str, Any]:
    """All of a plan but what depends on the format it came in."""
    fields = msgspec.structs.asdict(read_plan)
    for name in ("document", "format", "line", "warnings", "source"):
        del fields[name]
    fields["nodes"] = [
        {name: value for name, value in msgspec.structs.asdict(node).items() if name != "line"}
        for node in read_plan.nodes
    ]
    return fields
