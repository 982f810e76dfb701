"""Django reads that repeat: templates, forms, nested serializers, generic keys, prefetch undone, admin callables."""

import random
from typing import Any

from django import forms
from django.db.models import Prefetch
from django.template import Context, Template
from rest_framework import serializers

from benchmarks.nplusone.held.django_models import (
    Attachment,
    ContentType,
    Lesson,
    Pupil,
    Room,
    SchoolClass,
    Teacher,
    dj,
    views,
)
from benchmarks.nplusone.own.recorder import Finding, Recorder, pause


def templated(alias: str) -> Any:
    def run(r: Recorder) -> None:
        page = Template("{% for c in classes %}<li>{{ c.title }} ({{ c.pupils.count }})</li>{% endfor %}")

        def view() -> None:
            with r.mark("F1.parent"):
                found = list(SchoolClass.objects.using(alias).order_by("title")[(n := random.randint(0, 24)) : n + 11])
            with r.mark("F1.child"):
                page.render(Context({"classes": found}))

        views(r, alias, "/classes/", view, 9)

    return run


dj(
    "dj_template_count",
    "default",
    "positive",
    "count in a template",
    Finding("F1", "count_per_row", "annotate"),
    noise=True,
)(templated("default"))
dj("dj_template_count_my", "my", "positive", "count in a template", Finding("F1", "count_per_row", "annotate"))(
    templated("my")
)


def formset(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            found = list(
                Lesson.objects.using(alias)
                .filter(weekday=random.randint(0, 4), slot=random.randint(0, 7))
                .order_by("id")[:9]
            )

            class LessonForm(forms.Form):
                room = forms.ModelChoiceField(Room.objects.using(alias).filter(places__gt=24).order_by("code"))

            for lesson in found:
                with r.mark("F1.child"):
                    LessonForm(initial={"room": lesson.room_id}).as_p()
                pause()

        views(r, alias, "/timetable/edit/", view, 9)

    return run


dj(
    "dj_choice_field_per_row",
    "pooler",
    "positive",
    "the choices of a select for each row",
    Finding("F1", "redundant", "share the choices"),
    noise=True,
)(formset("pooler"))
dj(
    "dj_choice_field_per_row_my",
    "my",
    "positive",
    "the choices of a select for each row",
    Finding("F1", "redundant", "share the choices"),
)(formset("my"))


@dj("dj_nested_serializers", "default", "positive", "nested serializers", Finding("F1", "n_plus_one"), Finding("F2", "n_plus_one", parent_finding="F1"),
    Finding("F3", "n_plus_one"))  # fmt: skip
def serialized(r: Recorder) -> None:
    class TeacherOut(serializers.Serializer):
        surname = serializers.CharField()

    class LessonOut(serializers.Serializer):
        weekday = serializers.IntegerField()
        room = serializers.SerializerMethodField()

        def get_room(self, lesson: Lesson) -> str:
            with r.mark("F2.child"):
                return lesson.room.code

    class ClassOut(serializers.Serializer):
        title = serializers.CharField()
        tutor = serializers.SerializerMethodField()
        lessons = serializers.SerializerMethodField()

        def get_tutor(self, one: SchoolClass) -> Any:
            with r.mark("F3.child"):
                return TeacherOut(one.tutor).data

        def get_lessons(self, one: SchoolClass) -> Any:
            with r.mark("F1.child", "F2.parent"):
                found = list(one.lessons.filter(weekday=2).order_by("slot")[:5])
            return LessonOut(found, many=True).data

    def view() -> None:
        with r.mark("F1.parent", "F3.parent"):
            found = list(SchoolClass.objects.filter(id__gt=random.randint(0, 28)).order_by("id")[:6])
        _ = ClassOut(found, many=True).data

    views(r, "default", "/api/classes/", view, 7)


@dj("dj_generic_foreign_key", "bound", "positive", "generic foreign key per row", Finding("F1", "n_plus_one", "prefetch_related"),
    Finding("F2", "n_plus_one", "prefetch_related"), noise=True, note="one shape per content type, lessons, pupils and rooms; and the type itself per row")  # fmt: skip
def generic(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent", "F2.parent"):
            found = list(Attachment.objects.using("bound").order_by("file")[(n := random.randint(0, 850)) : n + 15])
        for one in found:
            with r.mark("F2.child"):
                _ = one.content_type
            with r.mark("F1.child"):
                _ = one.subject
            pause()

    for key in (1, 2, 3):
        ContentType.objects.db_manager("bound").get_for_id(key)
    views(r, "bound", "/attachments/", view, 9)


def undone(alias: str) -> Any:
    def run(r: Recorder) -> None:
        def view() -> None:
            with r.mark("F1.parent"):
                found = list(Teacher.objects.using(alias).prefetch_related(Prefetch("lessons", Lesson.objects.using(alias).filter(weekday=1), to_attr="mondays"))
                             .order_by("surname")[(n := random.randint(0, 38)) : n + 10])  # fmt: skip
            for teacher in found:
                with r.mark("F1.child"):
                    _ = teacher.lessons.order_by("-slot").values_list("slot", flat=True).first()

        views(r, alias, "/teachers/", view, 9, atomic=alias == "default")

    return run


dj("dj_prefetch_undone", "default", "positive", "prefetched, then ordered anew", Finding("F1", "n_plus_one"))(
    undone("default")
)
dj("dj_prefetch_undone_my", "my", "positive", "prefetched, then ordered anew", Finding("F1", "n_plus_one"), noise=True)(
    undone("my")
)


@dj("dj_admin_callables", "default", "positive", "admin list with callables", Finding("F1", "aggregate_per_row", "annotate"), Finding("F2", "n_plus_one", "list_select_related"),
    noise=True)  # fmt: skip
def admin(r: Recorder) -> None:
    from django.db.models import Avg

    def view() -> None:
        Pupil.objects.count()
        with r.mark("F1.parent", "F2.parent"):
            found = list(Pupil.objects.order_by("-id")[(n := 12 * random.randint(0, 40)) : n + 12])
        for pupil in found:
            with r.mark("F1.child"):
                pupil.marks.aggregate(mean=Avg("score"))
            with r.mark("F2.child"):
                _ = pupil.school_class.title

    views(r, "default", "/admin/held/pupil/", view, 7)


@dj(
    "dj_exists_then_loop",
    "my",
    "positive",
    "exists, then the rows, for each",
    Finding("F1", "exists_per_row"),
    Finding("F2", "n_plus_one"),
    noise=True,
)
def exists_then(r: Recorder) -> None:
    def view() -> None:
        with r.mark("F1.parent", "F2.parent"):
            found = list(Pupil.objects.using("my").filter(school_class_id=random.randint(1, 36))[:10])
        for pupil in found:
            with r.mark("F1.child"):
                weak = pupil.marks.filter(score__gte=3).exists()
            if weak:
                with r.mark("F2.child"):
                    _ = [m.score for m in pupil.marks.filter(score__gte=3).order_by("score")]

    views(r, "my", "/reports/weak/", view, 8)
