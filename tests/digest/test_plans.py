"""Forms of plans: told apart by structure, counted exactly in any order, bounded."""

import random

from hypothesis import given
from hypothesis import strategies as st

from advisor.digest.digest import Digest
from advisor.digest.file import decode
from advisor.digest.planform import plan_form
from advisor.model.incident import Incident
from advisor.model.limits import LIMITS

from .events import batch

SQL = "SELECT * FROM orders WHERE status = 'open'"
SCAN = "Seq Scan on orders  (cost=0.00..{0}.00 rows={0} width=8) (actual time=0.1..{0} rows={0} loops=1)\n  Filter: (status = 'open')"
INDEX = "Index Scan using orders_status on orders  (cost=0.00..{0}.00 rows={0} width=8)\n  Index Cond: (status = 'x')"
JSON = '{{"Plan": {{"Node Type": "{0}", "Relation Name": "orders", "Total Cost": {1}}}}}'


def plan(text, duration=1000, time_us=10, format_="text"):
    return Incident("plan", time_us, 1, 1, sql=SQL, detail=text, duration_us=duration, code=format_)


def test_figures_and_partitions_do_not_make_another_form():
    assert plan_form(SCAN.format(1), "text") == plan_form(SCAN.format(77), "text")
    assert plan_form(SCAN.format(1), "text") != plan_form(INDEX.format(1), "text")
    assert plan_form(SCAN.format(1).replace("orders", "orders_01"), "text") == plan_form(
        SCAN.format(1).replace("orders", "orders_22"), "text"
    )
    assert plan_form(JSON.format("Seq Scan", 1), "json") == plan_form(JSON.format("Seq Scan", 2), "json")
    assert plan_form(JSON.format("Seq Scan", 1), "json") != plan_form(JSON.format("Index Scan", 1), "json")


def test_formats_see_the_same_things():
    yaml = '- Plan: \n    Node Type: "{}"\n    Relation Name: "orders"\n    Total Cost: 1'
    xml = "<Plan><Node-Type>{}</Node-Type><Relation-Name>orders</Relation-Name></Plan>"
    rows = "id\tselect_type\ttable\ttype\tpossible_keys\tkey\n1\tSIMPLE\torders\t{}\tNULL\tNULL"
    for text, format_ in ((yaml, "yaml"), (xml, "xml"), (rows, "rows")):
        assert plan_form(text.format("A"), format_) != plan_form(text.format("B"), format_)


def test_a_flip_is_counted_with_its_times():
    digest = Digest()
    events = [plan(SCAN.format(n), 900_000 + n, n) for n in range(1, 6)]
    events += [plan(INDEX.format(n), 1_000 + n, 100 + n) for n in range(1, 4)]
    digest.add(batch([], incidents=events))
    (shape,) = digest.shapes()
    scan, index = shape.plans
    assert (scan.plans, scan.duration_us, scan.first_us, scan.last_us) == (5, 900_005, 1, 5)
    assert scan.total_us == sum(900_000 + n for n in range(1, 6))
    assert (index.plans, index.first_us, index.last_us) == (3, 101, 103)
    assert "Index Scan" in index.text


@given(st.permutations(range(30)), st.integers(1, 29))
def test_any_order_and_grouping_gives_the_same(order, cut):
    def make(numbers):
        digest = Digest()
        texts = [JSON.format("abcdefghijkl"[n % 12], n) for n in numbers]
        digest.add(batch([], incidents=[plan(t, n * 10, n + 1, "json") for n, t in zip(numbers, texts, strict=True)]))
        return digest

    whole, first = make(range(30)), make(order[:cut])
    first.merge(make(order[cut:]))
    assert first.shapes()[0].plans == whole.shapes()[0].plans
    assert first.plans.bytes == whole.plans.bytes
    assert decode(first.to_bytes(), "digest", 100).shapes()[0].plans == whole.shapes()[0].plans


def test_forms_are_bounded_and_the_slowest_plan_stays():
    digest = Digest()
    numbers = list(range(100))
    random.Random(1).shuffle(numbers)
    letters = [chr(97 + n // 26) + chr(97 + n % 26) for n in numbers]
    texts = [JSON.format(name, 1) for name in letters]
    digest.add(batch([], incidents=[plan(t, n, n + 1, "json") for n, t in zip(numbers, texts, strict=True)]))
    (shape,) = digest.shapes()
    assert len(shape.plans) <= LIMITS.plan_forms + 1
    assert shape.plans[0].duration_us == 99
    assert digest.plans.bytes == sum(
        len(form.slowest.text) for form in digest.plans.forms[0].values() if form.slowest
    ) + len(digest.plans.slowest[0].text)
