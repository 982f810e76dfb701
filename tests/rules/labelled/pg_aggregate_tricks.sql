-- engine: postgresql
-- style: analyst
CREATE TABLE book (id int PRIMARY KEY, isbn text UNIQUE, title text NOT NULL, author_id int NOT NULL, published date NOT NULL);
CREATE INDEX book_author ON book (author_id);
CREATE TABLE loan (id int PRIMARY KEY, book_id int NOT NULL REFERENCES book, reader_id int NOT NULL, lent date NOT NULL, returned date);
CREATE INDEX loan_book ON loan (book_id);
CREATE INDEX loan_reader ON loan (reader_id, lent);
-- + AGG001: count compared with zero in CASE
SELECT b.id, CASE WHEN (SELECT count(*) FROM loan l WHERE l.book_id = b.id) > 0 THEN 'used' ELSE 'new' END FROM book b WHERE b.author_id = 3;
-- + AGG001: = 0
SELECT b.id FROM book b WHERE b.author_id = 4 AND (SELECT count(*) FROM loan l WHERE l.book_id = b.id) = 0;
-- - AGG001: count(*) > 0 in HAVING is always true but no subquery
SELECT b.author_id, count(*) FROM book b WHERE b.author_id < 10 GROUP BY b.author_id HAVING count(*) > 0;
-- - AGG001: EXISTS
SELECT b.id FROM book b WHERE b.author_id = 5 AND EXISTS (SELECT 1 FROM loan l WHERE l.book_id = b.id);
-- - AGG001: count at least 1 with FILTER in a report
SELECT b.author_id, count(*) FILTER (WHERE b.published > '2020-01-01') AS recent FROM book b WHERE b.author_id = 6 GROUP BY b.author_id;
-- + AGG003: GROUP BY already makes rows distinct
SELECT DISTINCT author_id, count(*) FROM book GROUP BY author_id;
-- - AGG003: DISTINCT ON is another thing
SELECT DISTINCT ON (reader_id) reader_id, lent FROM loan WHERE reader_id < 50 ORDER BY reader_id, lent DESC;
-- - AGG003: isbn may be NULL more than once
SELECT DISTINCT isbn FROM book WHERE author_id = 7;
-- + AGG003: to-one join keeps the key
SELECT DISTINCT l.id, b.title FROM loan l JOIN book b ON b.id = l.book_id WHERE l.reader_id = 8;
-- - AGG003: to-many join, key of the one side
SELECT DISTINCT b.id, l.reader_id FROM book b JOIN loan l ON l.book_id = b.id WHERE b.author_id = 8;
-- - AGG007: one branch repeats
SELECT author_id FROM book WHERE published < '2000-01-01' UNION SELECT author_id FROM book WHERE published >= '2000-01-01';
-- + AGG007: a constant tells the branches apart and each has its key
SELECT 'book' AS kind, id FROM book WHERE author_id = 9 UNION SELECT 'loan' AS kind, id FROM loan WHERE reader_id = 9;
-- - AGG007: ranges overlap
SELECT id FROM book WHERE published < '2010-01-01' UNION SELECT id FROM book WHERE published > '2005-01-01';
-- + JOI007: GROUP BY all shown columns of the one side
SELECT b.id, b.title FROM book b JOIN loan l ON l.book_id = b.id WHERE l.lent > '2024-01-01' GROUP BY b.id, b.title;
-- - JOI007: GROUP BY with a count
SELECT b.id, b.title, count(*) FROM book b JOIN loan l ON l.book_id = b.id WHERE l.lent > '2024-02-01' GROUP BY b.id, b.title;
-- + SUB004: IN with its own key and another filter
SELECT title FROM book WHERE published > '2020-01-01' AND id IN (SELECT id FROM book WHERE author_id = 10);
