"""Data sets for `index_sizes`: distributions to fit a model with, and others to validate it with."""

from __future__ import annotations

#: Looked at while the model was made: one distribution a column, and pairs that depend on each other.
_FIT = (
    """CREATE TABLE shapes (
        serial bigint PRIMARY KEY, even1000 int, even300 int, even40 int, twice int, thrice int, drawn1000 int,
        drawn30000 int, drawn100000 int, zipf int, few int, dated date, at timestamp, code varchar(20), note text,
        amount numeric(12, 2), flag boolean, tag char(10), maybe int, id uuid)""",
    """INSERT INTO shapes SELECT i, i % 1000, (i / 1000)::int, (i * 7919 % 7500)::int, (i / 2)::int,
        (i * 7919 % 100003)::int, 1 + floor(random() * 1000)::int, floor(random() * 30000)::int,
        floor(random() * 100000)::int, floor(power(random(), 4) * 50000)::int, (i % 5)::int, '2020-01-01'::date + (i / 200)::int,
        '2020-01-01'::timestamp + i * interval '37 s', 'C' || lpad((i % 20000)::text, 8, '0'),
        'text ' || md5((i % 5000)::text), round((random() * 10000)::numeric, 2), random() < 0.1,
        (ARRAY['a', 'bb', 'ccc', 'dddd'])[1 + i % 4], CASE WHEN random() < 0.3 THEN floor(random() * 2000)::int END,
        md5(i::text)::uuid FROM generate_series(0::bigint, 299999) i""",
    """CREATE TABLE linked (
        id int PRIMARY KEY, parent int, line int, region int, country int, city int, created timestamp, shipped timestamp,
        day date, customer int, customer_kind varchar(10), status varchar(12), done timestamp)""",
    """INSERT INTO linked SELECT i, p, (i % 4)::int, c % 20, c % 200, c, t, t + floor(random() * 20) * interval '1 day', t::date, k,
        (ARRAY['new', 'gold', 'silver'])[1 + k % 3], s, CASE WHEN s = 'done' THEN t + interval '1 hour' * floor(random() * 900) END
        FROM (SELECT i, i / 4 AS p, floor(power(random(), 2) * 3000)::int AS c, '2023-01-01'::timestamp + i * interval '3 min' AS t,
        floor(power(random(), 2) * 20000)::int AS k, (ARRAY['done', 'done', 'done', 'open', 'lost'])[1 + floor(random() * 5)::int] AS s
        FROM generate_series(0::bigint, 239999) i) x""",
)

#: Never looked at while the model was made.
_HELD = (
    "SELECT setseed(0.4)",
    """CREATE TABLE account (
        id uuid PRIMARY KEY, email varchar(120) NOT NULL, full_name text, country char(2), city varchar(60), plan varchar(12),
        joined timestamptz, last_seen timestamptz, balance numeric(14, 2), is_active boolean, referrer uuid, score real)""",
    """INSERT INTO account SELECT md5('account' || i)::uuid, 'u' || i || '@' || (ARRAY['example.org', 'mail.example', 'firm' || i % 900 || '.example'])[1 + i % 3],
        initcap(left(md5((i * 31 % 4000)::text), 5)) || ' ' || initcap(left(md5((floor(power(random(), 3) * 9000))::text), 7)),
        chr(65 + z % 60 / 26) || chr(65 + z % 60 % 26), 'Town ' || z, (ARRAY['free', 'free', 'free', 'team', 'enterprise'])[1 + floor(random() * 5)::int],
        t, CASE WHEN random() < 0.8 THEN t + random() * ('2024-06-01'::timestamptz - t) END, round((exp(random() * 9) - 1)::numeric, 2), random() < 0.93,
        CASE WHEN random() < 0.2 THEN md5('account' || floor(power(random(), 2) * i))::uuid END, (random() * 100)::int
        FROM (SELECT i, floor(power(random(), 2.5) * 1800)::int AS z, '2019-03-01'::timestamptz + power(i / 90000.0, 0.6) * interval '1900 days' AS t
        FROM generate_series(1, 90000) i) x""",
    """CREATE TABLE event (
        id bigint PRIMARY KEY, account uuid, session uuid, kind varchar(24), at timestamptz, day date, page varchar(80), ms int,
        device smallint, browser text, ok boolean, cost numeric(10, 4), campaign int)""",
    """INSERT INTO event SELECT i, md5('account' || a)::uuid, md5('session' || s)::uuid,
        (ARRAY['view', 'view', 'view', 'view', 'click', 'scroll', 'purchase', 'error', 'sign-in'])[1 + floor(power(random(), 1.3) * 9)::int], t, t::date,
        '/shop/' || p % 40 || '/item-' || p, floor(exp(random() * 8))::int, (s % 7)::smallint,
        (ARRAY['Firefox', 'Chrome', 'Safari', 'Edge'])[1 + floor(power(random(), 2) * 4)::int] || ' ' || 90 + s % 30, random() < 0.98,
        CASE WHEN random() < 0.15 THEN round((random() * random())::numeric, 4) END, CASE WHEN s % 4 = 0 THEN s % 60 END
        FROM (SELECT i, s, 1 + (s::bigint * 48271 % 90000) * (s::bigint * 16807 % 1000) / 1000 AS a, floor(power(random(), 3) * 6000)::int AS p,
        '2024-01-01'::timestamptz + i * interval '29 s' + random() * interval '5 min' AS t
        FROM (SELECT i, i / 9 - floor(random() * 40)::int + 40 AS s FROM generate_series(1, 350000) i) y) x""",
    """CREATE TABLE invoice_line (
        invoice int, line smallint, product int, category int, supplier int, quantity int, price numeric(10, 2), tax numeric(4, 2),
        issued date, due date, paid date, state varchar(10), currency char(3), customer int, note varchar(200), PRIMARY KEY (invoice, line))""",
    """INSERT INTO invoice_line SELECT v, l, p, p % 35, p * 13 % 420, 1 + floor(power(random(), 4) * 200)::int, 1 + p % 500 + 0.99, (ARRAY[7, 19, 19, 0])[1 + p % 4],
        d, d + (ARRAY[14, 30, 30, 60])[1 + c % 4], CASE WHEN v % 6 > 0 THEN d + c % 4 * 10 + v % 25 END, CASE WHEN v % 6 = 0 THEN 'open' ELSE 'paid' END,
        (ARRAY['EUR', 'EUR', 'USD', 'CHF'])[1 + c % 4], c, CASE WHEN v % 10 = 0 THEN 'as agreed on ' || d END
        FROM (SELECT v, l, floor(power(random(), 1.7) * 8000)::int AS p, '2021-01-01'::date + v / 45 AS d, (v::bigint * v * 31 % 15013)::int AS c
        FROM generate_series(1, 50000) v, generate_series(1, 1 + v % 9) l) x""",
)

SETS = {"fit": _FIT, "held": _HELD}
