"""A billing service for many tenants: documents, arrays, full text, partitions, soft deletes, states that are text, long
values, a materialised view. Scored once before anything was tuned on it; docs/benchmarks.md has that figure."""

from __future__ import annotations

import random

CHANGES = (
    # A state under another name.
    "UPDATE bill SET status = 'settled' WHERE status = 'paid'; ALTER TABLE bill DROP CONSTRAINT bill_status; ALTER TABLE bill"
    " ADD CONSTRAINT bill_status CHECK (status IN ('draft', 'open', 'settled', 'void', 'uncollectible')) NOT VALID; ALTER"
    " TABLE bill VALIDATE CONSTRAINT bill_status;",
    "UPDATE subscription SET status = 'active' WHERE status = 'trialing'; DROP INDEX subscription_status; CREATE INDEX"
    " subscription_active ON subscription (account_id) WHERE status = 'active';",
    "UPDATE member SET role = 'member' WHERE role IN ('viewer', 'guest'); DROP INDEX member_role;",
    "UPDATE webhook_delivery SET status = 'failed' WHERE status = 'retrying' AND attempts >= 5; CREATE INDEX"
    " webhook_delivery_pending ON webhook_delivery (created_at) WHERE status IN ('queued', 'retrying'); DROP INDEX"
    " webhook_delivery_status;",
    # Added, filled, bound.
    "ALTER TABLE bill ADD COLUMN amount_due bigint; UPDATE bill SET amount_due = CASE WHEN status = 'paid' THEN 0 ELSE amount"
    " END; ALTER TABLE bill ALTER COLUMN amount_due SET NOT NULL; CREATE INDEX bill_due ON bill (due_on) WHERE amount_due > 0;",
    "ALTER TABLE member ADD COLUMN email_lower text; UPDATE member SET email_lower = lower(email); ALTER TABLE member ALTER"
    " COLUMN email_lower SET NOT NULL; CREATE UNIQUE INDEX member_email_lower ON member (account_id, email_lower); DROP INDEX"
    " member_email;",
    "ALTER TABLE audit_log ADD COLUMN severity text; UPDATE audit_log SET severity = COALESCE(payload->>'severity', 'info');"
    "ALTER TABLE audit_log ALTER COLUMN severity SET DEFAULT 'info', ALTER COLUMN severity SET NOT NULL;",
    "ALTER TABLE account ADD COLUMN locale text; UPDATE account SET locale = COALESCE(country, 'US'); ALTER TABLE account ALTER"
    " COLUMN locale SET NOT NULL; DROP INDEX account_country;",
    "ALTER TABLE bill_item ADD COLUMN currency char(3); UPDATE bill_item i SET currency = b.currency FROM bill b WHERE b.id ="
    " i.bill_id; ALTER TABLE bill_item ALTER COLUMN currency SET NOT NULL;",
    "ALTER TABLE subscription ADD COLUMN cancelled boolean NOT NULL DEFAULT false; UPDATE subscription SET cancelled = true"
    " WHERE status = 'cancelled'; DROP INDEX subscription_renewal; CREATE INDEX subscription_renewal ON subscription (renews_on)"
    " WHERE NOT cancelled;",
    # Retyped.
    "DROP MATERIALIZED VIEW account_revenue; ALTER TABLE bill ALTER COLUMN amount TYPE numeric(14,2) USING amount / 100.0; ALTER"
    " TABLE bill_item ALTER COLUMN unit_amount TYPE numeric(14,2) USING unit_amount / 100.0; CREATE MATERIALIZED VIEW"
    " account_revenue AS SELECT account_id, date_trunc('month', issued_at) AS month, sum(amount) AS amount FROM bill WHERE status"
    " = 'paid' GROUP BY 1, 2; CREATE INDEX account_revenue_account ON account_revenue (account_id, month);",
    "ALTER TABLE audit_log ALTER COLUMN actor_id TYPE bigint, ALTER COLUMN event TYPE text; DROP INDEX audit_log_actor; CREATE"
    " INDEX audit_log_actor ON audit_log (actor_id, at DESC);",
    "ALTER TABLE bill_item ALTER COLUMN id TYPE bigint; ALTER TABLE bill_item ALTER COLUMN bill_id TYPE bigint; ALTER TABLE bill"
    " ALTER COLUMN id TYPE bigint;",
    "ALTER TABLE account ALTER COLUMN plan TYPE varchar(30); ALTER TABLE subscription ALTER COLUMN plan TYPE varchar(30); ALTER"
    " TABLE webhook_delivery ALTER COLUMN attempts TYPE smallint;",
    # Split and copied.
    "CREATE TABLE account_setting (account_id integer NOT NULL REFERENCES account, key text NOT NULL, value jsonb); INSERT INTO"
    " account_setting SELECT a.id, e.key, e.value FROM account a, jsonb_each(a.settings) e; ALTER TABLE account_setting ADD"
    " PRIMARY KEY (account_id, key); ALTER TABLE account DROP COLUMN settings;",
    "CREATE TABLE audit_log_new (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS); INSERT INTO audit_log_new SELECT *"
    " FROM audit_log WHERE at >= '2025-05-01'; ALTER TABLE audit_log RENAME TO audit_log_old; ALTER TABLE audit_log_new RENAME"
    " TO audit_log; ALTER TABLE audit_log ADD PRIMARY KEY (id); CREATE INDEX audit_log_account_at ON audit_log (account_id, at"
    " DESC); ALTER SEQUENCE audit_log_id_seq OWNED BY audit_log.id; DROP TABLE audit_log_old;",
    "CREATE TABLE webhook_body AS SELECT id AS delivery_id, body FROM webhook_delivery; ALTER TABLE webhook_body ADD PRIMARY KEY"
    " (delivery_id); ALTER TABLE webhook_delivery DROP COLUMN body; DROP INDEX webhook_delivery_account;",
    # Housekeeping.
    "DELETE FROM member WHERE deleted_at < '2025-06-01'; DROP INDEX member_email; CREATE UNIQUE INDEX member_email ON member"
    " (account_id, email) WHERE deleted_at IS NULL;",
    "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE status = 'delivered' AND created_at <"
    " '2025-04-01' LIMIT 5000); DELETE FROM webhook_delivery WHERE status = 'delivered' AND created_at < '2025-06-01'; CREATE"
    " INDEX webhook_delivery_created ON webhook_delivery USING brin (created_at);",
    "DELETE FROM bill WHERE status = 'draft'; DROP INDEX bill_open; CREATE INDEX bill_status_due ON bill (status, due_on);",
    "DELETE FROM api_key WHERE revoked_at IS NOT NULL; ALTER TABLE api_key DROP COLUMN revoked_at; DROP INDEX api_key_scopes;",
    # Partitions and the materialised view.
    "CREATE TABLE usage_2026_01 (LIKE usage_record INCLUDING DEFAULTS); ALTER TABLE usage_record ATTACH PARTITION usage_2026_01"
    " FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'); ALTER TABLE usage_record DETACH PARTITION usage_2025_01; DROP TABLE"
    " usage_2025_01; DROP INDEX usage_record_meter;",
    "DROP MATERIALIZED VIEW account_revenue; CREATE MATERIALIZED VIEW account_revenue AS SELECT account_id, currency,"
    " date_trunc('month', issued_at) AS month, sum(amount) AS amount, count(*) AS bills FROM bill WHERE status = 'paid' GROUP BY"
    " 1, 2, 3; CREATE INDEX account_revenue_month ON account_revenue (month);",
    "ALTER TABLE usage_record ADD COLUMN source text NOT NULL DEFAULT 'api'; CREATE INDEX usage_record_source ON usage_record"
    " (source, at); DROP INDEX usage_record_account; CREATE INDEX usage_record_account ON usage_record (account_id, meter, at);",
    # Replaced indexes, dropped columns.
    "DROP INDEX article_search; ALTER TABLE article DROP COLUMN search; ALTER TABLE article ADD COLUMN search tsvector GENERATED"
    " ALWAYS AS (to_tsvector('english', title)) STORED; CREATE INDEX article_search ON article USING gin (search);",
    "ALTER TABLE account ADD COLUMN archived boolean NOT NULL DEFAULT false; UPDATE account SET archived = true WHERE deleted_at"
    " IS NOT NULL; CREATE INDEX account_live ON account (plan, created_at) WHERE NOT archived; DROP INDEX account_plan_live;",
    "DROP INDEX audit_log_payload; DROP INDEX audit_log_account; CREATE INDEX audit_log_account_event ON audit_log (account_id,"
    " event, at DESC); ALTER TABLE audit_log DROP COLUMN ip;",
    "ALTER TABLE bill DROP COLUMN memo; CREATE INDEX bill_account_issued ON bill (account_id, issued_at DESC) INCLUDE (amount,"
    " status); DROP INDEX bill_account; DROP INDEX bill_number;",
)  # fmt: skip


def schema(scale: float) -> list[str]:
    """Statements that make and fill it."""

    def n(count: int) -> int:
        return max(60, round(count * scale))

    accounts, members, bills, events, hooks = n(20_000), n(120_000), n(160_000), n(320_000), n(90_000)
    months = [f"2025_{month:02}" for month in range(1, 13)]
    return [
        "CREATE TABLE account (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, slug text NOT NULL UNIQUE, plan text NOT NULL,"
        " country text, settings jsonb NOT NULL, tags text[] NOT NULL, created_at timestamptz NOT NULL, deleted_at timestamptz)",
        "CREATE TABLE member (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id integer NOT NULL REFERENCES account,"
        " email text NOT NULL, role text NOT NULL, name text NOT NULL, last_seen timestamptz, deleted_at timestamptz)",
        "CREATE TABLE subscription (id uuid PRIMARY KEY, account_id integer NOT NULL REFERENCES account, plan text NOT NULL, status"
        " text NOT NULL, seats integer NOT NULL, renews_on date NOT NULL, metadata jsonb)",
        "CREATE TABLE bill (id serial PRIMARY KEY, account_id integer NOT NULL REFERENCES account, subscription_id uuid, number text"
        " NOT NULL, status text NOT NULL CONSTRAINT bill_status CHECK (status IN ('draft', 'open', 'paid', 'settled', 'void',"
        " 'uncollectible')), issued_at timestamptz NOT NULL, due_on date NOT NULL, currency char(3) NOT NULL, amount bigint NOT"
        " NULL, memo text)",
        "CREATE TABLE bill_item (id serial PRIMARY KEY, bill_id integer NOT NULL, kind text NOT NULL, description text NOT NULL,"
        " quantity integer NOT NULL, unit_amount bigint NOT NULL)",
        "CREATE TABLE usage_record (account_id integer NOT NULL, meter text NOT NULL, at timestamptz NOT NULL, quantity"
        " numeric(12,3) NOT NULL) PARTITION BY RANGE (at)",
        *(
            f"CREATE TABLE usage_{month} PARTITION OF usage_record FOR VALUES FROM ('2025-{number:02}-01') TO"
            f" ('{2025 + number // 12}-{number % 12 + 1:02}-01')"
            for number, month in enumerate(months, 1)
        ),
        "CREATE TABLE audit_log (id bigserial, account_id integer NOT NULL, actor_id integer, event varchar(40) NOT NULL, payload"
        " jsonb NOT NULL, ip inet, at timestamptz NOT NULL, PRIMARY KEY (id))",
        "CREATE TABLE api_key (id serial PRIMARY KEY, account_id integer NOT NULL, prefix char(8) NOT NULL, scopes text[] NOT NULL,"
        " revoked_at timestamptz, last_used timestamptz)",
        "CREATE TABLE webhook_delivery (id bigserial PRIMARY KEY, account_id integer NOT NULL, event text NOT NULL, status text NOT"
        " NULL, attempts integer NOT NULL, created_at timestamptz NOT NULL, body text NOT NULL)",
        "CREATE TABLE article (id serial PRIMARY KEY, title text NOT NULL, body text NOT NULL, published boolean NOT NULL, search"
        " tsvector GENERATED ALWAYS AS (to_tsvector('english', title || ' ' || body)) STORED)",
        "CREATE INDEX account_country ON account (country)",
        "CREATE INDEX account_plan_live ON account (plan, created_at) WHERE deleted_at IS NULL",
        "CREATE INDEX account_tags ON account USING gin (tags)",
        "CREATE INDEX member_email ON member (email)",
        "CREATE INDEX member_account ON member (account_id) WHERE deleted_at IS NULL",
        "CREATE INDEX member_role ON member (role) WHERE role <> 'member'",
        "CREATE INDEX subscription_account ON subscription (account_id)",
        "CREATE INDEX subscription_status ON subscription (status)",
        "CREATE INDEX subscription_renewal ON subscription (renews_on)",
        "CREATE INDEX bill_account ON bill (account_id, issued_at DESC)",
        "CREATE UNIQUE INDEX bill_number ON bill (number)",
        "CREATE INDEX bill_open ON bill (due_on) WHERE status = 'open'",
        "CREATE INDEX bill_issued ON bill (issued_at) INCLUDE (amount, currency)",
        "CREATE INDEX bill_status_index ON bill (status, issued_at)",
        "CREATE INDEX bill_item_bill ON bill_item (bill_id) INCLUDE (unit_amount, quantity)",
        "CREATE INDEX bill_item_kind ON bill_item (kind)",
        "CREATE INDEX usage_record_account ON usage_record (account_id, at)",
        "CREATE INDEX usage_record_meter ON usage_record (meter, at)",
        "CREATE INDEX audit_log_account ON audit_log (account_id, at DESC)",
        "CREATE INDEX audit_log_actor ON audit_log (actor_id)",
        "CREATE INDEX audit_log_payload ON audit_log USING gin (payload jsonb_path_ops)",
        "CREATE INDEX api_key_prefix ON api_key (prefix)",
        "CREATE INDEX api_key_scopes ON api_key USING gin (scopes)",
        "CREATE INDEX webhook_delivery_account ON webhook_delivery (account_id, created_at DESC)",
        "CREATE INDEX webhook_delivery_status ON webhook_delivery (status, created_at)",
        "CREATE INDEX article_search ON article USING gin (search)",
        "SELECT setseed(0.37)",
        "INSERT INTO account (slug, plan, country, settings, tags, created_at, deleted_at) SELECT 'acme-' || substr(md5(g::text), 1,"
        " 6 + g % 9) || g, (array['free','free','free','starter','team','scale'])[1 + (random() ^ 1.5 * 5.99)::int % 6], CASE WHEN"
        " random() < 0.85 THEN (array['US','US','GB','DE','FR','IN','BR'])[1 + (random() ^ 2 * 6.99)::int % 7] END,"
        " jsonb_build_object('theme', CASE WHEN g % 3 = 0 THEN 'dark' ELSE 'light' END, 'tax', g % 5, 'notify', g % 2 = 0),"
        " (array['beta','partner','risk','vip','edu'])[1:(random() * 3.4)::int], timestamptz '2022-01-01' + g * interval '3 years'"
        f" / {accounts}, CASE WHEN random() < 0.12 THEN timestamptz '2025-01-01' + random() * interval '300 days' END FROM"
        f" generate_series(1, {accounts}) g",
        f"INSERT INTO member (account_id, email, role, name, last_seen, deleted_at) SELECT 1 + (random() ^ 2 * {accounts - 1})::int,"
        " 'u' || g || '@' || substr(md5((g % 900)::text), 1, 7) || '.example', (array['member','member','member','viewer','admin',"
        "'owner','guest'])[1 + (random() ^ 1.3 * 6.99)::int % 7], initcap(substr(md5(g::text), 1, 4 + g % 6)) || ' ' ||"
        " initcap(substr(md5((g % 3000)::text), 1, 8)), CASE WHEN random() < 0.8 THEN timestamptz '2025-11-01' - random() ^ 3 *"
        " interval '700 days' END, CASE WHEN random() < 0.2 THEN timestamptz '2025-01-01' + random() * interval '300 days' END FROM"
        f" generate_series(1, {members}) g",
        "INSERT INTO subscription SELECT md5('s' || g)::uuid, 1 + (g * 7919::bigint) % "
        f"{accounts}, (array['starter','starter','team','team','scale'])[1 + (random() * 4.99)::int % 5], CASE WHEN random() < 0.55"
        " THEN 'active' WHEN random() < 0.5 THEN 'cancelled' WHEN random() < 0.7 THEN 'trialing' ELSE 'past_due' END, 1 + (random()"
        " ^ 4 * 200)::int, date '2025-11-01' + (random() * 365)::int, CASE WHEN random() < 0.3 THEN jsonb_build_object('coupon',"
        f" 'C' || g % 50) END FROM generate_series(1, {n(40_000)}) g",
        "INSERT INTO bill (account_id, subscription_id, number, status, issued_at, due_on, currency, amount, memo) SELECT 1 +"
        f" (random() ^ 2 * {accounts - 1})::int, CASE WHEN random() < 0.8 THEN md5('s' || (1 + g % {n(40_000)}))::uuid END, 'INV-' ||"
        " lpad(g::text, 8, '0'), CASE WHEN random() < 0.78 THEN 'paid' WHEN random() < 0.4 THEN 'open' WHEN random() < 0.5 THEN"
        " 'void' WHEN random() < 0.7 THEN 'draft' ELSE 'uncollectible' END, timestamptz '2024-01-01' + g * interval '22 months' /"
        f" {bills}, date '2024-01-15' + (g * 670::bigint / {bills})::int, (array['USD','USD','EUR','GBP'])[1 + (random() * 3.99)::int"
        " % 4], (500 + random() ^ 3 * 900000)::bigint, CASE WHEN random() < 0.25 THEN repeat('thank you ', 1 + (random() *"
        f" 12)::int) END FROM generate_series(1, {bills}) g",
        f"INSERT INTO bill_item (bill_id, kind, description, quantity, unit_amount) SELECT 1 + (g * 31::bigint) % {bills},"
        " (array['seat','seat','usage','discount','tax','one-off'])[1 + (random() ^ 1.4 * 5.99)::int % 6], 'line ' ||"
        f" substr(md5((g % 700)::text), 1, 3 + g % 20), 1 + (random() ^ 3 * 60)::int, (random() * 90000)::bigint FROM"
        f" generate_series(1, {n(380_000)}) g",
        f"INSERT INTO usage_record SELECT 1 + (random() ^ 3 * {accounts - 1})::int, (array['requests','requests','storage','emails',"
        "'minutes'])[1 + (random() * 4.99)::int % 5], timestamptz '2025-01-01 00:00+00' + g * interval '330 days' /"
        f" {n(420_000)}, (random() * 5000)::numeric(12,3) FROM generate_series(1, {n(420_000)}) g",
        f"INSERT INTO audit_log (account_id, actor_id, event, payload, ip, at) SELECT 1 + (random() ^ 3 * {accounts - 1})::int, CASE"
        f" WHEN random() < 0.9 THEN 1 + (random() ^ 2 * {members - 1})::int END, (array['login','login','bill.paid','member.added',"
        "'plan.changed','key.made'])[1 + (random() ^ 1.6 * 5.99)::int % 6], CASE WHEN random() < 0.1 THEN"
        " jsonb_build_object('severity', 'high', 'n', g % 90) ELSE jsonb_build_object('n', g % 90, 'path', '/' || substr(md5((g %"
        " 3000)::text), 1, 4 + g % 20)) END, CASE WHEN random() < 0.7 THEN ('10.' || g % 250 || '.3.' || g % 200)::inet END,"
        f" timestamptz '2024-11-01' + g * interval '1 year' / {events} FROM generate_series(1, {events}) g",
        f"INSERT INTO api_key (account_id, prefix, scopes, revoked_at, last_used) SELECT 1 + (random() * {accounts - 1})::int,"
        " substr(md5('k' || g), 1, 8), (array['read','write','bills','usage','admin'])[1 + g % 2:1 + (random() * 4)::int], CASE WHEN"
        " random() < 0.35 THEN timestamptz '2025-05-01' + random() * interval '150 days' END, CASE WHEN random() < 0.6 THEN"
        f" timestamptz '2025-11-01' - random() ^ 2 * interval '300 days' END FROM generate_series(1, {n(30_000)}) g",
        f"INSERT INTO webhook_delivery (account_id, event, status, attempts, created_at, body) SELECT 1 + (random() ^ 2 *"
        f" {accounts - 1})::int, (array['bill.paid','bill.open','member.added','plan.changed'])[1 + (random() ^ 2 * 3.99)::int % 4],"
        " CASE WHEN random() < 0.9 THEN 'delivered' WHEN random() < 0.5 THEN 'retrying' WHEN random() < 0.6 THEN 'failed' ELSE"
        f" 'queued' END, 1 + (random() ^ 4 * 8)::int, timestamptz '2024-12-01' + g * interval '11 months' / {hooks}, CASE WHEN g % 40"
        " = 0 THEN (SELECT string_agg(md5((g * 100 + x)::text), '') FROM generate_series(1, 150) x) ELSE '{\"id\": \"' || md5(g::text)"
        f" || repeat('x', (random() * 300)::int) || '\"}}' END FROM generate_series(1, {hooks}) g",
        "INSERT INTO article (title, body, published) SELECT 'How to ' || (array['pay','cancel','export','invite','refund','audit'])"
        "[1 + g % 6] || ' ' || substr(md5(g::text), 1, 5), (SELECT string_agg((array['bill','plan','seat','card','tax','team','usage',"
        "'report','limit','month'])[1 + ((g * x) % 10)] || ' ' || substr(md5((g % 40 * x)::text), 1, 4), ' ') FROM generate_series(1,"
        f" 20 + g % 60) x), g % 8 > 0 FROM generate_series(1, {n(12_000)}) g",
        "UPDATE member SET last_seen = last_seen + interval '1 day' WHERE id % 5 = 1",
        "UPDATE bill SET memo = NULL WHERE id % 11 = 4",
        "DELETE FROM webhook_delivery WHERE id % 9 = 5",
        "CREATE MATERIALIZED VIEW account_revenue AS SELECT account_id, date_trunc('month', issued_at) AS month, sum(amount) AS"
        " amount FROM bill WHERE status = 'paid' GROUP BY 1, 2",
        "CREATE INDEX account_revenue_account ON account_revenue (account_id, month)",
    ]  # fmt: skip


_SHAPES = (
    "SELECT * FROM account WHERE slug = 'acme-{hex}{account}'",
    "SELECT id, slug, plan FROM account WHERE plan = '{plan}' AND deleted_at IS NULL ORDER BY created_at DESC LIMIT 25",
    "SELECT plan, count(*) FROM account WHERE deleted_at IS NULL GROUP BY plan",
    "SELECT id, slug FROM account WHERE tags @> ARRAY['{tag}'] AND country = 'DE'",
    "SELECT count(*) FROM account WHERE country = '{country}'",
    "SELECT id, country FROM account WHERE created_at > '2024-{month}-01' AND deleted_at IS NULL",
    "SELECT id, role, name FROM member WHERE account_id = {account} AND deleted_at IS NULL",
    "SELECT id, account_id FROM member WHERE email = 'u{member}@{hex}.example'",
    "SELECT count(*) FROM member WHERE role = '{role}'",
    "SELECT m.id, m.name, a.slug FROM member m JOIN account a ON a.id = m.account_id WHERE m.role = 'owner' AND a.plan = 'scale'"
    " AND m.deleted_at IS NULL",
    "SELECT account_id, count(*) FROM member WHERE last_seen > '2025-{month}-01' GROUP BY account_id ORDER BY 2 DESC LIMIT 10",
    "SELECT id FROM member WHERE deleted_at < '2025-{month}-01' AND account_id = {account}",
    "SELECT * FROM subscription WHERE account_id = {account}",
    "SELECT id, account_id, renews_on FROM subscription WHERE status = '{substatus}' AND renews_on < '2025-11-{day}'",
    "SELECT status, sum(seats) FROM subscription GROUP BY status",
    "SELECT id, seats FROM subscription WHERE renews_on BETWEEN '2026-{month}-01' AND '2026-{month}-03'",
    "SELECT a.id, a.slug, s.seats FROM subscription s JOIN account a ON a.id = s.account_id WHERE s.status = 'past_due' AND"
    " a.country = '{country}'",
    "SELECT count(*) FROM subscription WHERE plan = '{plan}' AND status = 'active'",
    "SELECT id, number, status, amount FROM bill WHERE account_id = {account} ORDER BY issued_at DESC LIMIT 12",
    "SELECT * FROM bill WHERE number = 'INV-{member:08}'",
    "SELECT id, account_id, amount FROM bill WHERE status = 'open' AND due_on < '2025-{month}-{day}' ORDER BY due_on LIMIT 100",
    "SELECT status, count(*), sum(amount) FROM bill WHERE issued_at >= '2025-{month}-01' GROUP BY status",
    "SELECT currency, sum(amount) FROM bill WHERE issued_at >= '2025-{month}-01' AND issued_at < '2025-{month}-20' GROUP BY"
    " currency",
    "SELECT count(*) FROM bill WHERE status = '{status}' AND issued_at >= '2025-{month}-10'",
    "SELECT id FROM bill WHERE status = '{status}' AND amount > 89{digit}000",
    "SELECT b.id, sum(i.quantity * i.unit_amount) FROM bill b JOIN bill_item i ON i.bill_id = b.id WHERE b.account_id = {account}"
    " GROUP BY b.id",
    "SELECT a.slug, sum(b.amount) FROM bill b JOIN account a ON a.id = b.account_id WHERE b.status = 'paid' AND b.issued_at >="
    " '2025-{month}-01' GROUP BY a.slug ORDER BY 2 DESC LIMIT 20",
    "SELECT kind, description, quantity FROM bill_item WHERE bill_id = {member}",
    "SELECT sum(quantity * unit_amount) FROM bill_item WHERE bill_id = {member}",
    "SELECT count(*), avg(unit_amount) FROM bill_item WHERE kind = '{kind}'",
    "SELECT b.currency, i.kind, sum(i.unit_amount) FROM bill_item i JOIN bill b ON b.id = i.bill_id WHERE b.issued_at >="
    " '2025-{month}-01' GROUP BY 1, 2",
    "SELECT meter, sum(quantity) FROM usage_record WHERE account_id = {account} AND at >= '2025-{month}-01' AND at <"
    " '2025-{month}-28' GROUP BY meter",
    "SELECT count(*) FROM usage_record WHERE meter = 'emails' AND at >= '2025-{month}-03' AND at < '2025-{month}-04'",
    "SELECT account_id, sum(quantity) FROM usage_record WHERE meter = 'storage' AND at >= '2025-{month}-05' AND at <"
    " '2025-{month}-06' GROUP BY account_id ORDER BY 2 DESC LIMIT 10",
    "SELECT max(at) FROM usage_record WHERE account_id = {account}",
    "SELECT id, event, at FROM audit_log WHERE account_id = {account} ORDER BY at DESC LIMIT 50",
    "SELECT id, event FROM audit_log WHERE actor_id = {member}",
    "SELECT count(*) FROM audit_log WHERE payload @> '{{\"severity\": \"high\", \"n\": {digit}}}'",
    "SELECT event, count(*) FROM audit_log WHERE at >= '2025-{month}-01' AND at < '2025-{month}-15' GROUP BY event",
    "SELECT id, at FROM audit_log WHERE account_id = {account} AND event = 'plan.changed' ORDER BY at DESC LIMIT 5",
    "SELECT account_id, scopes FROM api_key WHERE prefix = '{hex}f' AND revoked_at IS NULL",
    "SELECT count(*) FROM api_key WHERE scopes @> ARRAY['admin']",
    "SELECT id, prefix FROM api_key WHERE account_id = {account}",
    "SELECT id, event, status FROM webhook_delivery WHERE account_id = {account} ORDER BY created_at DESC LIMIT 20",
    "SELECT id, body FROM webhook_delivery WHERE status = 'queued' ORDER BY created_at LIMIT 50",
    "SELECT id, account_id FROM webhook_delivery WHERE status = 'retrying' AND attempts < 5 ORDER BY created_at LIMIT 50",
    "SELECT status, count(*) FROM webhook_delivery WHERE created_at >= '2025-{month}-01' GROUP BY status",
    "SELECT id, title FROM article WHERE search @@ to_tsquery('english', '{word} & {word2}') AND published LIMIT 20",
    "SELECT count(*) FROM article WHERE published",
    "SELECT month, amount FROM account_revenue WHERE account_id = {account} ORDER BY month",
    "SELECT month, sum(amount) FROM account_revenue GROUP BY month ORDER BY month",
    "UPDATE member SET last_seen = '2025-11-02' WHERE id = {member}",
    "UPDATE bill SET status = 'paid' WHERE id = {member} AND status = 'open'",
    "INSERT INTO usage_record VALUES ({account}, 'requests', '2025-{month}-09', {digit})",
    "DELETE FROM api_key WHERE account_id = {account} AND revoked_at < '2025-{month}-01'",
)  # fmt: skip


def calls(scale: float, draw: random.Random, count: int) -> list[list[str]]:
    """Transactions of one statement each; values are skewed as the data are."""
    accounts, members = max(60, round(20_000 * scale)), max(60, round(120_000 * scale))
    return [
        [
            draw.choice(_SHAPES).format(
                account=1 + int(draw.random() ** 2 * (accounts - 1)),
                member=1 + int(draw.random() * (members - 1)),
                hex=f"{draw.randrange(16**7):07x}",
                plan=draw.choice(["free", "starter", "team", "scale"]),
                tag=draw.choice(["beta", "partner", "risk"]),
                country=draw.choice(["US", "GB", "DE", "FR", "IN", "BR"]),
                role=draw.choice(["viewer", "admin", "owner", "guest", "member"]),
                substatus=draw.choice(["active", "trialing", "past_due", "cancelled"]),
                status=draw.choice(["paid", "open", "void", "draft", "uncollectible"]),
                kind=draw.choice(["seat", "usage", "discount", "tax", "one-off"]),
                word=draw.choice(["bill", "plan", "seat", "card"]),
                word2=draw.choice(["refund", "export", "audit", "invite"]),
                day=draw.randrange(10, 28),
                digit=1 + draw.randrange(8),
                month=f"{1 + draw.randrange(10):02}",
            )
        ]
        for _ in range(count)
    ]
