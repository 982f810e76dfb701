"""Plans out of logs: every plan of the recorded shop is read, whatever auto_explain's format."""

from pathlib import Path

import pytest

import advisor
from advisor.api import digest
from advisor.model.engine import Engine
from advisor.model.shape import PlanSample
from advisor.plans.errors import PlanError
from advisor.plans.logged import read_logged

SHOP = Path(__file__).parents[2] / "fixtures" / "shop"


@pytest.mark.parametrize("log", ["postgresql/shop.log.gz", "mariadb/slow.log.gz"])
def test_every_logged_plan_of_the_shop_is_read(log):
    workload = digest(SHOP / log)
    plans = [
        (shape, read_logged(sample, shape.engine, shape.sql)) for shape in workload.shapes() for sample in shape.plans
    ]
    assert plans
    for shape, plan in plans:
        assert not plan.warnings, (shape.sql, plan.warnings)
        assert plan.query
        assert plan.engine.name == shape.engine.name


def test_variants_are_counted_over_the_whole_log():
    result = advisor.analyze(SHOP / "mariadb" / "slow.log.gz")
    shapes = [shape for shape in result.shapes if shape.plan_variants]
    assert len(shapes) > 20
    for shape in shapes:
        assert shape.plans == sum(variant.plans for variant in shape.plan_variants)
        assert shape.plans <= shape.calls
        assert all(variant.first_seen <= variant.last_seen for variant in shape.plan_variants)
    assert not result.notices


def test_a_plan_that_cannot_be_read_is_said(tmp_path):
    log = tmp_path / "postgresql.log"
    log.write_text(
        "2026-11-22 10:00:00.000 UTC [7] LOG:  duration: 900.000 ms  plan:\n"
        '\t{\n\t  "Query Text": "SELECT 1",\n\t  "Plan": 17\n\t}\n'
        "2026-11-22 10:00:01.000 UTC [7] LOG:  duration: 1.000 ms  statement: SELECT 2\n"
    )
    (notice,) = advisor.analyze(log).notices
    assert "1 logged plan could not be read" in notice


@pytest.mark.parametrize(("format_", "engine"), [("protobuf", "postgresql"), ("rows", "sqlite")])
def test_a_format_that_no_log_has_is_an_error(format_, engine):
    with pytest.raises(PlanError):
        read_logged(PlanSample("x", format_, 1, None), Engine(engine))
