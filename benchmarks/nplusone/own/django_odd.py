"""Django loops in less usual forms: cascades, get_or_create, defeated prefetches, deferred columns, cursors."""

import random
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from benchmarks.nplusone.own.django_models import (
    Employee,
    Finding,
    Patient,
    Recorder,
    StockLevel,
    Visit,
    Ward,
    dj,
    pages,
)
from benchmarks.nplusone.own.django_worlds import some_day
from benchmarks.nplusone.own.recorder import pause


@dj(
    "dj_delete_loop",
    "server",
    "positive",
    "delete loop, cascade",
    Finding("F1", "delete_per_row", "queryset delete"),
    noise=True,
    note="each delete is its own transaction; Django deletes the prescriptions first",
)
def delete(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(Visit.objects.using("server").filter(status="missed", day__gt=some_day())[:9])
        for visit in found:
            with r.mark("F1.child"):
                visit.delete()

    pages(r, "server", "/cleanup/", view, 5, workers=1)


def get_or_create(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            base = random.randint(200, 99999)
            for n in range(13):
                with r.mark("F1.child"):
                    StockLevel.objects.using(alias).get_or_create(
                        name=f"bin{n + 1 if n % 2 else base + n}", defaults={"level": 3}
                    )
                pause(0.1, 0.5)

        pages(r, alias, "/import/", view, 5, workers=1)

    return run


CREATE = Finding("F1", "get_or_create", "bulk_create(ignore_conflicts=True)")
dj("dj_get_or_create_client", "client", "positive", "get or create", CREATE)(get_or_create("client"))
dj("dj_get_or_create_my", "my", "positive", "get or create", CREATE, noise=True)(get_or_create("my"))


@dj(
    "dj_prefetch_defeated",
    "client",
    "positive",
    "filter after prefetch",
    Finding("F1", "n_plus_one", "Prefetch(queryset=...)"),
    noise=True,
    note="the prefetch is done and then not used",
)
def defeated(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(
                Patient.objects.using("client").filter(doctor_id=random.randint(1, 60)).prefetch_related("visit_set")
            )
        for patient in found[:12]:
            with r.mark("F1.child"):
                list(patient.visit_set.filter(status="done"))

    pages(r, "client", "/done/", view, 9)


@dj(
    "dj_deferred_field",
    "server",
    "positive",
    "deferred column read per row",
    Finding("F1", "n_plus_one", "remove only()"),
)
def deferred(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(
                Visit.objects.using("server").only("id", "day").filter(patient_id__in=random.sample(range(1, 800), 3))
            )
        for visit in found:
            with r.mark("F1.child"):
                _ = visit.fee
            pause(0.1, 0.5)

    pages(r, "server", "/fees/", view, 9)


@dj(
    "dj_iterator_cursor",
    "client",
    "positive",
    "server cursor in chunks",
    Finding("F1", "n_plus_one", "prefetch with iterator"),
    note="the parent is a DECLARE and FETCHes",
)
def iterator(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = Visit.objects.using("client").filter(id__lt=150).iterator(chunk_size=40)
            first = next(found)
        for visit in (first, *found):
            with r.mark("F1.child"):
                _ = visit.patient.name

    pages(r, "client", "job:export", view, 2, atomic=True, workers=1)


@dj("dj_self_reference", "my", "positive", "to-one on the same table", Finding("F1", "n_plus_one", "select_related"))
def manager(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(
                Employee.objects.using("my").filter(salary__gt=random.randint(1010, 1300)).order_by("salary")[:12]
            )
        for employee in found:
            with r.mark("F1.child"):
                _ = employee.manager.name

    pages(r, "my", "/staff/", view, 9, atomic=True)


@dj(
    "dj_prefetch_per_instance",
    "client",
    "positive",
    "one-element IN per row",
    Finding("F1", "n_plus_one", "prefetch on the queryset"),
)
def per_instance(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(Patient.objects.using("client").filter(doctor_id=random.randint(1, 60))[:10])
        for patient in found:
            with r.mark("F1.child"):
                prefetch_related_objects([patient], "visit_set")
            pause(0.1, 0.6)

    pages(r, "client", "/feed/", view, 9)


@dj(
    "dj_refresh_from_db",
    "server",
    "positive",
    "refresh_from_db per row",
    Finding("F1", "n_plus_one", "do not refresh", optional=True),
    noise=True,
    note="the same rows are read again; debatable",
)
def refresh(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(StockLevel.objects.using("server").filter(id__gt=random.randint(1, 35)).order_by("id")[:12])
        for level in found:
            with r.mark("F1.child"):
                level.refresh_from_db()

    pages(r, "server", "/stock/", view, 8)


@dj(
    "dj_nested_savepoints",
    "client",
    "positive",
    "update loop under savepoints",
    Finding("F1", "update_per_row", "one UPDATE"),
)
def savepoints(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            wards = list(Ward.objects.using("client").all())
        for ward in wards:
            with transaction.atomic(using="client"), r.mark("F1.child"):
                Ward.objects.using("client").filter(id=ward.id).update(floor=random.randint(0, 4))

    pages(r, "client", "/wards/", view, 12, atomic=True)
