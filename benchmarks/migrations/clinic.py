"""A chain of clinics: worn tables (updated, partly deleted, with room left on their pages), and migrations in the ways
that frameworks and teams write them. Scored once before anything was tuned on it; docs/benchmarks.md has that figure."""

from __future__ import annotations

import random

CHANGES = (
    # Added columns, filled, bound.
    "ALTER TABLE patient ADD COLUMN preferred_name text; UPDATE patient SET preferred_name = surname WHERE preferred_name"
    " IS NULL; ALTER TABLE patient ALTER COLUMN preferred_name SET NOT NULL;",
    "ALTER TABLE visit ADD COLUMN channel varchar(16) DEFAULT 'desk' NOT NULL; ALTER TABLE visit ALTER COLUMN channel DROP"
    " DEFAULT; CREATE INDEX visit_channel ON visit (channel); DROP INDEX visit_clinician;",
    "ALTER TABLE invoice ADD COLUMN total_cents bigint; UPDATE invoice SET total_cents = (total * 100)::bigint;"
    "ALTER TABLE invoice ALTER COLUMN total_cents SET NOT NULL; ALTER TABLE invoice DROP COLUMN total;",
    "ALTER TABLE lab_result ADD COLUMN reviewed boolean NOT NULL DEFAULT false; UPDATE lab_result SET reviewed = true WHERE"
    " taken < '2025-09-01'; CREATE INDEX lab_result_unreviewed ON lab_result (taken) WHERE NOT reviewed;",
    "ALTER TABLE message ADD COLUMN folder smallint NOT NULL DEFAULT 0, ADD COLUMN starred boolean NOT NULL DEFAULT false;"
    "CREATE INDEX message_folder ON message (patient_id, folder); DROP INDEX message_patient;",
    "ALTER TABLE room ADD COLUMN building text; UPDATE room SET building = 'main'; ALTER TABLE visit ADD COLUMN building"
    " text; UPDATE visit SET building = 'main'; CREATE INDEX visit_building ON visit (building, starts);",
    # Retyped columns.
    "ALTER TABLE visit ALTER COLUMN id TYPE bigint; ALTER TABLE prescription ALTER COLUMN visit_id TYPE bigint;"
    "ALTER TABLE diagnosis ALTER COLUMN visit_id TYPE bigint;",
    "ALTER TABLE patient ALTER COLUMN postcode TYPE varchar(40); ALTER TABLE patient ALTER COLUMN born TYPE timestamp;"
    "DROP INDEX patient_surname; CREATE INDEX patient_surname_lower ON patient (lower(surname));",
    "ALTER TABLE lab_result ALTER COLUMN value TYPE numeric(12,3) USING value::numeric(12,3); ALTER TABLE lab_result ALTER"
    " COLUMN kind TYPE integer;",
    "ALTER TABLE audit_entry ALTER COLUMN actor TYPE bigint; ALTER TABLE audit_entry ALTER COLUMN object_id TYPE text;"
    "CREATE INDEX audit_entry_actor ON audit_entry (actor, at);",
    "ALTER TABLE diagnosis ALTER COLUMN code TYPE varchar(12); ALTER TABLE diagnosis ALTER COLUMN severity TYPE smallint;",
    "ALTER TABLE prescription ALTER COLUMN dose TYPE text USING dose::text || ' mg'; DROP INDEX prescription_drug;"
    "CREATE INDEX prescription_drug_active ON prescription (drug_id) WHERE ended IS NULL;",
    "ALTER TABLE message ALTER COLUMN sent TYPE timestamp; DROP INDEX message_unread;",
    "ALTER TABLE invoice ALTER COLUMN state TYPE varchar(20); ALTER TABLE invoice ALTER COLUMN state SET DEFAULT 'new';"
    "ALTER TABLE invoice ADD CONSTRAINT invoice_total CHECK (total >= 0) NOT VALID; ALTER TABLE invoice VALIDATE CONSTRAINT"
    " invoice_total;",
    # Copied, split and renamed tables.
    "CREATE TABLE invoice_line_new (LIKE invoice_line INCLUDING DEFAULTS); INSERT INTO invoice_line_new SELECT * FROM"
    " invoice_line; ALTER SEQUENCE invoice_line_id_seq OWNED BY invoice_line_new.id; DROP TABLE invoice_line; ALTER TABLE invoice_line_new RENAME TO invoice_line; ALTER TABLE invoice_line"
    " ADD PRIMARY KEY (id); CREATE INDEX invoice_line_invoice ON invoice_line (invoice_id);",
    "CREATE TABLE patient_contact AS SELECT id AS patient_id, email, phone FROM patient; ALTER TABLE patient_contact ADD"
    " PRIMARY KEY (patient_id); ALTER TABLE patient DROP COLUMN phone; DROP INDEX patient_email;",
    "ALTER TABLE clinician RENAME TO practitioner; CREATE VIEW clinician AS SELECT * FROM practitioner; DROP INDEX"
    " visit_room; CREATE INDEX visit_room_starts ON visit (room_id, starts DESC);",
    # Housekeeping.
    "DELETE FROM audit_entry WHERE at < '2025-03-01'; DROP INDEX audit_entry_at; CREATE INDEX audit_entry_at ON audit_entry"
    " USING brin (at);",
    "DELETE FROM message WHERE read_at IS NOT NULL AND sent < '2025-06-01'; CREATE INDEX message_sent ON message (sent);",
    "UPDATE visit SET state = 'closed' WHERE state = 'done'; ALTER TABLE visit ADD CONSTRAINT visit_state CHECK (state IN"
    " ('closed', 'booked', 'missed', 'cancelled', 'arrived')); DROP INDEX visit_starts;",
    "UPDATE prescription SET repeats = 0 WHERE repeats IS NULL; ALTER TABLE prescription ALTER COLUMN repeats SET NOT NULL;"
    "ALTER TABLE prescription ALTER COLUMN repeats SET DEFAULT 0;",
    "ALTER TABLE lab_result DROP COLUMN note; ALTER TABLE lab_result SET (fillfactor = 100); CREATE INDEX lab_result_kind ON"
    " lab_result (kind, taken); DROP INDEX lab_result_abnormal;",
    "ALTER TABLE patient DROP COLUMN notes; ALTER TABLE patient ADD COLUMN external_id uuid NOT NULL DEFAULT"
    " gen_random_uuid(); CREATE UNIQUE INDEX patient_external ON patient (external_id);",
    "ALTER TABLE diagnosis ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(); ALTER TABLE diagnosis ADD COLUMN"
    " updated_at timestamptz NOT NULL DEFAULT clock_timestamp(); DROP INDEX diagnosis_code;",
    "ALTER TABLE invoice_line DROP CONSTRAINT invoice_line_pkey; ALTER TABLE invoice_line ADD COLUMN uid bigint GENERATED"
    " ALWAYS AS IDENTITY; ALTER TABLE invoice_line ADD PRIMARY KEY (uid);",
    "ALTER TABLE visit ADD COLUMN minutes integer GENERATED ALWAYS AS (length / 60) STORED; CREATE INDEX visit_minutes ON"
    " visit (minutes); DROP INDEX visit_open;",
    "CREATE INDEX visit_patient_state ON visit (patient_id, state); DROP INDEX visit_patient; CREATE INDEX"
    " invoice_patient_state ON invoice (patient_id, state); DROP INDEX invoice_patient; DROP INDEX invoice_unpaid;",
    "DO $$ BEGIN IF EXISTS (SELECT FROM pg_indexes WHERE indexname = 'prescription_visit') THEN EXECUTE 'DROP INDEX"
    " prescription_visit'; END IF; END $$; ALTER TABLE prescription ADD COLUMN pharmacy text; UPDATE prescription SET"
    " pharmacy = 'central' WHERE ended IS NULL;",
)


def schema(scale: float) -> list[str]:
    """Statements that make, fill and wear it."""

    def n(count: int) -> int:
        return max(60, round(count * scale))

    patients, visits, results, lines, messages, entries = (
        n(50_000), n(240_000), n(360_000), n(300_000), n(160_000), n(300_000),
    )  # fmt: skip
    return [
        "CREATE TABLE clinician (id serial PRIMARY KEY, name text NOT NULL, speciality text NOT NULL, active boolean NOT NULL)",
        "CREATE TABLE room (id serial PRIMARY KEY, label text NOT NULL, floor smallint)",
        "CREATE TABLE drug (id serial PRIMARY KEY, name text NOT NULL UNIQUE, class varchar(30) NOT NULL)",
        "CREATE TABLE patient (id serial PRIMARY KEY, surname text NOT NULL, given varchar(60) NOT NULL, email text, phone"
        " varchar(20), born date NOT NULL, postcode varchar(10) NOT NULL, insurer smallint NOT NULL, notes text)",
        "CREATE TABLE visit (id serial PRIMARY KEY, patient_id integer NOT NULL REFERENCES patient, clinician_id integer NOT"
        " NULL REFERENCES clinician, room_id integer REFERENCES room, state varchar(12) NOT NULL, starts timestamptz NOT NULL,"
        " length integer NOT NULL, reason text) WITH (fillfactor = 90)",
        "CREATE TABLE diagnosis (visit_id integer NOT NULL REFERENCES visit, code char(5) NOT NULL, severity integer, PRIMARY"
        " KEY (visit_id, code))",
        "CREATE TABLE prescription (id bigserial PRIMARY KEY, visit_id integer NOT NULL REFERENCES visit, drug_id integer NOT"
        " NULL REFERENCES drug, dose numeric(8,2) NOT NULL, repeats smallint, ended date)",
        "CREATE TABLE lab_result (id bigserial PRIMARY KEY, patient_id integer NOT NULL, kind smallint NOT NULL, value double"
        " precision, taken timestamptz NOT NULL, abnormal boolean NOT NULL, note text) WITH (fillfactor = 80)",
        "CREATE TABLE invoice (id serial PRIMARY KEY, patient_id integer NOT NULL REFERENCES patient, visit_id integer,"
        " issued date NOT NULL, state text NOT NULL, total numeric(10,2) NOT NULL)",
        "CREATE TABLE invoice_line (id bigserial PRIMARY KEY, invoice_id integer NOT NULL, item varchar(40) NOT NULL, quantity"
        " smallint NOT NULL, price numeric(9,2) NOT NULL)",
        "CREATE TABLE message (id bigserial PRIMARY KEY, patient_id integer NOT NULL, clinician_id integer, sent timestamptz"
        " NOT NULL, read_at timestamptz, body text NOT NULL)",
        "CREATE TABLE audit_entry (id bigserial PRIMARY KEY, actor integer NOT NULL, action varchar(12) NOT NULL, object_type"
        " varchar(20) NOT NULL, object_id integer NOT NULL, at timestamptz NOT NULL, detail jsonb)",
        "CREATE INDEX patient_surname ON patient (surname, given)",
        "CREATE INDEX patient_email ON patient (email) WHERE email IS NOT NULL",
        "CREATE INDEX patient_postcode ON patient (postcode varchar_pattern_ops)",
        "CREATE INDEX visit_patient ON visit (patient_id, starts)",
        "CREATE INDEX visit_clinician ON visit (clinician_id, starts)",
        "CREATE INDEX visit_starts ON visit (starts)",
        "CREATE INDEX visit_room ON visit (room_id)",
        "CREATE INDEX visit_open ON visit (starts) WHERE state IN ('booked', 'arrived')",
        "CREATE INDEX diagnosis_code ON diagnosis (code)",
        "CREATE INDEX prescription_visit ON prescription (visit_id)",
        "CREATE INDEX prescription_drug ON prescription (drug_id)",
        "CREATE INDEX lab_result_patient ON lab_result (patient_id, taken DESC)",
        "CREATE INDEX lab_result_abnormal ON lab_result (kind, taken) WHERE abnormal",
        "CREATE INDEX invoice_patient ON invoice (patient_id)",
        "CREATE INDEX invoice_unpaid ON invoice (issued) WHERE state <> 'paid'",
        "CREATE INDEX invoice_line_invoice ON invoice_line (invoice_id)",
        "CREATE INDEX message_patient ON message (patient_id, sent DESC)",
        "CREATE INDEX message_unread ON message (clinician_id) WHERE read_at IS NULL",
        "CREATE INDEX audit_entry_object ON audit_entry (object_type, object_id)",
        "CREATE INDEX audit_entry_at ON audit_entry (at)",
        "SELECT setseed(0.61)",
        "INSERT INTO clinician (name, speciality, active) SELECT 'Dr ' || initcap(substr(md5(g::text), 1, 4 + g % 9)), (array["
        "'general','heart','skin','bones','eyes','children'])[1 + (random() ^ 2 * 5.9)::int % 6], g % 7 > 0 FROM"
        " generate_series(1, 300) g",
        "INSERT INTO room (label, floor) SELECT 'R' || g, CASE WHEN g % 9 > 0 THEN g / 20 END FROM generate_series(1, 90) g",
        "INSERT INTO drug (name, class) SELECT 'drug ' || substr(md5(g::text), 1, 10), 'class ' || (g % 37) FROM"
        " generate_series(1, 1500) g",
        "INSERT INTO patient (surname, given, email, phone, born, postcode, insurer, notes) SELECT initcap(substr(md5((random()"
        " ^ 2 * 4000)::int::text), 1, 3 + (random() * 8)::int)), initcap(substr(md5((g % 700)::text), 1, 3 + g % 7)), CASE WHEN"
        " random() < 0.7 THEN 'p' || g || '@mail.example' END, CASE WHEN random() < 0.9 THEN '+44' || (g * 7919 % 1000000000)"
        " END, date '1930-01-01' + (random() * 34000)::int, chr(65 + g % 20) || (random() ^ 2 * 98)::int || ' ' || g % 10 ||"
        " 'XY', 1 + (random() ^ 3 * 11)::int, CASE WHEN random() < 0.2 THEN repeat('note ', 2 + (random() * 40)::int) END FROM"
        f" generate_series(1, {patients}) g",
        "INSERT INTO visit (patient_id, clinician_id, room_id, state, starts, length, reason) SELECT 1 + (random() ^ 2 *"
        f" {patients - 1})::int, 1 + (random() ^ 2 * 299)::int, CASE WHEN random() < 0.8 THEN 1 + (random() * 89)::int END,"
        " (array['booked','booked','missed','cancelled'])[1 + (random() * 3.9)::int % 4], timestamptz '2024-11-01 08:00+00' +"
        f" g * interval '1 year' / {visits} * 1.05, 300 * (1 + (random() * 5)::int), CASE WHEN random() < 0.5 THEN 'because '"
        f" || substr(md5(g::text), 1, (random() * 30)::int) END FROM generate_series(1, {visits}) g",
        "UPDATE visit SET state = 'done' WHERE starts < '2025-10-20' AND state = 'booked'",
        "INSERT INTO diagnosis SELECT v, substr('ABCDEFGHIJ', 1 + (random() ^ 3 * 9)::int, 1) || lpad(((random() ^ 2 *"
        f" 900)::int)::text, 3, '0'), CASE WHEN random() < 0.6 THEN 1 + v % 4 END FROM generate_series(1, {visits}, 2) v",
        f"INSERT INTO diagnosis SELECT v, 'Z' || lpad((v % 40)::text, 3, '0'), 1 FROM generate_series(1, {visits}, 5) v",
        "INSERT INTO prescription (visit_id, drug_id, dose, repeats, ended) SELECT 1 + (g * 7919::bigint)"
        f" % {visits}, 1 + (random() ^ 3 * 1499)::int, (random() * 500)::numeric(8,2), CASE WHEN random() < 0.4 THEN g % 6 END,"
        f" CASE WHEN random() < 0.85 THEN date '2025-01-01' + g % 300 END FROM generate_series(1, {n(200_000)}) g",
        "INSERT INTO lab_result (patient_id, kind, value, taken, abnormal, note) SELECT 1 + (random() ^ 2 *"
        f" {patients - 1})::int, (random() ^ 2 * 60)::int, CASE WHEN random() < 0.95 THEN round((random() * 300)::numeric, 2)"
        f" END, timestamptz '2024-11-01 08:00+00' + g * interval '1 year' / {results}, random() < 0.08, CASE WHEN random() <"
        f" 0.15 THEN 'see ' || md5(g::text) END FROM generate_series(1, {results}) g",
        "UPDATE lab_result SET note = 'checked' WHERE abnormal AND taken < '2025-07-01'",
        "INSERT INTO invoice (patient_id, visit_id, issued, state, total) SELECT patient_id, id, starts::date + 7, CASE WHEN"
        " random() < 0.9 THEN 'paid' WHEN random() < 0.8 THEN 'sent' ELSE 'overdue' END, (20 + random() ^ 3 *"
        " 900)::numeric(10,2) FROM visit WHERE state = 'done' OR id % 3 = 0",
        f"INSERT INTO invoice_line (invoice_id, item, quantity, price) SELECT 1 + (g * 31::bigint) % {n(150_000)}, 'item ' ||"
        " substr(md5((g % 400)::text), 1, 2 + g % 12), 1 + (random() ^ 4 * 9)::int, (random() * 200)::numeric(9,2) FROM"
        f" generate_series(1, {lines}) g",
        "DELETE FROM invoice_line WHERE id % 7 = 3",
        "INSERT INTO message (patient_id, clinician_id, sent, read_at, body) SELECT 1 + (random() ^ 2 *"
        f" {patients - 1})::int, CASE WHEN random() < 0.75 THEN 1 + (random() ^ 2 * 299)::int END, timestamptz '2024-11-01"
        f" 00:00+00' + g * interval '1 year' / {messages}, CASE WHEN random() < 0.9 THEN timestamptz '2025-11-02' END,"
        f" repeat('text ' || g % 100 || ' ', 1 + (random() ^ 2 * 60)::int) FROM generate_series(1, {messages}) g",
        "INSERT INTO audit_entry (actor, action, object_type, object_id, at, detail) SELECT 1 + (random() ^ 3 * 299)::int,"
        " (array['view','view','view','edit','print','export'])[1 + (random() * 5.9)::int % 6], (array['patient','visit',"
        f"'lab_result','invoice'])[1 + (random() ^ 2 * 3.9)::int % 4], 1 + (random() * {patients - 1})::int, timestamptz"
        f" '2024-11-01 00:00+00' + g * interval '1 year' / {entries}, CASE WHEN random() < 0.3 THEN jsonb_build_object('ip',"
        f" '10.0.' || g % 200 || '.' || g % 250) END FROM generate_series(1, {entries}) g",
    ]  # fmt: skip


_SHAPES = (
    "SELECT * FROM patient WHERE id = {patient}",
    "SELECT id, surname, given, born FROM patient WHERE surname = '{name}' ORDER BY given LIMIT 20",
    "SELECT id, given FROM patient WHERE surname LIKE '{name}%' AND born < '19{two}-01-01'",
    "SELECT id FROM patient WHERE email = 'p{patient}@mail.example'",
    "SELECT id, postcode FROM patient WHERE postcode LIKE '{letter}{digit}%' LIMIT 100",
    "SELECT insurer, count(*) FROM patient GROUP BY insurer",
    "SELECT count(*) FROM patient WHERE born BETWEEN '19{two}-03-01' AND '19{two}-05-01'",
    "SELECT v.id, v.starts, v.state, c.name FROM visit v JOIN clinician c ON c.id = v.clinician_id WHERE v.patient_id ="
    " {patient} ORDER BY v.starts DESC LIMIT 10",
    "SELECT id, patient_id, starts, length FROM visit WHERE clinician_id = {clinician} AND starts >= '2025-{month}-01' AND"
    " starts < '2025-{month}-08' ORDER BY starts",
    "SELECT count(*) FROM visit WHERE clinician_id = {clinician} AND state = 'missed'",
    "SELECT id FROM visit WHERE starts >= '2025-{month}-03' AND starts < '2025-{month}-04'",
    "SELECT id, starts FROM visit WHERE state = 'booked' AND starts > '2025-10-2{digit}' ORDER BY starts LIMIT 50",
    "SELECT state, count(*) FROM visit GROUP BY state",
    "SELECT date_trunc('day', starts), count(*) FROM visit WHERE starts >= '2025-{month}-01' AND starts < '2025-{month}-28'"
    " GROUP BY 1",
    "SELECT r.label, count(*) FROM visit v JOIN room r ON r.id = v.room_id WHERE v.starts >= '2025-{month}-10' AND v.starts <"
    " '2025-{month}-12' GROUP BY r.label",
    "SELECT id, starts FROM visit WHERE room_id = {digit} AND starts >= '2025-{month}-01' AND starts < '2025-{month}-03'",
    "SELECT max(starts) FROM visit WHERE patient_id = {patient} AND state = 'done'",
    "SELECT count(DISTINCT patient_id) FROM visit WHERE starts >= '2025-{month}-01'",
    "SELECT code, severity FROM diagnosis WHERE visit_id = {visit}",
    "SELECT count(*) FROM diagnosis WHERE code = 'Z0{digit}1'",
    "SELECT d.code, count(*) FROM diagnosis d JOIN visit v ON v.id = d.visit_id WHERE v.patient_id = {patient} GROUP BY d.code",
    "SELECT code, avg(severity) FROM diagnosis WHERE severity IS NOT NULL GROUP BY code ORDER BY 2 DESC LIMIT 10",
    "SELECT p.id, d.name, p.dose FROM prescription p JOIN drug d ON d.id = p.drug_id WHERE p.visit_id = {visit}",
    "SELECT count(*) FROM prescription WHERE drug_id = {drug} AND ended IS NULL",
    "SELECT visit_id, dose FROM prescription WHERE drug_id = {drug} AND repeats > 3",
    "SELECT drug_id, count(*) FROM prescription WHERE ended > '2025-08-{two1}' GROUP BY drug_id ORDER BY 2 DESC LIMIT 20",
    "SELECT count(*) FROM prescription WHERE repeats IS NULL",
    "SELECT kind, value, taken FROM lab_result WHERE patient_id = {patient} ORDER BY taken DESC LIMIT 25",
    "SELECT id, patient_id, value FROM lab_result WHERE abnormal AND kind = {kind} AND taken >= '2025-{month}-01'",
    "SELECT kind, avg(value), stddev(value) FROM lab_result WHERE taken >= '2025-{month}-01' AND taken < '2025-{month}-15'"
    " GROUP BY kind",
    "SELECT count(*) FROM lab_result WHERE value > 29{digit}",
    "SELECT p.surname, l.value FROM lab_result l JOIN patient p ON p.id = l.patient_id WHERE l.kind = {kind} AND l.value >"
    " 29{digit} ORDER BY l.value DESC LIMIT 10",
    "SELECT * FROM invoice WHERE patient_id = {patient} ORDER BY issued DESC",
    "SELECT id, total FROM invoice WHERE state <> 'paid' AND issued < '2025-{month}-11' ORDER BY issued LIMIT 40",
    "SELECT state, sum(total) FROM invoice WHERE issued >= '2025-{month}-01' GROUP BY state",
    "SELECT p.id, p.surname, sum(i.total) FROM patient p JOIN invoice i ON i.patient_id = p.id WHERE i.state = 'overdue' GROUP"
    " BY p.id, p.surname ORDER BY 3 DESC LIMIT 20",
    "SELECT item, quantity, price FROM invoice_line WHERE invoice_id = {visit}",
    "SELECT i.id, sum(l.price * l.quantity) FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id WHERE i.patient_id ="
    " {patient} GROUP BY i.id",
    "SELECT item, sum(quantity) FROM invoice_line GROUP BY item ORDER BY 2 DESC LIMIT 10",
    "SELECT id, sent, left(body, 80) FROM message WHERE patient_id = {patient} ORDER BY sent DESC LIMIT 20",
    "SELECT count(*) FROM message WHERE clinician_id = {clinician} AND read_at IS NULL",
    "SELECT patient_id, count(*) FROM message WHERE sent >= '2025-{month}-01' AND sent < '2025-{month}-02' GROUP BY patient_id",
    "SELECT id, action, at FROM audit_entry WHERE object_type = 'visit' AND object_id = {patient} ORDER BY at DESC",
    "SELECT actor, count(*) FROM audit_entry WHERE at >= '2025-{month}-05' AND at < '2025-{month}-07' GROUP BY actor",
    "SELECT count(*) FROM audit_entry WHERE actor = {clinician} AND action = 'export'",
    "SELECT p.id, p.surname FROM patient p WHERE NOT EXISTS (SELECT 1 FROM visit v WHERE v.patient_id = p.id AND v.starts >"
    " '2025-{month}-01') AND p.insurer = {digit}",
    "SELECT c.speciality, count(*), avg(v.length) FROM clinician c JOIN visit v ON v.clinician_id = c.id WHERE v.starts >="
    " '2025-{month}-01' GROUP BY c.speciality",
    "SELECT id, name FROM clinician WHERE active AND speciality = 'skin'",
    "UPDATE visit SET state = 'arrived' WHERE id = {visit} AND state = 'booked'",
    "UPDATE message SET read_at = '2025-11-03' WHERE patient_id = {patient} AND read_at IS NULL",
    "INSERT INTO audit_entry (actor, action, object_type, object_id, at) VALUES ({clinician}, 'view', 'patient', {patient},"
    " '2025-11-01')",
    "DELETE FROM diagnosis WHERE visit_id = {visit} AND code = 'Z001'",
)  # fmt: skip


def calls(scale: float, draw: random.Random, count: int) -> list[list[str]]:
    """Transactions of one statement each; values are skewed as the data are."""
    patients, visits = max(60, round(50_000 * scale)), max(60, round(240_000 * scale))
    return [
        [
            draw.choice(_SHAPES).format(
                patient=1 + int(draw.random() ** 2 * (patients - 1)),
                visit=1 + int(draw.random() * (visits - 1)),
                clinician=1 + int(draw.random() ** 2 * 299),
                drug=1 + int(draw.random() ** 3 * 1499),
                kind=int(draw.random() ** 2 * 60),
                two=draw.randrange(31, 99),
                two1=draw.randrange(10, 28),
                digit=1 + draw.randrange(8),
                month=f"{1 + draw.randrange(10):02}",
                letter="ABCDEFGHIJKLMNOPQRST"[draw.randrange(20)],
                name="".join(draw.choice("ABCDEF") + draw.choice("0123456789abcdef") for _ in range(1)),
            )
        ]
        for _ in range(count)
    ]
