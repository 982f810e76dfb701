"""The contract's JSON, and its JSON Schema."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from advisor.model.analysis import Analysis
from advisor.model.check import Check
from advisor.model.compared import Comparison
from advisor.model.explained import Explanation
from advisor.model.snapshot import Record

_NO_TEXT = re.compile("[\ud800-\udfff]")
#: Forms that `advisor schema NAME` prints. Of a snapshot: one line of it, where what has its default is left out.
FORMS: dict[str, Any] = {
    "analyze": Analysis,
    "check": Check,
    "compare": Comparison,
    "explain": Explanation,
    "snapshot": Record,
}


def render(result: msgspec.Struct) -> str:
    """The result as indented JSON; what is not known is ``null``."""
    try:
        encoded = msgspec.json.encode(result)
    except UnicodeEncodeError:  # names of files need not be UTF-8
        encoded = msgspec.json.encode(_encodable(msgspec.to_builtins(result)))
    return msgspec.json.format(encoded, indent=2).decode("utf-8") + "\n"


def _encodable(value: Any) -> Any:
    """With a sign in the place of each byte that is no text."""
    if isinstance(value, str):
        return _NO_TEXT.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_encodable(name): _encodable(one) for name, one in value.items()}
    return [_encodable(one) for one in value] if isinstance(value, list | tuple) else value


def schema(name: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of one form; every field of a report is required, because every field is always there.

    Raises KeyError for a name that is not in FORMS.
    """
    form = FORMS[name]
    (root,), components = msgspec.json.schema_components([form], ref_template="#/$defs/{name}")
    for definition in components.values():
        if "properties" in definition and name != "snapshot":
            definition["required"] = list(definition["properties"])
            definition.pop("default", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, **root, "$defs": components}
