"""Regular expressions that Python 3.11.0 to 3.11.4 would match wrongly (CPython issue 106052) are not used."""

import re
from pathlib import Path

ADVISOR = Path(__file__).parents[1] / "advisor"


def test_no_group_is_repeated_possessively() -> None:
    possessive = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+")
    found = [
        f"{path.relative_to(ADVISOR)}:{number}"
        for path in sorted(ADVISOR.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if possessive.search(line)
    ]
    assert not found, "write (?>(?:...)*) for (?:...)*+"
