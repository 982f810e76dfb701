"""What follows from answers that were given."""

from advisor.recommend.selection.facts import Facts, Told


def test_between_the_used_and_the_available_set_the_answer_is_the_same():
    facts = Facts()
    facts.learn(0b11111, Told(10.0, 0b00101))
    assert facts.known(0b00101) == Told(10.0, 0b00101)
    assert facts.known(0b01101) == Told(10.0, 0b00101)
    assert facts.known(0b00100) is None
    assert facts.known(0b100101) is None


def test_an_answer_that_was_asked_for_replaces_an_inferred_one():
    facts = Facts()
    facts.learn(0b111, Told(10.0, 0b001))
    assert facts.known(0b011) == Told(10.0, 0b001)
    facts.learn(0b011, Told(9.0, 0b010))
    assert facts.known(0b011) == Told(9.0, 0b010)


def test_a_set_that_cannot_be_planned_with_says_nothing_of_others():
    facts = Facts()
    facts.learn_nothing(0b111, Told(50.0, 0))
    assert facts.known(0b111) == Told(50.0, 0)
    assert facts.known(0b011) is None
    assert facts.plans() == {}


def test_the_floor_is_the_dearest_of_the_larger_sets():
    facts = Facts()
    facts.learn(0b111, Told(10.0, 0b001))
    facts.learn(0b110, Told(30.0, 0b010))
    assert facts.floor(0b100) == 30.0
    assert facts.floor(0b001) == 10.0
    assert facts.floor(0b1000) == 0.0


def test_forgetting_what_follows_loses_no_answer():
    facts = Facts()
    facts.learn(0b111, Told(10.0, 0b001))
    facts.known(0b011)
    facts.forget(0)
    assert facts.known(0b011) == Told(10.0, 0b001)
