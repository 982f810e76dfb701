"""Django writes that repeat: signals, save and delete per object, locks, get_or_create, refresh."""

import random
from typing import Any

from django.db import transaction
from django.db.models.signals import post_save

from benchmarks.nplusone.held.django_models import Change, Good, Lesson, Mark, Notice, Pupil, dj, views
from benchmarks.nplusone.own.recorder import Finding, Recorder


def signalled(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def log(sender: Any, instance: Any, using: str, **rest: Any) -> None:
            with r.mark("F2.child"):
                Change.objects.using(using).create(what="mark saved", object_id=instance.pk)

        def view() -> None:
            with r.mark("F1.parent", "F2.parent"):
                found = list(
                    Mark.objects.using(alias).filter(lesson_id__in=range((n := random.randint(1, 1080)), n + 2))
                )
            for mark in found:
                mark.score = min(6, mark.score + 1)
                with r.mark("F1.child"):
                    mark.save(update_fields=["score"])

        post_save.connect(log, sender=Mark, weak=False, dispatch_uid=f"log-{alias}")
        try:
            views(r, alias, "/marks/raise/", view, 9, atomic=True, workers=1)
        finally:
            post_save.disconnect(sender=Mark, dispatch_uid=f"log-{alias}")

    return run


SIGNAL = (Finding("F1", "update_per_row", "bulk_update"), Finding("F2", "insert_per_row", "bulk_create"))
# A child's statement must play one role only: the mark of the signal replaces that of the save.
dj("dj_signal_per_save", "default", "positive", "a signal for each save", *SIGNAL, noise=True)(signalled("default"))
dj("dj_signal_per_save_my", "my", "positive", "a signal for each save", *SIGNAL)(signalled("my"))


@dj(
    "dj_lock_each",
    "bound",
    "positive",
    "select_for_update per object",
    Finding("F1", "lock_per_row"),
    Finding("F2", "update_per_row"),
    noise=True,
)
def lock_each(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent", "F2.parent"):
            keys = list(
                Good.objects.using("bound")
                .filter(category=f"cat{random.randint(0, 13)}")
                .order_by("sku")
                .values_list("pk", flat=True)[:11]
            )
        for sku in keys:
            with r.mark("F1.child"):
                good = Good.objects.using("bound").select_for_update().get(pk=sku)
            good.price += 1
            with r.mark("F2.child"):
                good.save()

    views(r, "bound", "/goods/raise/", view, 7, atomic=True, workers=1)


@dj("dj_lock_each_commit", "default", "positive", "a transaction per object", Finding("F1", "lock_per_row"), Finding("F2", "update_per_row"),
    note="the list is read before the first transaction")  # fmt: skip
def lock_commit(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent", "F2.parent"):
            keys = list(Pupil.objects.filter(school_class=random.randint(1, 36)).values_list("pk", flat=True)[:10])
        for key in keys:
            with transaction.atomic():
                with r.mark("F1.child"):
                    pupil = Pupil.objects.select_for_update().get(pk=key)
                pupil.name = pupil.name.swapcase()
                with r.mark("F2.child"):
                    pupil.save(update_fields=["name"])

    views(r, "default", "/pupils/promote/", view, 7, workers=2)


def importer(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            for n in random.sample(range(1, 900), 12):
                with r.mark("F1.child"):
                    Good.objects.using(alias).get_or_create(
                        sku=f"SKU-{n}", defaults={"title": f"good {n}", "price": 9, "category": "cat1"}
                    )

        views(r, alias, "/import/", view, 6, workers=1)

    return run


dj(
    "dj_get_or_create_import",
    "default",
    "positive",
    "get_or_create in an import",
    Finding("F1", "get_or_create", "bulk_create"),
)(importer("default"))
dj(
    "dj_get_or_create_import_my",
    "my",
    "positive",
    "get_or_create in an import",
    Finding("F1", "get_or_create", "bulk_create"),
    noise=True,
)(importer("my"))


@dj("dj_delete_each", "bound", "positive", "delete per object", Finding("F1", "delete_per_row", "QuerySet.delete"))
def delete_each(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(Notice.objects.using("bound").filter(user_id=random.randint(1, 500)))
            found += list(Notice.objects.using("bound").filter(user_id=random.randint(1, 500)))
        for notice in found:
            with r.mark("F1.child"):
                notice.delete()

    views(r, "bound", "/notices/clear/", view, 12, workers=1)


@dj("dj_refresh_each", "default", "positive", "refresh_from_db per object", Finding("F1", "n_plus_one", "drop it", optional=True), Finding("F2", "update_per_row"),
    noise=True)  # fmt: skip
def refresh_each(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent", "F2.parent"):
            found = list(Lesson.objects.filter(school_class=random.randint(1, 36)).order_by("id")[:9])
        for lesson in found:
            with r.mark("F2.child"):
                Lesson.objects.filter(pk=lesson.pk).update(slot=(lesson.slot + 1) % 8)
            with r.mark("F1.child"):
                lesson.refresh_from_db()

    views(r, "default", "/lessons/shift/", view, 7, atomic=True, workers=1)
