-- engine: postgresql 15
-- style: held back: appointments, patients, invoices of a chain of clinics
CREATE TABLE clinics (id int PRIMARY KEY, name text NOT NULL, town text NOT NULL);
CREATE TABLE patients (id int PRIMARY KEY, clinic_id int NOT NULL, surname text NOT NULL, born date NOT NULL, phone text, insurer text NOT NULL);
CREATE TABLE visits (id bigint PRIMARY KEY, patient_id int NOT NULL, doctor_id int NOT NULL, starts timestamptz NOT NULL, state text NOT NULL, room int NOT NULL);
CREATE TABLE invoices (id bigint PRIMARY KEY, visit_id bigint NOT NULL REFERENCES visits, amount numeric NOT NULL, paid_on date, dunned int NOT NULL, labels text[] NOT NULL);
INSERT INTO clinics SELECT i, 'Clinic ' || i, 'town' || i % 15 FROM generate_series(1, 40) i;
INSERT INTO patients SELECT i, 1 + i % 40, 'Surname' || i % 9000, date '1940-01-01' + i % 25000, '0' || i, 'ins' || i % 12 FROM generate_series(1, 150000) i;
INSERT INTO visits SELECT i, 1 + (i * 13) % 150000, 1 + i % 90, timestamptz '2024-01-01' + i * interval '2 minutes', CASE WHEN i > 448000 THEN 'planned' WHEN i % 600 = 0 THEN 'missed' ELSE 'held' END, i % 30 FROM generate_series(1, 450000) i;
INSERT INTO invoices SELECT i, i, 40 + i % 200, CASE WHEN i % 400 <> 0 THEN date '2024-02-01' + i / 700 END, CASE WHEN i % 900 = 0 THEN 2 ELSE 0 END, ARRAY['l' || i % 300, 'm' || i % 7] FROM generate_series(1, 440000) i;
CREATE INDEX visits_starts ON visits (starts);
CREATE INDEX visits_doctor ON visits (doctor_id, starts);
CREATE INDEX patients_clinic ON patients (clinic_id);
VACUUM ANALYZE;

-- + PLN020|IDX001@visits: a patient's visits: no index
-- fix: CREATE INDEX ON visits (patient_id)
SELECT id, starts FROM visits WHERE patient_id = 4242;
-- none - PLN020 IDX005: a doctor's day
SELECT id, patient_id FROM visits WHERE doctor_id = 17 AND starts >= '2024-06-03' AND starts < '2024-06-04';
-- + PLN020|IDX001@invoices: unpaid and dunned twice
-- fix: CREATE INDEX ON invoices (dunned)
SELECT id, amount FROM invoices WHERE dunned = 2 AND paid_on IS NULL;
-- none - PLN020 PLN033: what was taken in all: everything is read
SELECT sum(amount) FROM invoices WHERE paid_on IS NOT NULL;
-- + PLN016|IDX003: deleting visits checks invoices
-- fix: CREATE INDEX ON invoices (visit_id)
DELETE FROM visits WHERE id BETWEEN 445000 AND 445015;
-- + PLN022|SAR001|IDX011@patients ~ PLN020: lower(surname)
-- fix: CREATE INDEX ON patients (lower(surname))
SELECT id FROM patients WHERE lower(surname) = 'surname77';
-- + PLN020|IDX001@patients: by surname and birthday
-- fix: CREATE INDEX ON patients (surname, born)
SELECT id FROM patients WHERE surname = 'Surname77' AND born = '1950-05-05';
-- none - PLN020: forty clinics
SELECT name FROM clinics WHERE town = 'town3';
-- + IDX008|IDX004@visits: the next missed ones of a room, walked from the start
-- fix: CREATE INDEX ON visits (state, room, starts)
-- set: enable_seqscan=off; enable_sort=off
SELECT id FROM visits WHERE state = 'planned' AND room = 7 ORDER BY starts LIMIT 5;
-- none - IDX008: the first held ones come at once
SELECT id FROM visits WHERE state = 'held' AND room = 7 ORDER BY starts LIMIT 5;
-- + SUB001|PLN020@invoices: open sums for each visit of a doctor's day
-- fix: CREATE INDEX ON invoices (visit_id)
SELECT v.id, (SELECT sum(i.amount) FROM invoices i WHERE i.visit_id = v.id) FROM visits v WHERE v.doctor_id = 3 AND v.starts < '2024-01-01 20:00';
-- none - JOI012 PLN012: patients of a doctor's day, by key
SELECT p.surname FROM visits v JOIN patients p ON p.id = v.patient_id WHERE v.doctor_id = 3 AND v.starts < '2024-01-10';
-- + PLN024: all patients sorted on disk
-- set: work_mem='512kB'
SELECT id, surname, phone FROM patients ORDER BY surname, born;
-- none - PLN025 PLN024: a hash join of everything, which fits
-- set: work_mem='64MB'
SELECT p.insurer, sum(i.amount) FROM invoices i JOIN visits v ON v.id = i.visit_id JOIN patients p ON p.id = v.patient_id GROUP BY p.insurer;
-- + PLN020|IDX012@invoices: labels
-- fix: CREATE INDEX ON invoices USING gin (labels)
SELECT id FROM invoices WHERE labels @> ARRAY['l7', 'm7'];
-- + PLN029|PAG001: page 9,000 of the visits
SELECT id, starts FROM visits ORDER BY starts LIMIT 50 OFFSET 420000;
-- none - PLN001 PLN020: a rough estimate that decides nothing
SELECT count(*) FROM patients WHERE right(phone, 1) IN ('1', '2', '3', '4', '5');
-- + IDX007@invoices: the highest bills
-- fix: CREATE INDEX ON invoices (amount)
SELECT id, amount FROM invoices ORDER BY amount DESC, id DESC LIMIT 10;
