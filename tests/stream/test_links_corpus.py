"""Links of parents and children as ORMs print them."""

from __future__ import annotations

import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.graphs import build
from advisor.model.stream import KeyLink
from advisor.stream.links import Links
from tests.stream.links_corpus import CASES, Case


def link(case: Case) -> KeyLink | None:
    """The link that is found for a pair."""
    catalogs = [read_ddl(case.schema, "schema.sql", case.engine)] if case.schema is not None else []
    graphs = {"p" * 16: build(case.parent, case.engine, catalogs), "c" * 16: build(case.child, case.engine, catalogs)}
    return Links(graphs, catalogs).of("p" * 16, "c" * 16)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_link_of_a_pair(case: Case) -> None:
    found = link(case)
    if case.expected is None:
        assert found is None
        return
    assert found is not None
    assert (found.kind, found.parent_column, found.child_column) == case.expected
    assert {name: getattr(found, name) for name in case.more} == dict(case.more)
