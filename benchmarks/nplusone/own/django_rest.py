"""Django programs that do it well, and traffic that only looks repetitive."""

import datetime
import random
from typing import Any

from django.core.paginator import Paginator
from django.db import connections
from django.db.models import Count, Sum

from benchmarks.nplusone.own.django_models import (
    Audit,
    Doctor,
    Heard,
    Member,
    Patient,
    Recorder,
    StockLevel,
    Visit,
    WebSession,
    dj,
    pages,
)
from benchmarks.nplusone.own.recorder import pause, serve


def detail(alias: str, atomic: bool) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            session = WebSession.objects.using(alias).get(token=f"tok{random.randint(1, 500)}")
            _ = session.member.login
            patient = Patient.objects.using(alias).get(pk=random.randint(1, 800))
            _ = patient.doctor.name
            list(patient.visit_set.order_by("-day")[:20])

        pages(r, alias, "/patients/<pk>/", view, 60, atomic)

    return run


dj("dj_detail_atomic_server", "server", "negative", "detail endpoint, atomic requests", noise=True)(
    detail("server", True)
)
dj("dj_detail_client", "client", "negative", "detail endpoint, autocommit")(detail("client", False))
dj("dj_detail_my", "my", "negative", "detail endpoint, autocommit", noise=True)(detail("my", False))


def prefetch(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            found = (
                Patient.objects.using(alias)
                .select_related("doctor__ward")
                .prefetch_related("visit_set__prescription_set__drug", "allergies")
            )
            list(found.filter(id__gt=random.randint(1, 700)).order_by("id")[:15])

        pages(r, alias, "/history/", view, 30)

    return run


dj("dj_prefetch_client", "client", "negative", "prefetch_related", noise=True)(prefetch("client"))
dj("dj_prefetch_my", "my", "negative", "prefetch_related")(prefetch("my"))


@dj("dj_admin_changelist", "client", "negative", "admin list, then one form at a time", noise=True)
def admin(r: Recorder) -> None:
    def view() -> None:
        found = Visit.objects.using("client").select_related("patient").order_by("-id")
        pager = Paginator(found, 25)
        number = random.randint(1, 20)
        page = list(pager.page(number).object_list)
        for visit in random.sample(page, 2):
            pause(30, 120)
            with r.request("/admin/visit/<pk>/change/"):
                one = Visit.objects.using("client").select_related("patient").get(pk=visit.pk)
                list(Doctor.objects.using("client").order_by("name"))
                one.fee = 11
                one.save()
                Audit.objects.using("client").create(actor_id=1, action="change")

    pages(r, "client", "/admin/visit/", view, 16)


@dj("dj_bulk_create", "server", "negative", "bulk insert in batches")
def bulk(r: Recorder) -> None:
    def view() -> None:
        Audit.objects.using("server").bulk_create([Audit(actor_id=n, action="load") for n in range(100)], batch_size=25)

    pages(r, "server", "job:load", view, 12, atomic=True)


def touch(alias: str, atomic: bool) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            Member.objects.using(alias).filter(pk=random.randint(1, 500)).update(
                last_seen=datetime.datetime(2026, 11, 22)
            )

        pages(r, alias, "/ping/", view, 150, atomic, between=(1, 7))

    return run


dj("dj_last_seen_atomic", "client", "negative", "one write per request, tx", noise=True)(touch("client", True))
dj("dj_last_seen_my", "my", "negative", "one write per request")(touch("my", False))


@dj("dj_dashboard", "client", "negative", "different aggregates, one each")
def dashboard(r: Recorder) -> None:
    def view() -> None:
        doctor = 5 * random.randint(0, 11) + 1
        visits = Visit.objects.using("client").filter(doctor_id=doctor)
        visits.count()
        visits.filter(status="planned").count()
        visits.aggregate(Sum("fee"))
        list(visits.values("status").annotate(n=Count("id")))
        Doctor.objects.using("client").get(pk=doctor)

    pages(r, "client", "/dashboard/", view, 45)


@dj("dj_get_or_create_once", "server", "negative", "get or create, one per request", noise=True)
def once(r: Recorder) -> None:
    def view() -> None:
        StockLevel.objects.using("server").get_or_create(name=f"slot{random.randint(1, 90)}", defaults={"level": 1})

    pages(r, "server", "/slot/", view, 80)


@dj("dj_in_bulk_chunks", "my", "negative", "in_bulk by chunks")
def in_bulk(r: Recorder) -> None:
    def view() -> None:
        keys = list(Visit.objects.using("my").filter(status="planned").values_list("patient_id", flat=True)[:120])
        for start in range(0, len(keys), 30):
            Patient.objects.using("my").in_bulk(keys[start : start + 30])

    pages(r, "my", "job:letters", view, 14, atomic=True)


def browse(alias: str) -> Any:
    def run(r: Recorder) -> None:
        """The list and every detail page is its own request on whichever worker is free."""

        def one(route: str, view: Any) -> Any:
            with r.request(route), connections[alias].execute_wrapper(Heard(r)):
                return view()

        def user() -> None:
            found = one(
                "/doctors/<pk>/",
                lambda: list(
                    Patient.objects.using(alias).filter(doctor_id=random.randint(1, 60)).order_by("name")[:20]
                ),
            )
            for patient in random.sample(found, min(3, len(found))):
                pause(40, 160)
                one(
                    "/patients/<pk>/",
                    lambda key=patient.pk: [
                        Patient.objects.using(alias).get(pk=key),
                        list(Visit.objects.using(alias).filter(patient_id=key).order_by("-day")[:10]),
                    ],
                )

        serve([user] * 26, 4)

    return run


dj("dj_browse_server", "server", "negative", "list then detail")(browse("server"))
dj("dj_browse_my", "my", "negative", "list then detail", noise=True)(browse("my"))


@dj("dj_checkin_transaction", "my", "negative", "one of each write per request, tx", noise=True)
def checkin(r: Recorder) -> None:
    def view() -> None:
        visit = Visit.objects.using("my").select_for_update().get(pk=random.randint(1, 4000))
        visit.status = "done"
        visit.save(update_fields=["status"])
        Audit.objects.using("my").create(actor_id=visit.patient_id, action="check-in")

    pages(r, "my", "/check-in/", view, 50, atomic=True)
