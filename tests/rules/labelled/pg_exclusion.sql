-- engine: postgresql
-- style: anti joins
CREATE TABLE student (id int PRIMARY KEY, name text NOT NULL, advisor_id int);
CREATE TABLE course (id int PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE enrolment (id int PRIMARY KEY, student_id int NOT NULL REFERENCES student, course_id int NOT NULL REFERENCES course, grade int, dropped_on date, UNIQUE (student_id, course_id));
CREATE INDEX enrolment_course ON enrolment (course_id);
CREATE TABLE alumni (student_id int, left_on date NOT NULL);
CREATE INDEX alumni_student ON alumni (student_id);
-- @ + SCH001 alumni: no key
-- @ - IDX003 enrolment: both led by an index
-- + JOI003: grade may be NULL in a row that matches
SELECT s.id FROM student s LEFT JOIN enrolment e ON e.student_id = s.id WHERE e.grade IS NULL;
-- - JOI003: the key
SELECT s.name FROM student s LEFT JOIN enrolment e ON e.student_id = s.id AND e.course_id = 5 WHERE e.id IS NULL;
-- - JOI003: the join column itself, nullable in the table but never NULL in a match
SELECT s.name FROM student s LEFT JOIN alumni a ON a.student_id = s.id WHERE a.student_id IS NULL;
-- - JOI003 JOI002: the row found with a NULL, or none, said so
SELECT s.name FROM student s LEFT JOIN enrolment e ON e.student_id = s.id WHERE e.id IS NULL OR e.dropped_on IS NOT NULL;
-- + SUB002: alumni.student_id may be NULL
SELECT name FROM student WHERE id NOT IN (SELECT student_id FROM alumni);
-- - SUB002: IS NOT NULL inside
SELECT name FROM student WHERE id NOT IN (SELECT student_id FROM alumni WHERE student_id IS NOT NULL);
-- - SUB002: EXISTS form
SELECT name FROM student s WHERE NOT EXISTS (SELECT 1 FROM alumni a WHERE a.student_id = s.id);
-- - SUB002: a list of constants
SELECT name FROM student WHERE id NOT IN (1, 2, 3);
-- - SUB002: a comparison inside rejects NULL
SELECT name FROM student WHERE id NOT IN (SELECT student_id FROM alumni WHERE student_id > 100);
-- + JOI002: a comparison in WHERE
SELECT s.name, e.grade FROM student s LEFT JOIN enrolment e ON e.student_id = s.id WHERE e.grade >= 4;
-- - JOI002: COALESCE keeps the rows
SELECT s.name FROM student s LEFT JOIN enrolment e ON e.student_id = s.id WHERE coalesce(e.grade, 0) < 4;
-- - JOI002: OR IS NULL keeps the rows
SELECT s.id, e.grade FROM student s LEFT JOIN enrolment e ON e.student_id = s.id WHERE e.grade < 4 OR e.grade IS NULL;
-- - JOI002: IS DISTINCT FROM lets NULL pass
SELECT s.id, e.id FROM student s LEFT JOIN enrolment e ON e.student_id = s.id WHERE e.grade IS DISTINCT FROM 5;
-- + JOI007: EXISTS would do
SELECT DISTINCT s.id, s.name FROM student s JOIN enrolment e ON e.student_id = s.id WHERE e.grade = 6;
-- - JOI007: the join adds at most one row
SELECT s.name, c.code FROM enrolment e JOIN student s ON s.id = e.student_id JOIN course c ON c.id = e.course_id WHERE e.course_id = 3;
-- + AGG003 ~ IDX001: one table by its key
SELECT DISTINCT id, name FROM student WHERE advisor_id = 4;
-- ~ IDX001 - AGG003: DISTINCT on a repeated name
SELECT DISTINCT name FROM student WHERE advisor_id = 5;
