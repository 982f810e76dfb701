"""What could not be judged does not pass a gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.api import reaches
from advisor.api.check import CheckWishes, check


@pytest.mark.parametrize(
    ("content", "passes"), [(b"SELECT 1;\n", True), (b"SELECT {{ who }};\n", False), (b"\x00\x01\x02" * 999, False)]
)
def test_a_file_that_cannot_be_read_does_not_pass(tmp_path: Path, content: bytes, passes: bool) -> None:
    (tmp_path / "1.sql").write_bytes(content)
    result = check(tmp_path / "1.sql", wishes=CheckWishes(engine="postgresql", dry_run="never"))
    assert bool(result.incomplete) is not passes
    assert reaches(result, "critical") is not passes
    assert not reaches(result, "never")
