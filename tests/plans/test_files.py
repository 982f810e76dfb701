"""Files of plans as they lie around: packed, in UTF-16, in Latin-1, cut within a character."""

import gzip

import pytest

from advisor.model.errors import UserError
from advisor.plans.files import decoded, texts

PLAN = "Seq Scan on größe  (cost=0.00..1.00 rows=1 width=4)\n"


@pytest.mark.parametrize(
    "raw", [PLAN.encode(), b"\xef\xbb\xbf" + PLAN.encode(), PLAN.encode("utf-16"), PLAN.encode("latin-1")]
)
def test_encodings(raw):
    assert decoded(raw) == PLAN


def test_a_file_that_ends_within_a_character_stays_utf8():
    assert decoded("größe".encode()[:3]) == "gr\ufffd"


def test_packed_files_and_their_damage(tmp_path):
    whole, cut = tmp_path / "plan.txt.gz", tmp_path / "cut.txt.gz"
    whole.write_bytes(gzip.compress(PLAN.encode()))
    cut.write_bytes(gzip.compress(PLAN.encode() * 5000)[:-20])
    (first, second) = texts([str(whole), str(cut)])
    assert first == (str(whole), PLAN, None)
    assert second[1].startswith(PLAN)
    assert second[2] is not None


def test_what_is_no_file_of_plans(tmp_path):
    for source in (str(tmp_path / "nothing"), "postgresql://localhost/shop"):
        with pytest.raises(UserError):
            list(texts([source]))
