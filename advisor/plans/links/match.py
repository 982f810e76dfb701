"""Which conjunct of the query a plan's condition is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from advisor.plans.links.equalities import Equalities, shape
from advisor.plans.links.form import Fit, Form, fit, similar
from advisor.plans.links.linked import Span
from advisor.plans.links.statement import Conjunct, KeyList, Statement


class Match(NamedTuple):
    """The conjunct, with the form of it that fits."""

    conjunct: Conjunct
    plan: Form
    query: Form


class Matcher:
    """The conjuncts of a query by skeleton."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._conjuncts: dict[str, list[tuple[Conjunct, Form]]] = {}
        self._shapes: dict[str, list[tuple[Conjunct, Form]]] = {}
        for conjunct in statement.conjuncts:
            for form in conjunct.forms:
                self._conjuncts.setdefault(form.skeleton, []).append((conjunct, form))
                self._shapes.setdefault(shape(form), []).append((conjunct, form))
        whole = [conjunct for conjunct in statement.conjuncts if not conjunct.arm]
        self._equalities = Equalities(form for conjunct in whole for form in conjunct.forms)

    def conjunct(self, forms: Iterable[Form], *, guessed: bool) -> Match | None:
        """The one conjunct that fits best; None when none does, or two do equally well.

        ``guessed``: which reference is meant is not certain, so the constants must tell.
        """
        best: dict[tuple[int, int], tuple[tuple[int, ...], Match]] = {}
        forms = list(forms)
        for form in forms:
            for conjunct, other in self._conjuncts.get(form.skeleton, ()):
                agreed = fit(form, other)
                if agreed is None or not _plausible(form, other, agreed, guessed):
                    continue
                score = _score(conjunct, form, other, agreed)
                place = conjunct.span.start, conjunct.span.end
                if place not in best or score > best[place][0]:
                    best[place] = score, Match(conjunct, form, other)
        if not best:
            return None
        ranked = sorted(best.values(), key=lambda pair: pair[0], reverse=True)
        if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
            return None
        if ranked[0][0][2] < 0 and self._rivals(forms, ranked[0][1].conjunct):
            return None
        return ranked[0][1]

    def _rivals(self, forms: Sequence[Form], chosen: Conjunct) -> bool:
        """Whether another conjunct differs in constants alone. Which of the two is meant, a constant must say then."""
        return any(
            conjunct.span != chosen.span and similar(form, other, self._equalities.one)
            for form in forms
            for conjunct, other in self._shapes.get(shape(form), ())
        )

    def derived(self, forms: Iterable[Form]) -> Match | None:
        """The one conjunct that says the same of a column which the query equates with the plan's."""
        found: dict[tuple[int, int], Match] = {}
        for form in forms:
            for conjunct, other in self._shapes.get(shape(form), ()):
                agreed = fit(form, other, self._equalities.one)
                if agreed is not None and agreed.equal and not agreed.open and not agreed.loose and not conjunct.arm:
                    found.setdefault((conjunct.span.start, conjunct.span.end), Match(conjunct, form, other))
        return next(iter(found.values())) if len(found) == 1 else None

    def keys(
        self, wanted: Sequence[Sequence[Form]], descending: Sequence[bool], kinds: Sequence[str]
    ) -> list[Span | None]:
        """The places of a plan's keys in the one list of the query that they are from, the fullest and likeliest."""
        best: list[tuple[tuple[int, int, int], list[Span | None]]] = []
        for keys in self.statement.keys:
            if keys.kind not in kinds:
                continue
            spans, turned = _aligned(wanted, descending, keys)
            hits = sum(span is not None for span in spans)
            if hits:
                best.append(((hits, -kinds.index(keys.kind), -turned), spans))
        best.sort(key=lambda entry: entry[0], reverse=True)
        if best and (len(best) == 1 or best[0][0] > best[1][0] or best[0][1] == best[1][1]):
            return best[0][1]
        return [None] * len(wanted)


def _plausible(plan: Form, query: Form, agreed: Fit, guessed: bool) -> bool:
    if (guessed or agreed.loose) and (agreed.equal == 0 or agreed.open):
        return False
    # A cast of a column is not lost on the way to the plan, so another cast is another condition; constants may show
    # that it is the same all the same.
    return not (query.casts > plan.casts and agreed.equal == 0)


def _score(conjunct: Conjunct, plan: Form, query: Form, agreed: Fit) -> tuple[int, ...]:
    return (not conjunct.arm, agreed.equal, -agreed.open, agreed.refs, -abs(plan.casts - query.casts))


def _aligned(
    wanted: Sequence[Sequence[Form]], descending: Sequence[bool], keys: KeyList
) -> tuple[list[Span | None], int]:
    """Each key's item in a list, and how many of them run the other way."""
    spans: list[Span | None] = []
    turned = 0
    for forms, down in zip(wanted, descending, strict=True):
        hits = [
            item
            for item in keys.items
            if any(
                one.skeleton == other.skeleton and fit(one, other) is not None for one in forms for other in item.forms
            )
        ]
        spans.append(hits[0].span if len(hits) == 1 else None)
        turned += len(hits) == 1 and keys.kind in ("order", "window") and hits[0].descending is not down
    return spans, turned
