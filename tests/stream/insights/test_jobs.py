"""Jobs, polling, and collisions of jobs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from advisor.model.shape import Sample
from advisor.stream.insights.asking import differ_by_the_moment
from advisor.stream.insights.collisions import job_collisions
from advisor.stream.insights.jobs import jobs
from tests.digest.events import Event
from tests.stream.insights.made import HOUR, SECOND, made, sql_of

POLL = "SELECT id FROM task WHERE state = 'new' LIMIT 1"


def every(
    seconds: float,
    count: int,
    sql: str,
    *,
    at: float = 0.0,
    ms: float = 1.0,
    session: int = 1,
    seed: int | None = None,
    **more: int,
) -> Iterator[Event]:
    """One statement at a period; with a seed, a little late each time."""
    random = np.random.default_rng(seed)
    for number in range(count):
        late = 0 if seed is None else int(random.integers(0, int(seconds * 0.02 * SECOND)))
        start = HOUR + int((at + number * seconds) * SECOND) + late + 137 * number
        yield Event(sql, int(ms * 1000), start, session, **more)  # type: ignore[arg-type]


def traffic(count: int, seconds: float, seed: int, slow: tuple[float, float] | None = None) -> list[Event]:
    """Requests at random, ten times slower where the time modulo a minute lies between the two bounds."""
    random = np.random.default_rng(seed)
    events = []
    for at in np.sort(random.uniform(0, seconds, count)):
        factor = 10 if slow is not None and slow[0] <= at % 60 < slow[1] else 1
        duration = int(random.lognormal(8, 0.3) * factor)
        events.append(
            Event("SELECT * FROM product WHERE id = 5", duration, HOUR + int(at * SECOND), 9, literals=int(at))
        )
    return events


def test_a_job_of_two_statements_is_one_job_known_by_the_heavier() -> None:
    found = made([
        *traffic(400, 3600, 1),
        *every(300, 12, "SELECT * FROM orders WHERE state = 'paid'", at=2, ms=20, session=7),
        *every(300, 12, "UPDATE report SET total = 1 WHERE day = 3", at=2.5, ms=900, session=7),
    ])  # fmt: skip
    (job,) = jobs(found)
    assert sql_of(found, job.fingerprint) == "update report set total = ? where day = ?"
    assert (job.label, job.aligned, job.bursts, job.statements, job.polling) == (
        "every 5 min at :00",
        True,
        12,
        24,
        False,
    )
    assert job.burst_seconds == pytest.approx(1.4, abs=0.05)


def test_jobs_of_other_sessions_are_other_jobs() -> None:
    found = made([
        *every(300, 12, "SELECT * FROM orders WHERE state = 'paid'", at=2, ms=20, session=7),
        *every(300, 12, "UPDATE report SET total = 1 WHERE day = 3", at=2.5, ms=900, session=8),
    ])  # fmt: skip
    assert len(jobs(found)) == 2


def test_polling_needs_equal_values_and_empty_answers() -> None:
    def polling(**more: int) -> list[bool]:
        return [job.polling for job in jobs(made(every(1, 60, POLL, seed=2, **more)))]

    assert polling() == [True]
    assert polling(rows_sent=0) == [True]
    assert polling(rows_sent=5) == []  # an answer every time, every second: a loop's pace
    other = [Event(e.sql, e.duration_us, e.time_us, 1, literals=n) for n, e in enumerate(every(1, 60, POLL, seed=2))]
    assert not jobs(made(other))


def test_several_workers_poll_each_for_itself() -> None:
    events = [e for s in range(5) for e in every(1.0, 50, POLL, at=0.17 * s * s, session=s + 1, seed=s)]
    (job,) = jobs(made(events))
    assert job.polling
    assert job.sessions == 5
    assert job.label == "every 1 s, in each of 5 sessions"


def test_what_takes_much_of_its_period_is_a_job_and_no_polling() -> None:
    (job,) = jobs(made(every(30, 40, POLL, ms=20_000, seed=1)))
    assert not job.polling
    assert job.burst_seconds == pytest.approx(20)
    assert not jobs(made(e for s in range(20) for e in every(1, 12, POLL, ms=900, session=s, seed=s)))


def test_who_has_found_work_writes() -> None:
    sql = {"BEGIN": 0.0, POLL: 0.01, "UPDATE task SET state = 'done' WHERE id = 5": 0.02, "COMMIT": 0.03}
    works = [event for text, at in sql.items() for event in every(1, 40, text, at=at)]
    works.sort(key=lambda event: event.time_us or 0)
    assert not any(job.polling for job in jobs(made(works)))
    idles = [event for text, at in sql.items() if "UPDATE" not in text for event in every(1, 40, text, at=at)]
    idles.sort(key=lambda event: event.time_us or 0)
    assert [job.polling for job in jobs(made(idles))] == [True]


def test_a_few_rounds_are_no_polling() -> None:
    assert not jobs(made(every(1, 19, POLL)))
    assert jobs(made(every(1, 20, POLL)))


def test_a_heartbeat_is_no_polling() -> None:
    assert not jobs(made(every(5, 60, "UPDATE worker SET seen = now() WHERE id = 5", rows_sent=0)))
    claims = made(every(5, 60, "UPDATE job SET owner = 5 WHERE owner IS NULL", rows_affected=0))
    assert [job.polling for job in jobs(claims)] == [True]


def test_even_traffic_of_ever_other_sessions_is_no_polling() -> None:
    assert not jobs(made(event for at in range(60) for event in every(1, 1, POLL, at=at, session=at)))
    scripts = [event for at in range(40) for event in every(1, 1, POLL, at=30 * at, session=at)]
    assert [job.polling for job in jobs(made(scripts))] == [True]


@pytest.mark.parametrize("moment", ["'2026-11-02 10:{0:02}:{1:02}.5'", "{2}", "{2}123"])
def test_what_is_due_before_now_is_the_same_question(moment: str) -> None:
    def sample(at: int, queue: str) -> Sample:
        text = moment.format(at // 60, at % 60, 1_793_613_600 + at)
        return Sample(
            f"SELECT id FROM job WHERE run_at <= {text} AND queue = '{queue}'", 1, (1_793_613_600 + at) * SECOND
        )

    assert differ_by_the_moment([sample(at, "mail") for at in (0, 61, 122)])
    assert not differ_by_the_moment([sample(at, "mail") for at in (0, 61)])
    assert not differ_by_the_moment([sample(at, f"q{at}") for at in (0, 61, 122)])


def test_a_refreshed_view_is_a_job() -> None:
    (job,) = jobs(made(every(60, 20, "REFRESH MATERIALIZED VIEW totals", ms=40_000)))
    assert (job.polling, job.period_seconds) == (False, pytest.approx(60, rel=0.01))


def test_traffic_a_ping_of_the_pool_and_a_tight_loop_are_no_jobs() -> None:
    ping = list(every(5, 100, "SELECT 1"))
    loop = list(every(0.02, 200, "SELECT * FROM product WHERE id = 5", session=3))
    assert not jobs(made([*traffic(2000, 3600, 4), *ping, *loop]))


def test_a_clock_of_seconds_tells_no_period_of_seconds() -> None:
    coarse = [Event(e.sql, 1000, e.time_us // SECOND * SECOND, 1) for e in every(2, 60, POLL)]
    assert not jobs(made(coarse))
    minutes = [Event(e.sql, 1000, e.time_us // SECOND * SECOND, 1) for e in every(60, 30, POLL)]
    assert [job.label for job in jobs(made(minutes))] == ["every 1 min, at the minute"]


def two_jobs(at: float) -> list[Event]:
    return [
        *every(60, 20, "UPDATE report SET total = 1", at=1, ms=9000, session=7),
        *every(60, 20, "DELETE FROM visit WHERE day < 7", at=at, ms=9000, session=8),
    ]


def test_a_collision_is_two_jobs_and_others_that_suffer() -> None:
    (collision,) = job_collisions(made([*traffic(3000, 1200, 5, slow=(2, 10)), *two_jobs(2)]))
    assert collision.slowdown == pytest.approx(10, rel=0.2)
    assert (collision.overlaps, collision.overlap_share) == (20, 1.0)
    assert not job_collisions(made([*traffic(3000, 1200, 5), *two_jobs(2)]))
    assert not job_collisions(made([*traffic(3000, 1200, 5, slow=(1, 10)), *two_jobs(30)]))


def test_where_one_job_alone_slows_as_much_the_other_is_not_blamed() -> None:
    assert not job_collisions(made([*traffic(3000, 1200, 5, slow=(1, 10)), *two_jobs(6)]))
