from __future__ import annotations

import pytest

from advisor.plans.links.constants import array, literal, same
from advisor.plans.links.expression import expression


@pytest.mark.parametrize(
    ("query", "plan", "verdict"),
    [
        ("5", "'5'::numeric", True),
        ("10.50", "10.5", True),
        ("-5", "'-5'::integer", True),
        ("5", "6", False),
        ("'007'", "'7'::text", False),
        ("'2024-01-01'", "'2024-01-01 00:00:00'::timestamp without time zone", True),
        ("'2024-01-01'", "'2024-01-01 00:00:00+00'::timestamp with time zone", True),
        ("'2024-01-01T10:00:00Z'", "'2024-01-01 11:00:00+01'::timestamp with time zone", True),
        ("'2024-01-01'", "'2024-01-02'::date", False),
        ("'2024-01-01 12:00'", "'2024-01-01 14:00:00+02'::timestamp with time zone", None),
        ("""'{"a":1}'""", """'{"a": 1}'::jsonb""", True),
        ("""'{"a":1}'""", """'{"a": 2}'::jsonb""", False),
        ("'A0EE'", "'a0ee'::uuid", True),
        ("'x'", "'x       '::bpchar", True),
        ("'x'", "'y'::text", False),
        ("'new'", "'new'::status_t", True),
        ("'new'", "'paid'::status_t", False),
        ("'foo'", "'''foo'''::tsquery", None),
        ("'10.0.0.1/32'", "'10.0.0.1'::inet", None),
        ("$1", "$1", True),
        ("$1", "$2", False),
        ("$1", "5", None),
        ("null", "NULL::text", True),
        ("true", "'t'::boolean", True),
    ],
)
def test_constants_by_value(query: str, plan: str, verdict: bool | None) -> None:
    one, other = (literal(expression(text, "postgresql")) for text in (query, plan))
    assert one is not None
    assert other is not None
    assert same(one, other) is verdict
    assert same(other, one) is verdict


def test_elements_of_an_array() -> None:
    assert array("{1,2,NULL}") == ["1", "2", None]
    assert array('{"a,b","c\\"d",e}') == ["a,b", 'c"d', "e"]
    assert array("{}") == []
    assert array("{{1},{2}}") is None
    assert array('{"a') is None
