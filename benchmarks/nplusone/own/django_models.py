"""Django on three aliases: psycopg 3 with client binding, with server binding, and pymysql."""

from collections.abc import Callable
from typing import Any

import django
import pymysql
from django.conf import settings

from benchmarks.nplusone.own.recorder import Finding, Recorder, scenario, serve
from benchmarks.nplusone.own.servers import MY_PORT, PG_PORT

pymysql.version_info = (2, 2, 7, "final", 0)  # Django asks for a mysqlclient this new
pymysql.install_as_MySQLdb()

PG = {"ENGINE": "django.db.backends.postgresql", "NAME": "worlds", "HOST": "127.0.0.1", "PORT": PG_PORT, "USER": "app"}
MY = {"ENGINE": "django.db.backends.mysql", "NAME": "worlds", "HOST": "127.0.0.1", "PORT": MY_PORT, "USER": "app"}
settings.configure(
    DATABASES={"default": PG, "client": PG, "server": PG | {"OPTIONS": {"server_side_binding": True}}, "my": MY}, USE_TZ=False, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["benchmarks.nplusone.own"],
)  # fmt: skip
django.setup()

from django.db import connections, models, transaction  # noqa: E402


def table(name: str) -> type:
    """The Meta of a model over a table that already exists."""
    return type("Meta", (), {"app_label": "own", "db_table": name, "managed": False})


class Ward(models.Model):
    name = models.TextField()
    floor = models.IntegerField()
    Meta = table("wards")


class Doctor(models.Model):
    ward = models.ForeignKey(Ward, models.CASCADE)
    name = models.TextField()
    Meta = table("doctors")


class Drug(models.Model):
    name = models.TextField()
    atc = models.TextField()
    Meta = table("drugs")


class Patient(models.Model):
    doctor = models.ForeignKey(Doctor, models.CASCADE)
    name = models.TextField()
    born = models.DateField()
    allergies = models.ManyToManyField(Drug, through="Allergy")
    Meta = table("patients")

    @property
    def last_visit(self) -> Any:
        return self.visit_set.order_by("-day").first()


class Allergy(models.Model):
    patient = models.ForeignKey(Patient, models.CASCADE)
    drug = models.ForeignKey(Drug, models.CASCADE)
    Meta = table("patient_allergies")


class Visit(models.Model):
    patient = models.ForeignKey(Patient, models.CASCADE)
    doctor = models.ForeignKey(Doctor, models.CASCADE)
    day = models.DateField()
    status = models.TextField()
    fee = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    Meta = table("visits")


class Prescription(models.Model):
    visit = models.ForeignKey(Visit, models.CASCADE)
    drug = models.ForeignKey(Drug, models.CASCADE)
    dose = models.TextField(null=True)
    Meta = table("prescriptions")


class Employee(models.Model):
    manager = models.ForeignKey("self", models.CASCADE, null=True)
    name = models.TextField()
    salary = models.IntegerField()
    Meta = table("employees")


class Member(models.Model):
    login = models.TextField(unique=True)
    karma = models.IntegerField(default=0)
    last_seen = models.DateTimeField(null=True)
    Meta = table("members")


class WebSession(models.Model):
    token = models.TextField(primary_key=True)
    member = models.ForeignKey(Member, models.CASCADE)
    seen = models.DateTimeField(null=True)
    Meta = table("web_sessions")


class Audit(models.Model):
    actor_id = models.IntegerField(null=True)
    action = models.TextField()
    Meta = table("audit_trail")


class StockLevel(models.Model):
    name = models.TextField(unique=True)
    level = models.IntegerField()
    Meta = table("stock_levels")


class Heard:
    """Tells the recorder what a connection sends."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def __call__(self, execute: Callable[..., Any], text: str, params: Any, many: bool, context: Any) -> Any:
        self.recorder.sent(text)
        return execute(text, params, many, context)


def dj(name: str, alias: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = ""):
    """Declare a scenario on Django."""
    driver = {"client": "psycopg", "server": "psycopg-server-binding", "my": "pymysql"}[alias]
    return scenario(name, driver, "my" if alias == "my" else "pg", label, family, findings, "django", note, noise)


def pages(
    r: Recorder,
    alias: str,
    route: str,
    view: Callable[[], None],
    n: int,
    atomic: bool = False,
    workers: int = 3,
    between: tuple[float, float] = (2, 14),
) -> None:
    """Views on worker threads, each with a kept connection; `atomic` is ATOMIC_REQUESTS."""

    def one() -> None:
        with r.request(route), connections[alias].execute_wrapper(Heard(r)):
            if atomic:
                with transaction.atomic(using=alias):
                    view()
            else:
                view()

    serve([one] * n, workers, between)
