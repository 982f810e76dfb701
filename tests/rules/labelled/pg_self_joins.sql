-- engine: postgresql
-- style: self joins
CREATE TABLE employee (id int PRIMARY KEY, badge text UNIQUE, name text NOT NULL, manager_id int REFERENCES employee, dept_id int NOT NULL, salary numeric NOT NULL, hired date NOT NULL);
CREATE INDEX employee_manager ON employee (manager_id);
CREATE INDEX employee_dept ON employee (dept_id, salary);
CREATE TABLE badge_event (employee_id int NOT NULL REFERENCES employee, at timestamp NOT NULL, door int NOT NULL, PRIMARY KEY (employee_id, at));
-- + JOI006: the same row twice
SELECT a.name, b.salary FROM employee a JOIN employee b ON b.id = a.id WHERE a.dept_id = 3;
-- - JOI006: manager is another row
SELECT e.name, m.name FROM employee e JOIN employee m ON m.id = e.manager_id WHERE e.dept_id = 3;
-- - JOI006: half of a composite key: many rows
SELECT a.at, b.at FROM badge_event a JOIN badge_event b ON a.employee_id = b.employee_id AND b.at > a.at WHERE a.employee_id = 5;
-- + JOI006: whole composite key
SELECT a.door, b.at FROM badge_event a JOIN badge_event b ON a.employee_id = b.employee_id AND a.at = b.at WHERE a.employee_id = 6;
-- - JOI006: joined on a column that is not unique
SELECT a.name FROM employee a JOIN employee b ON a.dept_id = b.dept_id WHERE b.id = 9;
-- + JOI013: correlated max per group
SELECT e.id, e.name FROM employee e WHERE e.salary = (SELECT max(x.salary) FROM employee x WHERE x.dept_id = e.dept_id);
-- - JOI013: a plain max
SELECT max(salary) FROM employee WHERE dept_id = 4;
-- + SUB004: EXISTS on its own key
SELECT name FROM employee e WHERE EXISTS (SELECT 1 FROM employee x WHERE x.id = e.id AND x.dept_id = 7);
-- - SUB004: EXISTS on reports
SELECT name FROM employee e WHERE e.dept_id = 7 AND EXISTS (SELECT 1 FROM employee x WHERE x.manager_id = e.id);
-- + JOI003: a manager without a badge looks like none
SELECT e.id FROM employee e LEFT JOIN employee m ON m.id = e.manager_id WHERE m.badge IS NULL;
-- - JOI003: NOT NULL column of the right side tells absence
SELECT e.id FROM employee e LEFT JOIN badge_event b ON b.employee_id = e.id WHERE b.door IS NULL;
