"""Any document, printed in any of the three structured formats and read again, is the same; no text does worse than PlanError."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.plans.errors import PlanError
from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.interpret import interpret
from advisor.plans.postgresql.keys import DEEPEST, TABLES, Key
from tests.plans.postgresql.forms import READERS, comparable, content, excerpt, read, rendered

FORMS = list(READERS)

# what a server can print; XML knows neither a form feed at an end nor surrogates
_TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=20),
    st.sampled_from(
        [
            "false",
            "12",
            "- Plan: ",
            "a: b",
            '"q" \\',
            "<&>]]>",
            "]",
            "{",
            "line\n  Plan: x\r\n",
            "\x01\t\x0c",
            "&amp;",
            "",
            " x ",
            "''",
            "null",
        ]
    ),
)
_COUNTS = st.integers(min_value=0, max_value=2**63 - 1)


def _value(key: Key, depth: int) -> st.SearchStrategy[Any]:
    match key.kind:
        case "text":
            if key.name == "Node Type":
                return st.sampled_from(["Seq Scan", "Hash Join", "Append", "Custom Thing", "Aggregate"])
            return _TEXTS
        case "integer":
            return _COUNTS
        case "number":
            return st.one_of(_COUNTS, st.integers(0, 10**9).map(lambda n: n / 100))
        case "cost":
            return st.integers(0, 10**12).map(lambda n: n / 100)
        case "time":
            return st.integers(0, 10**9).map(lambda n: n / 1000)
        case "flag":
            return st.booleans()
        case "list":
            return st.lists(_TEXTS, max_size=3)
        case "lists":
            return st.lists(st.lists(_TEXTS, max_size=2), max_size=3)
        case "group":
            if key.members == "settings":
                return st.dictionaries(st.from_regex(r"[a-z][a-z_.]{0,9}", fullmatch=True), _TEXTS, max_size=3)
            return _group(key.members, depth + 1)
        case _:
            # the server prints no empty group in a list
            return st.lists(_group(key.members, depth + 1).filter(bool), max_size=2)


# the sort groups share their XML tags: they are told apart by what the server prints before them
_TOLD_BY_ORDER = {"Full-sort Groups", "Pre-sorted Groups", "Plans", "Plan"}


def _group(table: str, depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    keys = [key for name, key in TABLES[table].items() if name not in _TOLD_BY_ORDER]
    if depth > 1:
        keys = [key for key in keys if key.kind not in ("group", "groups")]
    return st.lists(st.sampled_from(keys), max_size=6, unique_by=lambda key: key.name).flatmap(
        lambda chosen: st.fixed_dictionaries({key.name: _value(key, depth) for key in chosen})
    )


def _node(children: st.SearchStrategy[list[DocumentNode]]) -> st.SearchStrategy[DocumentNode]:
    kinds = st.sampled_from(["Seq Scan", "Hash Join", "Append", "Custom Thing"])
    return st.builds(
        lambda kind, keys, below: DocumentNode({"Node Type": kind, **keys}, below), kinds, _group("node"), children
    )


_NODES = st.recursive(_node(st.just([])), lambda inner: _node(st.lists(inner, max_size=3)), max_leaves=4)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    keys = draw(_group("plan"))
    first = {name: keys.pop(name) for name in ("Query Text", "Query Parameters") if name in keys}
    if "Query Text" not in first:
        first.pop("Query Parameters", None)  # auto_explain's, as is the text
    keys.pop("Execution Time", None)
    end = {"Execution Time": draw(_value(Key("", "time"), 0))}  # without it YAML may seem cut
    return Document(draw(_NODES), {**first, **keys, **end}, "json")


@pytest.mark.parametrize("form", FORMS)
@given(document=documents())
@settings(max_examples=150, deadline=None)
def test_what_is_printed_reads_as_the_same(document: Document, form: Any) -> None:
    again = read(rendered(document, form), form)
    assert content(again) == content(document)
    assert again.warnings == []


@given(document=documents())
@settings(max_examples=60, deadline=None)
def test_all_formats_give_one_plan(document: Document) -> None:
    plans = [comparable(interpret(read(rendered(document, form), form))) for form in FORMS]  # type: ignore[arg-type]
    assert plans[0] == plans[1] == plans[2]


@pytest.mark.parametrize("form", FORMS)
@given(text=st.text(max_size=200))
@example(text="\x00")
@example(text="<!DOCTYPE x>")
@example(text="[" * 5000)
@example(text='{"Plan":' * 5000)
@example(text="<Plan>" * 5000)
@example(text="- " * 5000)
@example(text="{}")
@example(text="[1, null, {}]")
@example(text='{"Plan": {"Node Type": 3}}')
@example(text='{"Plan": {"Node Type": "Sort", "Plans": [1, [], {}, {"Node Type": null}]}}')
@example(text='{"Plan": {"Node Type": "Sort", "Total Cost": ' + "9" * 5000 + "}}")
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_plan_or_a_plan_error(text: str, form: Any) -> None:
    with contextlib.suppress(PlanError):
        interpret(read(text, form))


@given(document=documents(), data=st.data(), form=st.sampled_from(FORMS))
@settings(max_examples=200, deadline=None)
def test_a_damaged_plan_is_a_plan_or_a_plan_error(document: Document, data: st.DataObject, form: Any) -> None:
    text = rendered(document, form)
    at = data.draw(st.integers(0, len(text)))
    to = data.draw(st.integers(at, min(len(text), at + 30)))
    with contextlib.suppress(PlanError):
        interpret(read(text[:at] + data.draw(_TEXTS) + text[to:], form))


@given(document=documents(), data=st.data(), form=st.sampled_from(["json", "xml"]))
@settings(max_examples=200, deadline=None)
def test_a_cut_off_plan_says_so_and_holds_nothing_else(document: Document, data: st.DataObject, form: Any) -> None:
    text = rendered(document, form).rstrip()
    at = data.draw(st.integers(0, len(text) - 1))
    try:
        part = read(text[:at], form)
    except PlanError:
        return
    assert any("cut off" in warning.text for warning in part.warnings)
    assert _within(content(part)[0], content(document)[0])
    assert _begins(part.keys, document.keys)


def _within(part: Any, whole: Any) -> bool:
    """A tree that holds nothing that the other one does not."""
    return (
        _begins(part[0], whole[0])
        and len(part[1]) <= len(whole[1])
        and all(_within(mine, theirs) for mine, theirs in zip(part[1], whole[1], strict=False))
    )


def _begins(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and _begins(value, whole[name]) for name, value in part.items()
        )
    if isinstance(part, list) and isinstance(whole, list) and all(isinstance(item, dict) for item in (*part, *whole)):
        return len(part) <= len(whole) and all(map(_begins, part, whole))
    return bool(part == whole)


@pytest.mark.parametrize("form", FORMS)
def test_a_plan_nested_too_deep_is_refused(form: Any) -> None:
    root = DocumentNode({"Node Type": "Result"})
    for _ in range(DEEPEST + 10):
        root = DocumentNode({"Node Type": "Append"}, [root])
    with pytest.raises(PlanError, match="nested deeper"):
        read(rendered(Document(root, {}, form), form), form)


@pytest.mark.parametrize("form", FORMS)
def test_a_deep_plan_is_read(form: Any) -> None:
    root = DocumentNode({"Node Type": "Result"})
    for _ in range(DEEPEST - 1):
        root = DocumentNode({"Node Type": "Append"}, [root])
    assert len(interpret(read(rendered(Document(root, {}, form), form), form)).nodes) == DEEPEST


@pytest.mark.parametrize("form", FORMS)
def test_every_node_has_its_line(form: Any) -> None:
    leaf = DocumentNode({"Node Type": "Seq Scan", "Filter": '"Node Type": "x"\nNode Type: y'})
    root = DocumentNode({"Node Type": "Append", "Output": ["a", "b"]}, [leaf, DocumentNode({"Node Type": "Result"})])
    text = rendered(Document(root, {"Query Text": "select\n 1", "Settings": {}}, form), form)
    lines = text.split("\n")
    given_ = excerpt(text, form)
    given_.lines = [10 * (number + 1) for number in range(len(lines))]
    for node in interpret(READERS[form].read(given_)).nodes:
        assert node.line is not None
        assert node.raw_operator in lines[node.line // 10 - 1]
