"""The words of each library for each kind of repetition."""

from __future__ import annotations

from typing import get_args

import pytest

from advisor.model.stream import Repetition, RepetitionKind
from advisor.rewrites.frameworks import Framework, words
from advisor.rewrites.frameworks.recognition import TITLES
from tests.rewrites.corpus import TO_AUTHOR, TO_BOOKS


def repetition(kind: RepetitionKind, link: object = TO_BOOKS) -> Repetition:
    return Repetition(
        kind=kind, engine="postgresql", child="c", parent="p", link=link, boundary="trace", tier="likely", score=5.0,  # type: ignore[arg-type]
        instances=1, repeats=10, n_median=10, n_p95=10, n_max=10, child_us=1000,
    )  # fmt: skip


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("kind", get_args(RepetitionKind))
def test_every_library_has_words_for_every_kind(name: str, kind: RepetitionKind) -> None:
    for link in (TO_AUTHOR, TO_BOOKS, None):
        text = words(Framework(name, "likely", "written so"), repetition(kind, link))
        assert text.endswith((".", "it"))
        assert "{relation" not in text
        assert "{Model" not in text
        assert "{key" not in text


@pytest.mark.parametrize(
    ("name", "kind", "link", "part"),
    [
        ("django", "n_plus_one", TO_AUTHOR, ".select_related('author')"),
        ("django", "n_plus_one", TO_BOOKS, ".prefetch_related('books')"),
        ("django", "count_per_row", TO_BOOKS, "Count('books')"),
        ("django", "exists_per_row", TO_BOOKS, "Exists(Book.objects.filter(author_id=OuterRef('pk')))"),
        ("django", "insert_per_row", TO_BOOKS, "bulk_create"),
        ("sqlalchemy", "n_plus_one", TO_AUTHOR, "joinedload(Parent.author)"),
        ("sqlalchemy", "n_plus_one", TO_BOOKS, "selectinload(Parent.books)"),
        ("sqlalchemy", "n_plus_one", TO_BOOKS, "raiseload"),
        ("rails", "n_plus_one", TO_BOOKS, ".includes(:books)"),
        ("rails", "count_per_row", TO_BOOKS, "counter_cache"),
        ("laravel", "count_per_row", TO_BOOKS, "withCount('books')"),
        ("laravel", "n_plus_one", TO_AUTHOR, "->with('author')"),
        ("hibernate", "n_plus_one", TO_AUTHOR, "JOIN FETCH p.author"),
        ("hibernate", "insert_per_row", TO_BOOKS, "IDENTITY"),
        ("prisma", "n_plus_one", TO_BOOKS, "include: { books: true }"),
        ("efcore", "n_plus_one", TO_AUTHOR, ".Include(p => p.Author)"),
        ("efcore", "count_per_row", TO_BOOKS, "new { p, Count = p.Books.Count() }"),
        ("gorm", "n_plus_one", TO_BOOKS, 'Preload("Books")'),
        ("ecto", "n_plus_one", TO_BOOKS, "preload: [:books]"),
        ("driver", "n_plus_one", TO_BOOKS, "= ANY(%s)"),
    ],
)
def test_words(name: str, kind: RepetitionKind, link: object, part: str) -> None:
    assert part in words(Framework(name, "likely", "written so"), repetition(kind, link))


def test_guesses_are_called_guesses() -> None:
    text = words(Framework("django", "possible", "may be: columns with their table"), repetition("n_plus_one"))
    assert "a guess" in text
    assert "The names are guesses; take your own for the relation to book." in text
    assert words(None, repetition("n_plus_one")).startswith("In any driver: ")


def test_a_list_with_details_has_nothing_to_batch() -> None:
    assert "nothing to batch" in words(Framework("django", "named", "tag"), repetition("list_then_detail"))
