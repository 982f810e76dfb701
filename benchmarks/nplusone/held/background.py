"""Other people's requests while a scenario runs: none of them sends a statement twice."""

import random
import threading
from collections.abc import Callable

from benchmarks.nplusone.own.raw import Client
from benchmarks.nplusone.own.recorder import Recorder, pause


def background(recorder: Recorder, engine: str, stop: threading.Event, seed: int) -> None:
    """Three more connections: sign-ins, chat polls, price look-ups, a heartbeat, a short list, a metric write."""
    dice = random.Random(seed * 31 + 7)
    driver = "pymysql" if engine == "my" else dice.choice(("psycopg", "psycopg-client", "psycopg2"))

    def signed_in(c: Client) -> None:
        c.q(
            "select user_id, data from sessions where session_key = %s and expires > now()",
            f"key{dice.randint(1, 500)}",
        )
        user = dice.randint(1, 500)
        c.q("select id, slug, email from accounts_user where id = %s", user)
        c.q("select count(*) from notices where user_id = %s and unread = %s", user, engine == "pg")

    def poll(c: Client) -> None:
        c.q("select message_id, author_id, body from messages where room_id = %s and message_id > %s order by message_id limit 50",
            dice.randint(1, 200), dice.randint(6900, 7000))  # fmt: skip

    def price(c: Client) -> None:
        c.q("select title, price from goods where sku = %s", f"SKU-{dice.randint(1, 700)}")

    def flags(c: Client) -> None:
        c.q("select flag, enabled from app_flags")
        c.q("insert into change_log (what, object_id) values (%s, %s)", "viewed", dice.randint(1, 99))

    def tickets(c: Client) -> None:
        with c.tx():
            c.q(
                "select ticket_id, ref, status from tickets where assignee_id = %s order by opened desc limit 10",
                dice.randint(1, 150),
            )

    def heartbeat(c: Client) -> None:
        c.q("SELECT 1")

    kinds: list[Callable[[Client], None]] = dice.sample([signed_in, poll, price, flags, tickets, heartbeat], 4)

    def work() -> None:
        client = Client(recorder, driver, "other")
        while not stop.is_set():
            dice.choice(kinds)(client)
            pause(10, 80)
        client.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
