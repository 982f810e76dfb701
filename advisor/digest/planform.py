"""A number for the form of a logged plan, for the price of a regular expression: it tells the plans of a shape apart.

It sees operators, relations and indexes in the order printed, not figures, and takes digits out of names: partitions of
one table are one form. Two plans with one form may still differ; `advisor.plans.fingerprint` looks closely.
"""

from __future__ import annotations

import re

from advisor.digest.hashing import part_hash

# A node's line ends its head with two blanks and a bracket: "->  Seq Scan on orders o  (cost=0.00..1.00 ...".
_TEXT = re.compile(r"^([ ]*)(?:->[ ]{2})?(\S[^\n(]{0,400}?)[ ]{2}\((?:cost=|actual |never executed)", re.MULTILINE)
_NAMES = "Node Type|Strategy|Join Type|Relation Name|Index Name|CTE Name|Parent Relationship"
_JSON = re.compile(rf'"({_NAMES})": "((?>[^"\\]|\\.){{0,400}})"')
_YAML = re.compile(rf'^[ -]*({_NAMES}): "((?>[^"\\]|\\.){{0,400}})"', re.MULTILINE)
_XML = re.compile(rf"<({_NAMES.replace(' ', '-')})>([^<]{{0,400}})<")
_DIGITS = re.compile(r"\d+")
_ROW_COLUMNS = 6
"""Of `# explain:` rows: id, select_type, table, type, possible_keys, key."""


def plan_form(text: str, format_: str) -> int:
    """A 64-bit hash of the plan's form; of the format alone where no node is found in the text."""
    if format_ == "text":
        found = [(len(indent), head) for indent, head in _TEXT.findall(text)]
        return part_hash("text", *(f"{indent} {_DIGITS.sub('#', head)}" for indent, head in found))
    if format_ == "rows":
        rows = (line.split("\t")[:_ROW_COLUMNS] for line in text.splitlines())
        # possible_keys varies with statistics that change nothing
        return part_hash("rows", *(_DIGITS.sub("#", "\t".join([*row[:4], *row[5:]])) for row in rows))
    pattern = {"json": _JSON, "yaml": _YAML}.get(format_, _XML)
    return part_hash(format_, *(f"{name} {_DIGITS.sub('#', value)}" for name, value in pattern.findall(text)))
