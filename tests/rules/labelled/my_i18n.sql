-- engine: mysql
-- style: charset trouble
CREATE TABLE article (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, ref varchar(50) NOT NULL, lang char(2) NOT NULL, body mediumtext NOT NULL, tags json, KEY ref (ref)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3;
CREATE TABLE article_stat (ref varchar(50) NOT NULL, day date NOT NULL, hits int NOT NULL, PRIMARY KEY (ref, day)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE article_author (article_id int NOT NULL, author_id varchar(20) NOT NULL, PRIMARY KEY (article_id, author_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE author (id int NOT NULL PRIMARY KEY, login varchar(40) NOT NULL, UNIQUE KEY login (login)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
-- + JOI009: utf8mb3 against utf8mb4
SELECT a.id, s.hits FROM article a JOIN article_stat s ON s.ref = a.ref WHERE a.id = 4;
-- + JOI009: text against int
SELECT w.login FROM author w JOIN article_author x ON x.author_id = w.id WHERE x.article_id = 5;
-- - JOI009: int against int
SELECT a.ref, x.author_id FROM article a JOIN article_author x ON x.article_id = a.id WHERE a.ref = 'r';
-- + SAR001 ~ SAR008 IDX011: lower on a ci column hides the index
SELECT id FROM author WHERE LOWER(login) = 'bob';
-- - SAR001 SAR008: plain
SELECT id FROM author WHERE login = 'bob';
-- + IDX011 ~ SAR001 IDX012: json value without a functional index
SELECT id FROM article WHERE JSON_UNQUOTE(JSON_EXTRACT(tags, '$.kind')) = 'news';
-- + SAR007: any place
SELECT id, lang FROM article WHERE ref LIKE '%x%';
