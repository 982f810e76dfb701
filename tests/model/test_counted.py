import pytest

from advisor.model.counted import counted


@pytest.mark.parametrize(
    ("count", "words", "said"),
    [
        (0, ("table",), "0 tables"),
        (1, ("table",), "1 table"),
        (1200, ("table",), "1,200 tables"),
        (2, ("index", "indexes"), "2 indexes"),
    ],
)
def test_numbers_agree_with_their_nouns(count, words, said):
    assert counted(count, *words) == said
