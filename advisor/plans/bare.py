"""PostgreSQL's own output, with nothing around it: read as it stands, before any decoration is looked for.

What takes decorations off must guess (is this line break the literal's own, or a wrap's?); a text that its format's
reader understands to the last line needs no guess. Anything in doubt is left to `decoration`.
"""

from __future__ import annotations

import re
from importlib import import_module

from advisor.model.plan import Plan
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.document import Document, DocumentNode

_FIRST = re.compile(r"\s*+(?P<json>[\[{])|\s*+(?P<xml><explain\b)|(?P<yaml>- Plan:|(?:Query Text: \"[^\n]*+\n)?+Plan:)")
_CRLF = re.compile(
    r"(?:width=\d++|loops=[\d.]++|never executed)\)\r$|^[ \t]*+</?Plan>\r$|^[ -]*+Plans?: ?\r$", re.MULTILINE
)
#: The one remark of a reader that no decoration explains: SUMMARY OFF, or auto_explain.
_NO_FOOTER = "no Execution Time"


def read(text: str) -> Plan | None:
    """The only plan of a text that is nothing but the plan; None when in doubt."""
    if "\x1b[" in text or text.startswith("\ufeff") or ('"Node Type"' not in text and "{" in text[:2]):
        return None
    first = _FIRST.match(text)
    form = first.lastgroup if first is not None and first.lastgroup is not None else "text"
    if form != "json" and text[:1].isspace():
        return None  # all of it is indented, also in the midst of a literal
    # Where the lines end in \r\n, those of the plan do; in a literal they may anyway.
    if form != "json" and (_CRLF.search(text) or text.count("\r\n") >= text.count("\n") > 0):
        return None
    excerpt = Excerpt(text, range(1, text.count("\n") + 2), form, "postgresql")  # type: ignore[arg-type]
    try:
        reader = import_module(f"advisor.plans.postgresql.{form}")
        several: list[Document] = reader.read_all(excerpt) if hasattr(reader, "read_all") else [reader.read(excerpt)]
        document = several[0]
        plan: Plan = import_module("advisor.plans.postgresql.interpret").interpret(document)
    except (PlanError, RecursionError):
        return None
    if len(several) > 1 or any(not warning.text.startswith(_NO_FOOTER) for warning in plan.warnings):
        return None
    if form in ("text", "xml") and (text.rstrip("\n")[-1:] in " \t" or not _unwrapped(text, document)):
        return None
    return plan


def _unwrapped(text: str, document: Document) -> bool:
    """No value has a line break that a wrap could have made, and no line is padded."""
    if not any("\n" in value for value in _texts(document.root)):
        return True
    lines = text.rstrip("\n").split("\n")
    if len({len(line) for line in lines}) == 1:
        return False
    # Whoever wraps at some width leaves no line that is longer: longer than a broken line and the word after the break.
    longest = max(map(len, lines))
    broken = {line for value in _texts(document.root) for line in value.split("\n")[:-1]}
    for number, line in enumerate(lines[:-1]):
        following = lines[number + 1].split(" ", 1)[0]
        if any(line.endswith(end) for end in broken) and len(line) + 1 + len(following) >= longest:
            return False
    return True


def _texts(root: DocumentNode) -> list[str]:
    found: list[str] = []
    open_ = [root]
    while open_:
        node = open_.pop()
        open_ += node.children
        for value in node.keys.values():
            if isinstance(value, str):
                found.append(value)
            elif isinstance(value, list):
                found += [item for item in value if isinstance(item, str)]
    return found
