"""Pages that judge a long transaction come to an end: one that is left out would let its findings pass."""

from __future__ import annotations

from pathlib import Path

from advisor.api.check import CheckWishes, check


def test_many_rewrites_in_one_transaction(tmp_path: Path) -> None:
    many = 150
    file = tmp_path / "1.sql"
    file.write_text(
        "BEGIN;\n" + "".join(f"ALTER TABLE t{n} ALTER COLUMN x TYPE bigint;\n" for n in range(many)) + "COMMIT;"
    )
    wishes = CheckWishes(engine="postgresql", dry_run="never", alternatives=False)
    result = check([str(file)], wishes=wishes)
    assert not [line for line in result.notices if "left out" in line]
    assert len({one.location.line for one in result.findings if one.location is not None}) >= many
