-- engine: sqlite
-- style: held back: a reading list
CREATE TABLE books (id INTEGER PRIMARY KEY, isbn TEXT NOT NULL, title TEXT NOT NULL, shelf_id INT NOT NULL);
CREATE TABLE marks (id INTEGER PRIMARY KEY, book_isbn TEXT NOT NULL, page INT NOT NULL, note TEXT);
CREATE TABLE shelves (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE INDEX books_shelf ON books (shelf_id);

-- + CFG006: marks and books joined by isbn, which neither has an index on
SELECT b.title, m.page FROM books b JOIN marks m ON m.book_isbn = b.isbn;
-- none - CFG006: by the shelf's index
SELECT s.name, b.title FROM shelves s JOIN books b ON b.shelf_id = s.id;
-- none - CFG006: one table
SELECT title FROM books WHERE title LIKE 'A%' ORDER BY title;
-- + CFG006@marks: books without marks
SELECT b.title FROM books b LEFT JOIN marks m ON m.book_isbn = b.isbn WHERE m.id IS NULL;
