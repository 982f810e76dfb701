"""Django on two aliases, models over the school, the ledger and the shop; what a connection sends is recorded."""

from collections.abc import Callable
from typing import Any

import django
import pymysql
from django.conf import settings

from benchmarks.nplusone.own.recorder import Finding, Recorder, scenario, serve
from benchmarks.nplusone.own.servers import MY_PORT, PG_PORT

pymysql.version_info = (2, 2, 7, "final", 0)
pymysql.install_as_MySQLdb()
HOST = {"NAME": "worlds", "HOST": "127.0.0.1", "USER": "app"}
PG = {"ENGINE": "django.db.backends.postgresql", "PORT": PG_PORT, **HOST}
settings.configure(
    DATABASES={"default": PG, "bound": PG | {"OPTIONS": {"server_side_binding": True}}, "pooler": PG | {"DISABLE_SERVER_SIDE_CURSORS": True}, "my": {"ENGINE": "django.db.backends.mysql", "PORT": MY_PORT, **HOST}},
    INSTALLED_APPS=["django.contrib.contenttypes", "benchmarks.nplusone.held"], DEFAULT_AUTO_FIELD="django.db.models.AutoField", USE_TZ=False,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)  # fmt: skip
django.setup()

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.db import connections, models, transaction  # noqa: E402


def over(name: str) -> type:
    """The Meta of a model over an existing table."""
    return type("Meta", (), {"app_label": "held", "db_table": name, "managed": False})


class Attachment(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.IntegerField()
    subject = GenericForeignKey("content_type", "object_id")
    file = models.TextField()
    Meta = over("attachments")


class Teacher(models.Model):
    surname = models.TextField()
    Meta = over("teachers")

    def __str__(self) -> str:
        return self.surname


class Room(models.Model):
    code = models.TextField()
    places = models.IntegerField()
    attachments = GenericRelation(Attachment)
    Meta = over("rooms")

    def __str__(self) -> str:
        return self.code


class SchoolClass(models.Model):
    title = models.TextField()
    tutor = models.ForeignKey(Teacher, models.SET_NULL, null=True)
    Meta = over("classes")


class Lesson(models.Model):
    school_class = models.ForeignKey(SchoolClass, models.CASCADE, db_column="class_id", related_name="lessons")
    teacher = models.ForeignKey(Teacher, models.CASCADE, related_name="lessons")
    room = models.ForeignKey(Room, models.CASCADE)
    weekday = models.IntegerField()
    slot = models.IntegerField()
    Meta = over("lessons")


class Pupil(models.Model):
    school_class = models.ForeignKey(SchoolClass, models.CASCADE, db_column="class_id", related_name="pupils")
    name = models.TextField()
    active = models.BooleanField(default=True)
    Meta = over("pupils")


class Mark(models.Model):
    pupil = models.ForeignKey(Pupil, models.CASCADE, related_name="marks")
    lesson = models.ForeignKey(Lesson, models.CASCADE)
    score = models.IntegerField()
    Meta = over("marks")


class Change(models.Model):
    what = models.TextField()
    object_id = models.IntegerField(null=True)
    Meta = over("change_log")


class Good(models.Model):
    sku = models.TextField(primary_key=True)
    title = models.TextField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    category = models.TextField()
    Meta = over("goods")


class User(models.Model):
    slug = models.TextField(unique=True)
    email = models.TextField(unique=True)
    version = models.IntegerField(default=1)
    last_login = models.DateTimeField(null=True)
    groups = models.ManyToManyField("Group", through="Membership")
    Meta = over("accounts_user")


class Group(models.Model):
    name = models.TextField()
    Meta = over("accounts_group")


class Membership(models.Model):
    pk = models.CompositePrimaryKey("user_id", "group_id")
    user = models.ForeignKey(User, models.CASCADE)
    group = models.ForeignKey(Group, models.CASCADE)
    Meta = over("accounts_user_groups")


class Permission(models.Model):
    group = models.ForeignKey(Group, models.CASCADE)
    codename = models.TextField()
    Meta = over("accounts_permission")


class Session(models.Model):
    session_key = models.TextField(primary_key=True)
    user_id = models.IntegerField()
    data = models.TextField(null=True)
    expires = models.DateTimeField()
    Meta = over("sessions")


class Notice(models.Model):
    user_id = models.IntegerField()
    body = models.TextField()
    unread = models.BooleanField(default=True)
    Meta = over("notices")


def dj(name: str, alias: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = "") -> Any:
    """Declare a Django scenario."""
    driver = {"default": "psycopg", "pooler": "psycopg", "bound": "psycopg-server-binding", "my": "pymysql"}[alias]
    return scenario(name, driver, "my" if alias == "my" else "pg", label, family, findings, "django", note, noise)


def views(r: Recorder, alias: str, route: str, view: Callable[[], None], n: int, atomic: bool = False, workers: int = 3,
          between: tuple[float, float] = (2, 14)) -> None:  # fmt: skip
    """The view n times on worker threads with kept connections; ContentType's cache is emptied first."""

    def heard(execute: Callable[..., Any], text: str, params: Any, many: bool, context: Any) -> Any:
        r.sent(text)
        return execute(text, params, many, context)

    def one() -> None:
        with r.request(route), connections[alias].execute_wrapper(heard):
            if atomic:
                with transaction.atomic(using=alias):
                    view()
            else:
                view()

    serve([one] * n, workers, between)
