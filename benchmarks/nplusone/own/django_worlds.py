"""Django programs that repeat."""

import random
from typing import Any

from benchmarks.nplusone.own.django_models import (
    Audit,
    Employee,
    Finding,
    Patient,
    Prescription,
    Recorder,
    Visit,
    dj,
    pages,
)
from benchmarks.nplusone.own.recorder import pause


def some_day() -> str:
    return f"2026-0{random.randint(1, 9)}-{random.randint(1, 28):02d}"


def to_one(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            with r.mark("F1.parent"):
                found = list(Visit.objects.using(alias).filter(day=some_day()).order_by("id")[:13])
            for visit in found:
                with r.mark("F1.child"):
                    _ = visit.patient.name
                pause()

        pages(r, alias, "/visits/", view, 9)

    return run


LAZY = Finding("F1", "n_plus_one", "select_related")
dj("dj_select_related_missing_client", "client", "positive", "to-one", LAZY, noise=True)(to_one("client"))
dj("dj_select_related_missing_server", "server", "positive", "to-one", LAZY)(to_one("server"))
dj("dj_select_related_missing_my", "my", "positive", "to-one", LAZY)(to_one("my"))


def nested(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            with r.mark("F1.parent"):
                found = list(
                    Patient.objects.using(alias).filter(born__gt=f"19{random.randint(50, 70)}-01-01").order_by("id")[:6]
                )
            for patient in found:
                with r.mark("F1.child", "F2.parent"):
                    visits = list(patient.visit_set.all())
                for visit in visits:
                    with r.mark("F2.child", "F3.parent"):
                        made = list(visit.prescription_set.all())
                    for one in made:
                        with r.mark("F3.child"):
                            _ = one.drug.name

        pages(r, alias, "/history/", view, 5, atomic=True)

    return run


DEEP = (Finding("F1", "n_plus_one", "prefetch_related"), Finding("F2", "n_plus_one_nested", "prefetch_related", parent_finding="F1"),
        Finding("F3", "n_plus_one_nested", "select_related", parent_finding="F2"))  # fmt: skip
dj("dj_three_levels_server", "server", "positive", "nested three levels", *DEEP)(nested("server"))
dj("dj_three_levels_my", "my", "positive", "nested three levels", *DEEP, noise=True)(nested("my"))


@dj(
    "dj_many_to_many",
    "my",
    "positive",
    "many to many per row",
    Finding("F1", "n_plus_one", "prefetch_related"),
    noise=True,
)
def many_to_many(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(Patient.objects.using("my").filter(doctor_id=random.randint(1, 60)).order_by("name")[:11])
        for patient in found:
            with r.mark("F1.child"):
                list(patient.allergies.all())
            pause(0.2, 0.8)

    pages(r, "my", "/allergies/", view, 10)


@dj("dj_serializer", "client", "positive", "several children", Finding("F1", "count_per_row", "annotate"), Finding("F2", "exists_per_row", "annotate"), Finding("F3", "latest_per_row", "Subquery"),
    Finding("F4", "n_plus_one", "select_related"))  # fmt: skip
def serializer(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent", "F2.parent", "F3.parent", "F4.parent"):
            found = list(Patient.objects.using("client").filter(id__gt=random.randint(1, 700)).order_by("id")[:10])
        for patient in found:
            with r.mark("F1.child"):
                patient.visit_set.count()
            with r.mark("F2.child"):
                patient.visit_set.filter(status="planned").exists()
            with r.mark("F3.child"):
                _ = patient.last_visit
            with r.mark("F4.child"):
                _ = patient.doctor.name

    pages(r, "client", "/api/patients/", view, 8)


@dj(
    "dj_property_slow_template",
    "my",
    "positive",
    "property, slow rendering",
    Finding("F1", "latest_per_row", "Subquery"),
)
def slow(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent"):
            found = list(Patient.objects.using("my").order_by("-born")[random.randint(0, 300) :][:8])
        for patient in found:
            pause(20, 55)
            with r.mark("F1.child"):
                _ = patient.last_visit

    pages(r, "my", "/overview/", view, 7, workers=2)


def save_loop(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            with r.mark("F1.parent", "F2.parent"):
                found = list(Employee.objects.using(alias).filter(manager_id=random.randint(1, 75)))
                found += list(Employee.objects.using(alias).filter(manager_id=random.randint(1, 75)))
            for employee in found:
                employee.salary += 10
                with r.mark("F1.child"):
                    employee.save()
                with r.mark("F2.child"):
                    Audit.objects.using(alias).create(actor_id=employee.id, action="raise")

        pages(r, alias, "/raise/", view, 9, atomic=True)

    return run


SAVE = (Finding("F1", "update_per_row", "bulk_update"), Finding("F2", "insert_per_row", "bulk_create"))
dj("dj_save_and_signal_server", "server", "positive", "save loop and a signal's insert", *SAVE, noise=True)(
    save_loop("server")
)
dj("dj_save_and_signal_my", "my", "positive", "save loop and a signal's insert", *SAVE)(save_loop("my"))


@dj("dj_create_loop", "client", "positive", "insert loop in tx", Finding("F1", "insert_per_row", "bulk_create"))
def create(r: Recorder) -> None:
    def view() -> None:
        visit = Visit.objects.using("client").create(
            patient_id=random.randint(1, 800), doctor_id=1, day=some_day(), status="done", fee=10
        )
        for drug in random.sample(range(1, 120), random.randint(7, 14)):
            with r.mark("F1.child"):
                Prescription.objects.using("client").create(visit=visit, drug_id=drug, dose="1 mg")

    pages(r, "client", "/prescribe/", view, 10, atomic=True)
