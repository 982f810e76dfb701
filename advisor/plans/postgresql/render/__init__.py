"""Documents back to text, as the server prints them: what the readers read again as the same document."""

from __future__ import annotations

from advisor.plans.postgresql.render.json import render as json
from advisor.plans.postgresql.render.text import render as text
from advisor.plans.postgresql.render.xml import render as xml
from advisor.plans.postgresql.render.yaml import render as yaml

__all__ = ["json", "text", "xml", "yaml"]
