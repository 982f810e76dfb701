"""A page to bend, and the facts of a small schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from advisor.facts import Facts
from advisor.facts.examples import facts_from_texts
from advisor.handbook import Handbook, load

PAGE = """---
id: TST001
title: "{table_name} is read whole"
severity: low
engines: [postgresql, mysql]
needs: [text, indexes]
references: [nobody]
---

# A table is read whole

## Why it hurts

It does.

## Detect

```sql
SELECT r.fingerprint, r.table_name, s.calls FROM table_ref AS r JOIN shape AS s USING (fingerprint)
WHERE r.table_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM predicate AS p WHERE p.ref_id = r.ref_id)
```

## Fix

Filter `{table_name}`, which was read {calls} times.

## Bad

```sql schema
CREATE TABLE t (id bigint PRIMARY KEY, a integer);
```
```sql query
SELECT a FROM t;
```

## Good

```sql query
SELECT a FROM t WHERE id = 1;
```
"""


@pytest.fixture
def page_with(tmp_path: Path) -> Callable[..., Handbook]:
    """Loads PAGE with texts replaced."""

    def write(*changes: tuple[str, str], name: str = "whole-table.md") -> Handbook:
        text = PAGE
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        return load([folder], builtin=False)

    return write


@pytest.fixture
def facts() -> Facts:
    schema = """
    CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, note text);
    """
    return facts_from_texts(
        schema,
        [
            "SELECT name FROM customers",
            "SELECT id FROM orders WHERE customer_id NOT IN (SELECT id FROM customers WHERE id > 5)",
        ],
    )
