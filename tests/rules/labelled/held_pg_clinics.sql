-- engine: postgresql
-- style: held back: written after the pages were mended
CREATE TABLE clinics (id bigserial PRIMARY KEY, name text NOT NULL, city text, opened date NOT NULL);
CREATE INDEX clinics_city ON clinics (city);
CREATE INDEX clinics_opened ON clinics (opened);
CREATE TABLE doctors (id bigserial PRIMARY KEY, clinic_id bigint NOT NULL REFERENCES clinics (id), licence text NOT NULL UNIQUE, surname text NOT NULL, retired_at timestamp, profile jsonb NOT NULL DEFAULT '{}');
CREATE INDEX doctors_clinic ON doctors (clinic_id);
CREATE INDEX doctors_surname ON doctors (surname);
CREATE INDEX doctors_retired ON doctors (retired_at);
CREATE TABLE visits (id bigserial PRIMARY KEY, doctor_id bigint NOT NULL REFERENCES doctors (id), patient_id bigint NOT NULL, at timestamp NOT NULL, fee integer NOT NULL, notes text);
CREATE INDEX visits_doctor_at ON visits (doctor_id, at);
CREATE INDEX visits_fee ON visits (fee);
-- + JOI007: patients multiply
SELECT DISTINCT d.id, d.surname FROM doctors d JOIN visits v ON v.doctor_id = d.id WHERE v.fee > 100;
-- + SUB002: city may be NULL
SELECT id FROM clinics WHERE name NOT IN (SELECT city FROM clinics);
-- - SUB002
SELECT id FROM clinics WHERE id NOT IN (SELECT clinic_id FROM doctors WHERE surname = 'X');
-- + SAR004
SELECT id FROM visits WHERE fee + 10 > 200;
-- + SAR002 ~ SAR001
SELECT id FROM doctors WHERE retired_at::date = '2024-01-01';
-- - SAR002 IDX001
SELECT id FROM doctors WHERE retired_at >= '2024-01-01' AND retired_at < '2024-01-02';
-- + IDX004: at is second
SELECT id FROM visits WHERE at BETWEEN '2024-01-01' AND '2024-01-02';
-- + IDX001: patient
SELECT at, fee FROM visits WHERE patient_id = 55 ORDER BY at DESC LIMIT 10;
-- + IDX012
SELECT id FROM doctors WHERE profile @> '{"lang":["de"]}';
-- + SAR008 ~ IDX011 SAR001
SELECT id FROM doctors WHERE lower(surname) = 'meier';
-- + SAR006
SELECT id FROM clinics WHERE COALESCE(city, 'none') = 'Bern';
-- + JOI004
SELECT v.id, v.fee FROM visits v LEFT JOIN doctors d ON d.id = v.doctor_id WHERE v.fee < 5;
-- + JOI005
SELECT count(*) FROM visits v JOIN doctors d ON d.id = v.doctor_id WHERE v.fee < 6;
-- - JOI005 JOI004
SELECT count(*) FROM visits v JOIN doctors d ON d.id = v.doctor_id AND d.retired_at IS NULL WHERE v.fee < 7;
-- + JOI002
SELECT d.surname FROM doctors d LEFT JOIN visits v ON v.doctor_id = d.id WHERE v.at > '2024-01-01';
-- - JOI002 JOI003
SELECT d.surname FROM doctors d LEFT JOIN visits v ON v.doctor_id = d.id AND v.at > '2024-01-01' WHERE v.id IS NULL;
-- + JOI003
SELECT d.id FROM doctors d LEFT JOIN visits v ON v.doctor_id = d.id WHERE v.notes IS NULL;
-- + AGG007
SELECT id FROM doctors WHERE clinic_id = 1 UNION SELECT id FROM doctors WHERE clinic_id = 2;
-- - AGG007
SELECT clinic_id FROM doctors WHERE surname = 'A' UNION SELECT clinic_id FROM doctors WHERE surname = 'B';
-- + AGG001
SELECT c.name FROM clinics c WHERE (SELECT count(*) FROM doctors d WHERE d.clinic_id = c.id) >= 1;
-- + JOI013
SELECT * FROM (SELECT v.id, v.doctor_id, row_number() OVER (PARTITION BY v.doctor_id ORDER BY v.at DESC) AS r FROM visits v) q WHERE q.r = 1;
-- + JOI006
SELECT a.surname, b.licence FROM doctors a JOIN doctors b USING (id) WHERE a.clinic_id = 4;
-- + SAR009
SELECT d.id FROM doctors d JOIN clinics c ON c.id = d.clinic_id WHERE d.surname = 'Z' OR c.city = 'Z';
-- + JOI001
SELECT d.surname, c.name FROM doctors d, clinics c WHERE d.surname = 'Q' AND c.city = 'Q';
-- - JOI001: IN subquery
SELECT d.surname FROM doctors d WHERE d.clinic_id IN (SELECT c.id FROM clinics c WHERE c.city = 'R');
-- + AGG003
SELECT DISTINCT d.id, c.name FROM doctors d JOIN clinics c ON c.id = d.clinic_id WHERE d.surname = 'T';
-- + JOI007 - AGG003: the doctors multiply the clinics
SELECT DISTINCT c.name FROM doctors d JOIN clinics c ON c.id = d.clinic_id WHERE c.city = 'U';
-- + SUB004
UPDATE doctors SET retired_at = now() WHERE id IN (SELECT id FROM doctors WHERE clinic_id = 9);
-- + SAR003 ~ SAR001
SELECT id FROM clinics WHERE EXTRACT(YEAR FROM opened) = 1999;
-- + AGG002
SELECT clinic_id, count(*) FROM doctors GROUP BY clinic_id HAVING clinic_id <> 3;
