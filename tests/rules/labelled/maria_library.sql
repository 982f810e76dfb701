-- engine: mariadb
-- style: old PHP code
CREATE TABLE books (id int NOT NULL AUTO_INCREMENT, isbn13 char(13) NOT NULL, title varchar(250) NOT NULL, year smallint NOT NULL, shelf varchar(20), added datetime NOT NULL, PRIMARY KEY (id), UNIQUE KEY isbn13 (isbn13), KEY year (year), KEY added (added), KEY shelf (shelf)) ENGINE=InnoDB;
CREATE TABLE copies (id int NOT NULL AUTO_INCREMENT, book_id int NOT NULL, barcode varchar(30) NOT NULL, state tinyint NOT NULL, PRIMARY KEY (id), UNIQUE KEY barcode (barcode), KEY book_id (book_id), CONSTRAINT c1 FOREIGN KEY (book_id) REFERENCES books (id)) ENGINE=InnoDB;
CREATE TABLE loans (id int NOT NULL AUTO_INCREMENT, copy_id int NOT NULL, reader int NOT NULL, due date NOT NULL, back date, PRIMARY KEY (id), KEY copy_id (copy_id), KEY reader (reader), KEY due (due), CONSTRAINT c2 FOREIGN KEY (copy_id) REFERENCES copies (id)) ENGINE=InnoDB;
-- + JOI001: comma join without its condition
SELECT b.title, c.barcode FROM books b, copies c, loans l WHERE c.book_id = b.id AND l.reader = 6;
-- - JOI001: all conditions in WHERE
SELECT b.title, l.due FROM books b, copies c, loans l WHERE c.book_id = b.id AND l.copy_id = c.id AND l.reader = 7;
-- - SAR003: a column named year
SELECT id FROM books WHERE year = 1999;
-- + SAR003 ~ SAR001: YEAR(added)
SELECT id FROM books WHERE YEAR(added) >= 2020;
-- + SAR004 ~ SAR001: due plus days
SELECT id FROM loans WHERE DATE_ADD(due, INTERVAL 14 DAY) < CURDATE();
-- - SAR004: days on the other side
SELECT id FROM loans WHERE due < DATE_SUB(CURDATE(), INTERVAL 14 DAY);
-- + JOI005: a copy belongs to a book always
SELECT c.barcode FROM copies c INNER JOIN books b ON b.id = c.book_id WHERE c.state = 2;
-- - JOI005: title sorts
SELECT c.barcode FROM copies c INNER JOIN books b ON b.id = c.book_id WHERE c.barcode = 'B7' ORDER BY b.title;
-- + JOI006
SELECT x.title, y.shelf FROM books x INNER JOIN books y ON x.id = y.id WHERE x.year = 2001;
-- - JOI006: other books of the same shelf
SELECT y.title FROM books x INNER JOIN books y ON x.shelf = y.shelf AND x.id <> y.id WHERE x.id = 4;
-- + JOI013: last loan of each copy
SELECT l.* FROM loans l WHERE l.due = (SELECT MAX(m.due) FROM loans m WHERE m.copy_id = l.copy_id);
-- + AGG002
SELECT year, COUNT(*) FROM books GROUP BY year HAVING year BETWEEN 1990 AND 1999;
-- + AGG003
SELECT DISTINCT barcode FROM copies WHERE book_id = 5;
-- + SAR001: LEFT() of a key
SELECT id FROM books WHERE LEFT(isbn13, 3) = '978';
-- - SAR001: LIKE prefix
SELECT id FROM books WHERE isbn13 LIKE '978%';
-- + SUB004
SELECT title FROM books WHERE id IN (SELECT id FROM books WHERE shelf = 'A3');
-- + WRI001
DELETE FROM loans;
-- - WRI001: with LIMIT and order on purpose
DELETE FROM loans WHERE back IS NOT NULL AND due < '2000-01-01' LIMIT 500;
