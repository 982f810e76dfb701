"""Statements as other libraries spell them, sent by a raw driver: Hibernate, ActiveRecord, Prisma."""

import random

from benchmarks.nplusone.own.raw import Client, Finding, Recorder, raw, requests
from benchmarks.nplusone.own.raw_lazy import repeat
from benchmarks.nplusone.own.recorder import pause

ONE = Finding("F1", "n_plus_one")


@raw(
    "style_hibernate_eager_to_one",
    "psycopg",
    "positive",
    "to-one with its own join",
    ONE,
    stack="hibernate-style",
    noise=True,
)
def hibernate(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                "select v1_0.id,v1_0.day,v1_0.doctor_id,v1_0.fee,v1_0.patient_id,v1_0.status from visits v1_0 where v1_0.status=%s order by v1_0.id offset %s rows fetch first %s rows only",
                "done", random.randint(0, 900), 12,
            )  # fmt: skip
        for row in found:
            with r.mark("F1.child"):
                c.q(
                    "select p1_0.id,p1_0.born,d1_0.id,d1_0.name,d1_0.ward_id,p1_0.name from patients p1_0 left join doctors d1_0 on d1_0.id=p1_0.doctor_id where p1_0.id=%s",
                    row[4],
                )
            pause(0.1, 0.6)

    requests(r, "psycopg", repeat("GET /visits", page, 10), tx=True)


@raw("style_hibernate_sequence_inserts", "psycopg", "positive", "insert loop with a sequence call each", Finding("F1", "insert_per_row", "batch inserts"),
     Finding("F2", "redundant", "a larger allocation size", optional=True), stack="hibernate-style")  # fmt: skip
def sequences(r: Recorder) -> None:
    def flush(c: Client) -> None:
        keys = []
        visit = random.randint(1, 3000)
        c.q("select v1_0.id,v1_0.day,v1_0.status from visits v1_0 where v1_0.id=%s", visit)
        for _ in range(random.randint(8, 14)):
            with r.mark("F2.child"):
                keys += c.q("select nextval('prescriptions_id_seq')")[0]
        for key in keys:
            with r.mark("F1.child"):
                c.q(
                    "insert into prescriptions (dose,drug_id,visit_id,id) values (%s,%s,%s,%s)",
                    "2 mg",
                    random.randint(1, 120),
                    visit,
                    key,
                )

    requests(r, "psycopg", repeat("POST /prescriptions", flush, 9), tx=True)


@raw("style_hibernate_batch_fetch", "psycopg", "negative", "batch fetch by array", stack="hibernate-style", noise=True)
def batch_fetch(r: Recorder) -> None:
    def page(c: Client) -> None:
        found = c.q(
            "select p1_0.id,p1_0.doctor_id,p1_0.name from patients p1_0 where p1_0.doctor_id=%s order by p1_0.id",
            random.randint(1, 60),
        )
        for start in range(0, len(found), 8):
            c.q(
                "select v1_0.patient_id,v1_0.id,v1_0.day,v1_0.status from visits v1_0 where v1_0.patient_id = any (%s)",
                [row[0] for row in found[start : start + 8]],
            )

    requests(r, "psycopg", repeat("GET /patients", page, 40), tx=True)


@raw(
    "style_activerecord_index",
    "psycopg",
    "positive",
    "to-one and exists, route comments",
    ONE,
    Finding("F2", "exists_per_row", "EXISTS in the list"),
    stack="activerecord-style",
    note="comments name the action, not the request",
)
def active_record(r: Recorder) -> None:
    tag = " /*application:Forum,controller:threads,action:index*/"

    def page(c: Client) -> None:
        with r.mark("F1.parent", "F2.parent"):
            found = c.q(
                'SELECT "threads"."id", "threads"."author_id", "threads"."title" FROM "threads" WHERE "threads"."board_id" = %s ORDER BY "threads"."created" DESC LIMIT %s'
                + tag,
                random.randint(1, 60),
                11,
            )
        for thread, author, _ in found:
            with r.mark("F1.child"):
                c.q('SELECT "members".* FROM "members" WHERE "members"."id" = %s LIMIT %s' + tag, author, 1)
            with r.mark("F2.child"):
                c.q('SELECT 1 AS one FROM "posts" WHERE "posts"."thread_id" = %s LIMIT %s' + tag, thread, 1)
            pause()

    requests(r, "psycopg", repeat("threads#index", page, 9))


@raw(
    "style_activerecord_show",
    "psycopg",
    "negative",
    "detail endpoint, route comments",
    stack="activerecord-style",
    noise=True,
)
def active_record_show(r: Recorder) -> None:
    tag = " /*application:Forum,controller:threads,action:show*/"

    def page(c: Client) -> None:
        c.q('SELECT "members".* FROM "members" WHERE "members"."id" = %s LIMIT %s' + tag, random.randint(1, 500), 1)
        thread = random.randint(1, 1500)
        c.q('SELECT "threads".* FROM "threads" WHERE "threads"."id" = %s LIMIT %s' + tag, thread, 1)
        c.q('SELECT "posts".* FROM "posts" WHERE "posts"."thread_id" = %s ORDER BY "posts"."created" ASC' + tag, thread)
        c.q(
            'SELECT "labels".* FROM "labels" INNER JOIN "thread_labels" ON "labels"."id" = "thread_labels"."label_id" WHERE "thread_labels"."thread_id" = %s'
            + tag,
            thread,
        )

    requests(r, "psycopg", repeat("threads#show", page, 60))


@raw(
    "style_prisma_find_many_loop",
    "psycopg",
    "positive",
    "one-element IN per row, quoted schema",
    ONE,
    stack="prisma-style",
)
def prisma(r: Recorder) -> None:
    def page(c: Client) -> None:
        with r.mark("F1.parent"):
            found = c.q(
                'SELECT "public"."Invoice"."id", "public"."Invoice"."customerId", "public"."Invoice"."status" FROM "public"."Invoice" WHERE "public"."Invoice"."customerId" IN (%s,%s) ORDER BY "public"."Invoice"."id" ASC OFFSET %s',
                random.randint(1, 300),
                random.randint(1, 300),
                0,
            )
        for row in found:
            with r.mark("F1.child"):
                c.q(
                    'SELECT "public"."InvoiceLine"."id", "public"."InvoiceLine"."invoiceId", "public"."InvoiceLine"."quantity" FROM "public"."InvoiceLine" WHERE "public"."InvoiceLine"."invoiceId" IN (%s) OFFSET %s',
                    row[0],
                    0,
                )
            pause(0.2, 0.9)

    requests(r, "psycopg", repeat("GET /invoices", page, 9))


@raw("style_prisma_include", "psycopg", "negative", "include by IN lists; detail", stack="prisma-style", noise=True)
def prisma_include(r: Recorder) -> None:
    def page(c: Client) -> None:
        key = random.randint(1, 300)
        c.q(
            'SELECT "public"."Customer"."id", "public"."Customer"."fullName" FROM "public"."Customer" WHERE ("public"."Customer"."id" = %s AND 1=1) LIMIT %s OFFSET %s',
            key,
            1,
            0,
        )
        found = c.q(
            'SELECT "public"."Invoice"."id", "public"."Invoice"."customerId" FROM "public"."Invoice" WHERE "public"."Invoice"."customerId" IN (%s) OFFSET %s',
            key,
            0,
        )
        marks = ",".join(["%s"] * len(found))
        c.q(
            f'SELECT "public"."InvoiceLine"."id", "public"."InvoiceLine"."invoiceId" FROM "public"."InvoiceLine" WHERE "public"."InvoiceLine"."invoiceId" IN ({marks}) OFFSET %s',
            *[row[0] for row in found],
            0,
        )

    requests(r, "psycopg", repeat("GET /customers/:id", page, 50))
