"""Django pages that are fine."""

import datetime
import random
from typing import Any

from django.db.models import Avg, Count, F

from benchmarks.nplusone.held.django_models import (
    Attachment,
    Change,
    ContentType,
    Good,
    Group,
    Lesson,
    Mark,
    Notice,
    Permission,
    Pupil,
    Room,
    SchoolClass,
    Session,
    Teacher,
    User,
    dj,
    views,
)  # fmt: skip
from benchmarks.nplusone.own.recorder import Recorder


def sign_in(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            user = User.objects.using(alias).get(email=f"u{random.randint(1, 500)}@example.org")
            list(Group.objects.using(alias).filter(membership__user=user))
            list(
                Permission.objects.using(alias).filter(group__membership__user=user).values_list("codename", flat=True)
            )
            Session.objects.using(alias).create(
                session_key=f"d{random.getrandbits(60)}",
                user_id=user.pk,
                data="{}",
                expires=datetime.datetime(2027, 1, 1),
            )
            user.last_login = datetime.datetime(2026, 11, 22)
            user.save(update_fields=["last_login"])

        views(r, alias, "/login/", view, 28)

    return run


dj("dj_sign_in", "default", "negative", "sign-in: user, groups, permissions, session", noise=True)(sign_in("default"))
dj("dj_sign_in_my", "my", "negative", "sign-in: user, groups, permissions, session")(sign_in("my"))


def prefetched(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            found = (
                SchoolClass.objects.using(alias)
                .select_related("tutor")
                .prefetch_related("lessons__room", "lessons__teacher")
                .annotate(n=Count("pupils"))
            )
            for one in found.order_by("id")[(n := random.randint(0, 30)) : n + 6]:
                _ = [(lesson.room.code, lesson.teacher.surname) for lesson in one.lessons.all()]

        views(r, alias, "/classes/full/", view, 14)

    return run


dj("dj_prefetch_nested", "bound", "negative", "select and prefetch related, nested", noise=True)(prefetched("bound"))
dj("dj_prefetch_nested_my", "my", "negative", "select and prefetch related, nested")(prefetched("my"))


def detail(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            session = Session.objects.using(alias).get(pk=f"key{random.randint(1, 500)}")
            user = User.objects.using(alias).get(pk=session.user_id)
            pupil = Pupil.objects.using(alias).get(pk=random.randint(1, 800))
            _ = pupil.school_class.title
            pupil.marks.aggregate(mean=Avg("score"))
            Notice.objects.using(alias).filter(user_id=user.pk, unread=True).count()

        views(r, alias, "/pupils/<id>/", view, 32, atomic=alias == "bound")

    return run


dj("dj_pupil_detail", "bound", "negative", "detail page with a session", noise=True)(detail("bound"))
dj("dj_pupil_detail_my", "my", "negative", "detail page with a session")(detail("my"))


@dj("dj_bulk_paths", "default", "negative", "bulk_update, bulk_create, one UPDATE with F", noise=True)
def bulk(r: Recorder) -> None:
    def view() -> None:
        found = list(Lesson.objects.filter(school_class=random.randint(1, 36))[:10])
        for lesson in found:
            lesson.slot = (lesson.slot + 1) % 8
        Lesson.objects.bulk_update(found, ["slot"])
        Change.objects.bulk_create([Change(what="moved", object_id=lesson.pk) for lesson in found])
        Good.objects.filter(category=f"cat{random.randint(0, 13)}").update(price=F("price") + 1)

    views(r, "default", "/bulk/", view, 12, atomic=True, workers=1)


@dj("dj_generic_prefetch", "default", "negative", "generic foreign keys prefetched")
def generic(r: Recorder) -> None:
    def view() -> None:
        for one in Attachment.objects.prefetch_related("subject").order_by("file")[
            (n := random.randint(0, 850)) : n + 15
        ]:
            _ = one.subject

    for key in (1, 2, 3):
        ContentType.objects.get_for_id(key)
    views(r, "default", "/attachments/", view, 14)


@dj("dj_edit_one", "bound", "negative", "one form: read, choices, save, log", noise=True)
def edit(r: Recorder) -> None:
    def view() -> None:
        lesson = Lesson.objects.using("bound").select_for_update().get(pk=random.randint(1, 1100))
        list(Room.objects.using("bound").order_by("code"))
        list(Teacher.objects.using("bound").order_by("surname"))
        lesson.slot = random.randint(0, 7)
        lesson.save()
        lesson.refresh_from_db()
        Change.objects.using("bound").create(what="lesson", object_id=lesson.pk)

    views(r, "bound", "/lessons/<id>/edit/", view, 20, atomic=True)


@dj("dj_pages_with_count", "my", "negative", "paginator: count, then a page", noise=True)
def paginated(r: Recorder) -> None:
    def view() -> None:
        marks = Mark.objects.using("my").filter(score__gt=2)
        marks.count()
        list(marks.select_related("pupil").order_by("-id")[(n := 20 * random.randint(0, 90)) : n + 20])

    views(r, "my", "/marks/", view, 24)
