"""Text plans of real servers: printed back as they were, cut anywhere, damaged in any way."""

from __future__ import annotations

import contextlib
import random
import re
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql import json
from advisor.plans.postgresql.interpret import interpret
from advisor.plans.postgresql.render import text as render
from fixtures.plans.record import recorded
from tests.plans.postgresql.texts import document, nodes, warned

MAJORS = (10, 11, 12, 13)


@cache
def texts(major: int) -> tuple[str, ...]:
    return tuple(
        printed.text.rstrip("\n") for _, found in recorded(major) for printed in found if printed.format == "text"
    )


@pytest.mark.parametrize("major", MAJORS)
def test_a_real_plan_is_printed_as_it_was(major):
    count = 0
    for text in texts(major):
        found = document(text)
        assert warned(found) == []
        again = render(found).rstrip("\n")
        twice = document(again)
        assert again == text
        assert (nodes_of(twice), twice.keys, twice.wording) == (nodes_of(found), found.keys, found.wording)
        count += 1
    assert count > 500


@pytest.mark.parametrize("major", MAJORS)
def test_what_json_says_survives_as_text(major):
    count = 0
    for kind, found in recorded(major):
        for printed in found:
            if printed.format != "json":
                continue
            given = json.read(Excerpt(printed.text, range(1, printed.text.count("\n") + 2), "json"))
            again = document(render(given))
            assert warned(again) == []
            for node, other in zip(nodes(again), nodes(given), strict=True):
                for key, value in node.keys.items():
                    if key in (
                        "Alias",
                        "Workers",
                        "Target Tables",
                        "Grouping Sets",
                        "Group Key",
                        "Parent Relationship",
                    ):
                        continue  # told by another key, or without what is zero
                    if other.keys[key] == "NoMovement":
                        continue  # text does not tell it from a scan forward
                    assert other.keys[key] == value, (key, kind, printed.case.name)
            count += 1
    assert count > 500


def nodes_of(found):
    return [(node.keys, len(node.children)) for node in nodes(found)]


def assert_begins(text: str, at: int) -> None:
    """What was read of ``text[:at]`` is what the whole text says, but for the line that the cut goes through."""
    whole = document(text)
    try:
        part = document(text[:at])
    except PlanError:
        return
    last = text[:at].count("\n") + 1
    through = text[:at].rpartition("\n")[2] != text.split("\n")[last - 1]
    mine, theirs = nodes(part), nodes(whole)
    assert len(mine) <= len(theirs)
    for number, (node, other) in enumerate(zip(mine, theirs, strict=False)):
        assert node.line == other.line
        if number < len(mine) - 1 and node.keys.get("Node Type") not in ("Custom Scan", "ModifyTable"):
            assert without_relation(node.keys) == without_relation(other.keys)
            continue
        for key, value in without_relation(node.keys).items():
            if value != other.keys.get(key) and not isinstance(value, list | dict) and key != "Group Key":
                assert through
    # auto_explain prints no footer, and an Append may have lost any of its members.
    if len(mine) < len(theirs) and "Actual Loops" in mine[0].keys and "Query Text" not in part.keys:
        assert part.warnings
    for key, value in part.keys.items():
        if not isinstance(value, list | dict):
            assert whole.keys[key] == value


def without_relation(keys: dict) -> dict:
    return {key: value for key, value in keys.items() if key != "Parent Relationship"}


def test_a_cut_never_alters_what_stands_before_it():
    chosen = random.Random(3)
    for text in chosen.sample(texts(13), 60):
        for at in chosen.sample(range(len(text)), min(len(text), 25)):
            assert_begins(text, at)


@given(st.data())
def test_a_cut_anywhere(data):
    text = data.draw(st.sampled_from(texts(data.draw(st.sampled_from(MAJORS)))))
    assert_begins(text, data.draw(st.integers(0, len(text))))


@given(st.text())
@example("Limit\n  ->  ٣")
@example("Seq Scan on t\n  Heap Fetches: " + "9" * 5000)
@example("Seq Scan on t\n  Filter: 'a\n  ->  b\n" * 3)
def test_no_text_does_worse_than_an_error(text):
    with contextlib.suppress(PlanError):
        render(document(text))


_PIECES = st.sampled_from(
    [
        *(
            "Limit",
            "->  ",
            "  ",
            "        ",
            "\n",
            "Seq Scan on t",
            "Append",
            "Aggregate",
            "Update on t",
            "Custom Scan (x)",
        ),
        *("  (cost=0.00..1.00 rows=1 width=4)", " (actual rows=1 loops=1)", " (never executed)", "SubPlan 1", "CTE x"),
        *(
            "Filter: ",
            "(a = 1)",
            "'",
            '"',
            "E'\\",
            "Worker 0:  ",
            "Group Key: ",
            "Sort Key: ",
            "()",
            "JIT:",
            "Planning:",
        ),
        *(
            "Buffers: shared hit=1",
            "Trigger a: calls=1",
            "Query Text: ",
            "Settings: a = 'b'",
            "Functions: 1",
            ", ",
            "/*",
        ),
    ]
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_mixture_of_lines_does_worse_than_an_error(text):
    try:
        found = document(text)
    except PlanError:
        return
    printed = render(found)
    assert nodes_of(document(printed))[0][0]["Node Type"] == found.root.keys["Node Type"]


@given(st.data())
def test_damage_is_borne(data):
    text = data.draw(st.sampled_from(texts(13)))
    lines = text.split("\n")
    kind = data.draw(st.sampled_from(["drop", "swap", "indent", "byte"]))
    at = data.draw(st.integers(0, len(lines) - 1))
    if kind == "drop":
        del lines[at]
    elif kind == "swap":
        other = data.draw(st.integers(0, len(lines) - 1))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "indent":
        lines[at] = " " * data.draw(st.integers(0, 20)) + lines[at].lstrip(" ")
    else:
        position = data.draw(st.integers(0, len(lines[at])))
        lines[at] = lines[at][:position] + data.draw(st.characters()) + lines[at][position + 1 :]
    with contextlib.suppress(PlanError):
        render(document("\n".join(lines)))


@pytest.mark.parametrize(
    "line",
    [
        "  Sort Method: a" + " " * 200_000 + "x",
        "  Sampling: a" + " (" * 100_000,
        "Settings: a = '" + "', b" * 50_000,
        "  Filter: '\n" * 50_000,
        "".join(f"  Worker {number}: actual rows=1 loops=1\n" for number in range(50_000)),
        "  Output: " + "(, " * 100_000,
        '  ->  Seq Scan on "' * 50_000 + "  (cost=0",
    ],
    ids=["blanks", "parentheses", "settings", "quotes", "workers", "list", "names"],
)
def test_a_hostile_line_costs_no_more_than_its_length(line):
    # Were any of these quadratic, the suite's own time limit would tell.
    document("Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n" + line)


@pytest.mark.parametrize(("major", "bound"), [(10, 11), (11, 13), (12, 13), (13, None)])
def test_old_words_tell_how_old_the_server_is_at_most(major, bound):
    told = {document(text).wording for text in texts(major)}
    assert min((wording for wording in told if wording), default=None) == (bound - 1 if bound else None)
    for text in texts(major):
        version = interpret(document(text)).engine.version or ""
        limits = [int(limit) for limit in re.findall(r"<(\d+)", version)]
        assert not limits or major < limits[0]
