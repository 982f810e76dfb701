"""Which indexes exist after so many statements."""

from __future__ import annotations

from advisor.dryrun.regressions.steps import Course, Step
from advisor.model.planning import Configuration


def made(position, name, on="t (a)"):
    return Step(position, f"{name}#{position}", f"public.{name}", "t", f"CREATE INDEX {name} ON {on}")


def dropped(position, name, key=None):
    return Step(position, key or name, f"public.{name}", "t", None)


def test_of_what_was_there_and_what_is_new():
    course = Course((dropped(0, "old"), made(1, "new"), made(2, "more")))
    assert course.until(0)[0] == Configuration(hide=("public.old",))
    assert course.until(1)[0] == Configuration(("CREATE INDEX new ON t (a)",), ("public.old",))
    configuration, added = course.until()
    assert configuration.add == ("CREATE INDEX new ON t (a)", "CREATE INDEX more ON t (a)")
    assert [one.name for one in added] == ["public.new", "public.more"]
    assert course.until(without=0)[0].hide == ()
    assert course.positions == [0, 1, 2]
    assert course.about(["public.old"]) == [0]


def test_an_index_of_the_run_leaves_nothing_to_hide():
    course = Course((made(0, "x"), dropped(1, "x", "x#0"), made(2, "x", "t (b)")))
    assert course.until(1)[0] == Configuration()
    assert course.until()[0] == Configuration(("CREATE INDEX x ON t (b)",))
    assert course.until(without=0)[0] == Configuration(("CREATE INDEX x ON t (b)",))


def test_one_that_is_made_again_under_its_name():
    course = Course((dropped(0, "x"), made(1, "x", "t (b)")))
    assert course.until()[0] == Configuration(("CREATE INDEX x ON t (b)",), ("public.x",))
