"""The words for one repetition in the library that made it. Names of relations are derived, and said to be."""

from __future__ import annotations

import re

from advisor.model.stream import KeyLink, Repetition, RepetitionKind
from advisor.rewrites.frameworks.more_phrases import MORE_PHRASES
from advisor.rewrites.frameworks.phrases import PHRASES, Situation
from advisor.rewrites.frameworks.recognition import Framework

_SITUATIONS: dict[RepetitionKind, Situation] = {
    "count_per_row": "count",
    "exists_per_row": "exists",
    "aggregate_per_row": "aggregate",
    "update_per_row": "update",
    "insert_per_row": "insert",
    "delete_per_row": "delete",
    "get_or_create": "get_or_create",
    "redundant": "redundant",
}
_LATER = "each detail is asked for in a request of its own: no loop of this request, and nothing to batch in it"


def words(framework: Framework | None, repetition: Repetition) -> str:
    """What to write in place of a repetition, in one or two sentences. Without a library, in a plain driver's words.

    Names of relations and classes come from tables and columns and are guesses; the text says so.
    """
    if repetition.kind == "list_then_detail":
        return _LATER
    situation = _situation(repetition)
    name = framework.name if framework is not None else "driver"
    phrases = PHRASES.get(name) or MORE_PHRASES.get(name) or PHRASES["driver"]
    phrase = phrases.get(situation) or PHRASES["driver"][situation]
    names = _names(repetition.link)
    advice = phrase.format(**names)
    guessed = any(f"{{{key}}}" in phrase for key in ("relation", "relations", "Relation", "Relations", "Model"))
    if framework is None:
        head = "In any driver"
    elif framework.name == "driver":
        head = "With a plain driver"
    elif framework.sure == "possible":
        head = f"In {framework.title} (a guess: {framework.why})"
    else:
        head = f"In {framework.title}"
    text = f"{head}: {advice}."
    if guessed:
        table = repetition.link.child_table if repetition.link is not None else "the repeated table"
        text += f" The names are guesses; take your own for the relation to {table}."
    if "guard" in phrases and situation in ("to_one", "to_many"):
        text += f" {phrases['guard'][0].upper()}{phrases['guard'][1:]}."
    return text


def _situation(repetition: Repetition) -> Situation:
    known = _SITUATIONS.get(repetition.kind)
    if known is not None:
        return known
    return "to_one" if repetition.link is not None and repetition.link.to_one else "to_many"


def _names(link: KeyLink | None) -> dict[str, str]:
    """Names for the placeholders of phrases."""
    table = (link.child_table if link is not None else "rows").rpartition(".")[2]
    column = (link.parent_column if link is not None else None) or ""
    stem = re.sub(r"_?(?:id|fk|uuid|Id|ID)$", "", column)
    one = stem if stem else _singular(table)
    many = _plural(re.sub(r"^.*_", "", table) if table.count("_") == 1 else table)
    return {
        "relation": one,
        "relations": many,
        "Relation": _camel(one),
        "Relations": _camel(many),
        "Model": _camel(_singular(table)),
        "key": link.child_column if link is not None else "id",
        "keys": f"{_singular(table).lower()}_keys" if table.isidentifier() else "keys",
    }


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if re.search(r"(?:ss|us|is)$", name):
        return name
    if re.search(r"(?:sses|xes|ches|shes)$", name):
        return name[:-2]
    return name.removesuffix("s")


def _plural(name: str) -> str:
    if name.endswith("s"):
        return name
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(?:x|ch|sh)$", name) else f"{name}s"


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
