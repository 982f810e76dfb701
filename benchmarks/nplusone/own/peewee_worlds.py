"""Peewee on PostgreSQL (psycopg2) and MariaDB (pymysql)."""

import random
from collections.abc import Callable
from typing import Any

import peewee as pw

from benchmarks.nplusone.own.recorder import Finding, Recorder, pause, scenario, serve
from benchmarks.nplusone.own.servers import MY_PORT, PG_PORT

PROXY = pw.DatabaseProxy()


class Table(pw.Model):
    class Meta:
        database = PROXY
        legacy_table_names = False


class Member(Table):
    login = pw.CharField()
    karma = pw.IntegerField()

    class Meta:
        table_name = "members"


class Board(Table):
    parent = pw.ForeignKeyField("self", null=True, backref="children")
    title = pw.CharField()

    class Meta:
        table_name = "boards"


class Thread(Table):
    board = pw.ForeignKeyField(Board, backref="threads")
    author = pw.ForeignKeyField(Member)
    title = pw.CharField()

    class Meta:
        table_name = "threads"


class Post(Table):
    thread = pw.ForeignKeyField(Thread, backref="posts")
    author = pw.ForeignKeyField(Member)
    score = pw.IntegerField()

    class Meta:
        table_name = "posts"


class Level(Table):
    name = pw.CharField(unique=True)
    level = pw.IntegerField()

    class Meta:
        table_name = "stock_levels"


class Audit(Table):
    actor_id = pw.IntegerField()
    action = pw.CharField()

    class Meta:
        table_name = "audit_trail"


def peewee(name: str, engine: str, label: str, family: str, *findings: Finding, noise: bool = False, note: str = ""):
    """Declare a scenario on Peewee; the body gets the recorder and the database."""

    def declare(body: Callable[[Recorder, Any], None]) -> Any:
        def run(recorder: Recorder) -> None:
            if engine == "pg":
                database: Any = pw.PostgresqlDatabase("worlds", host="127.0.0.1", port=PG_PORT, user="app")
            else:
                database = pw.MySQLDatabase("worlds", host="127.0.0.1", port=MY_PORT, user="app")
            send = database.execute_sql

            def heard(text: str, params: Any = None, *rest: Any, **more: Any) -> Any:
                recorder.sent(text)
                return send(text, params, *rest, **more)

            database.execute_sql = heard
            PROXY.initialize(database)
            body(recorder, database)
            database.close()

        scenario(
            name, "psycopg2" if engine == "pg" else "pymysql", engine, label, family, findings, "peewee", note, noise
        )(run)
        return body

    return declare


def pages(r: Recorder, db: Any, route: str, handler: Callable[[], None], n: int, tx: bool = False) -> None:
    def one() -> None:
        db.connect(reuse_if_open=True)
        with r.request(route):
            if tx:
                with db.atomic():
                    handler()
            else:
                handler()

    serve([one] * n, 3)


@peewee("peewee_thread_author", "pg", "positive", "to-one", Finding("F1", "n_plus_one", "join"), noise=True)
def author(r: Recorder, db: Any) -> None:
    def page() -> None:
        with r.mark("F1.parent"):
            found = list(
                Thread.select().where(Thread.board == random.randint(1, 60)).order_by(Thread.id.desc()).limit(12)
            )
        for thread in found:
            with r.mark("F1.child"):
                _ = thread.author.login
            pause()

    pages(r, db, "/boards/:id", page, 9)


@peewee("peewee_post_counts", "my", "positive", "count per row, backref", Finding("F1", "count_per_row", "GROUP BY"))
def counts(r: Recorder, db: Any) -> None:
    def page() -> None:
        with r.mark("F1.parent"):
            found = list(Thread.select(Thread.id, Thread.title).where(Thread.board == random.randint(1, 60)).limit(14))
        for thread in found:
            with r.mark("F1.child"):
                thread.posts.count()
            pause(0.1, 0.6)

    pages(r, db, "/boards/:id/counts", page, 9)


def nested(r: Recorder, db: Any) -> None:
    def page() -> None:
        with r.mark("F1.parent"):
            found = list(Thread.select().where(Thread.author == random.randint(1, 500)))
        for thread in found:
            with r.mark("F1.child", "F2.parent"):
                posts = list(thread.posts)
            for post in posts:
                with r.mark("F2.child"):
                    _ = post.author.login

    pages(r, db, "/members/:id/threads", page, 14, tx=True)


TWO = (Finding("F1", "n_plus_one", "prefetch"), Finding("F2", "n_plus_one_nested", "prefetch", parent_finding="F1"))
peewee(
    "peewee_nested_pg",
    "pg",
    "positive",
    "nested",
    *TWO,
    note="three threads per member: a small N outside, about five inside",
)(nested)
peewee(
    "peewee_nested_my",
    "my",
    "positive",
    "nested",
    *TWO,
    noise=True,
    note="three threads per member: a small N outside, about five inside",
)(nested)


@peewee("peewee_board_tree", "pg", "positive", "tree, depth first", Finding("F1", "n_plus_one", "WITH RECURSIVE"))
def tree(r: Recorder, db: Any) -> None:
    def walk(board: Board) -> None:
        with r.mark("F1.child", "F1.parent"):
            below = list(board.children)
        for one in below:
            walk(one)

    def page() -> None:
        with r.mark("F1.parent"):
            top = list(Board.select().where(Board.parent.is_null()))
        for board in random.sample(top, 2):
            walk(board)

    pages(r, db, "/sitemap", page, 6)


@peewee(
    "peewee_save_loop",
    "my",
    "positive",
    "update loop in tx",
    Finding("F1", "update_per_row", "bulk_update"),
    noise=True,
)
def save(r: Recorder, db: Any) -> None:
    def page() -> None:
        with r.mark("F1.parent"):
            found = list(Post.select().where(Post.author == random.randint(1, 500)))
        for post in found:
            post.score += 1
            with r.mark("F1.child"):
                post.save(only=[Post.score])

    pages(r, db, "/score", page, 9, tx=True)


@peewee("peewee_create_loop", "pg", "positive", "insert loop in tx", Finding("F1", "insert_per_row", "insert_many"))
def create(r: Recorder, db: Any) -> None:
    def page() -> None:
        actor = random.randint(1, 500)
        for n in range(random.randint(8, 20)):
            with r.mark("F1.child"):
                Audit.create(actor_id=actor, action=f"step {n}")

    pages(r, db, "/wizard/finish", page, 9, tx=True)


@peewee(
    "peewee_get_or_create",
    "pg",
    "positive",
    "get or create",
    Finding("F1", "get_or_create", "insert_many on conflict"),
    noise=True,
)
def get_or_create(r: Recorder, db: Any) -> None:
    def page() -> None:
        base = random.randint(10, 99999)
        for n in range(14):
            with r.mark("F1.child"):
                Level.get_or_create(name=f"bin{n + base if n % 3 else n + 1}", defaults={"level": 1})
            pause(0.1, 0.5)

    pages(r, db, "/import", page, 5)


@peewee("peewee_prefetch", "pg", "negative", "prefetch")
def prefetch(r: Recorder, db: Any) -> None:
    def page() -> None:
        found = Thread.select().where(Thread.board == random.randint(1, 60)).limit(10)
        for thread in pw.prefetch(found, Post.select(), Member.select()):
            _ = len(thread.posts)

    pages(r, db, "/boards/:id", page, 30)


@peewee("peewee_detail", "my", "negative", "detail endpoint", noise=True)
def detail(r: Recorder, db: Any) -> None:
    def page() -> None:
        thread = Thread.get_by_id(random.randint(1, 1500))
        _ = thread.author.login, thread.board.title
        thread.posts.count()

    pages(r, db, "/threads/:id", page, 50)


@peewee("peewee_insert_many", "my", "negative", "bulk insert in batches")
def insert_many(r: Recorder, db: Any) -> None:
    def page() -> None:
        for batch in pw.chunked([{"actor_id": n, "action": "x"} for n in range(120)], 40):
            Audit.insert_many(batch).execute()

    pages(r, db, "job:load", page, 12, tx=True)


@peewee("peewee_login_then_action", "pg", "negative", "auth per request, one write", noise=True)
def login(r: Recorder, db: Any) -> None:
    def page() -> None:
        member = Member.get(Member.login == f"member{random.randint(1, 500)}")
        Audit.create(actor_id=member.id, action="login")

    pages(r, db, "/login", page, 80)
