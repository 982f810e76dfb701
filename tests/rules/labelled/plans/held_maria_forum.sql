-- engine: mariadb
-- style: held back: a forum
CREATE TABLE members (id int PRIMARY KEY, nick varchar(40) NOT NULL, mail varchar(80) NOT NULL, rank_id int NOT NULL, seen datetime NOT NULL);
CREATE TABLE topics (id int PRIMARY KEY, board_id int NOT NULL, author_id int NOT NULL, title varchar(80) NOT NULL, bumped datetime NOT NULL, locked tinyint NOT NULL);
CREATE TABLE replies (id int PRIMARY KEY, topic_id int NOT NULL, author_id int NOT NULL, at datetime NOT NULL, score int NOT NULL, hidden tinyint NOT NULL);
CREATE TABLE ranks (id int PRIMARY KEY, name varchar(20) NOT NULL);
INSERT INTO members SELECT seq, concat('nick', seq), concat('m', seq, '@forum.example'), 1 + seq % 8, timestamp '2025-01-01 00:00:00' + interval seq minute FROM seq_1_to_90000;
INSERT INTO topics SELECT seq, 1 + seq % 30, 1 + (seq * 17) % 90000, concat('Topic ', seq), timestamp '2025-01-01 00:00:00' + interval seq * 5 minute, seq % 400 = 0 FROM seq_1_to_100000;
INSERT INTO replies SELECT seq, 1 + seq % 100000, 1 + (seq * 7) % 90000, timestamp '2025-01-01 00:00:00' + interval seq minute, seq % 500, seq % 300 = 0 FROM seq_1_to_300000;
INSERT INTO ranks SELECT seq, concat('rank', seq) FROM seq_1_to_8;
CREATE INDEX topics_board ON topics (board_id);
CREATE INDEX topics_bumped ON topics (bumped);
CREATE INDEX replies_topic ON replies (topic_id);
ANALYZE TABLE members, topics, replies, ranks;

-- + PLN034|IDX001@members: log in by mail
-- fix: CREATE INDEX m_m ON members (mail)
SELECT id FROM members WHERE mail = 'm777@forum.example';
-- none - PLN034: a topic's replies
SELECT id, score FROM replies WHERE topic_id = 500;
-- + PLN034|IDX001@replies: a member's replies
-- fix: CREATE INDEX r_a ON replies (author_id)
SELECT id, at FROM replies WHERE author_id = 500;
-- + PLN034|IDX001|IDX008@topics: the newest locked topics of an author, by walking the index on bumped
-- fix: CREATE INDEX t_a ON topics (author_id, bumped)
SELECT id, title FROM topics WHERE author_id = 44444 ORDER BY bumped DESC LIMIT 10;
-- none - PLN034 PLN035: the front page
SELECT id, title FROM topics ORDER BY bumped DESC LIMIT 30;
-- + PLN035@replies: the best replies of all
-- fix: CREATE INDEX r_s ON replies (score)
SELECT id, score FROM replies ORDER BY score DESC LIMIT 10;
-- none - PLN034: ranks
SELECT id FROM ranks WHERE name = 'rank3';
-- none - PLN036 PLN034: a page of topics with their authors
SELECT t.id, m.nick FROM topics t JOIN members m ON m.id = t.author_id ORDER BY t.bumped DESC LIMIT 20;
-- none - PLN034: statistics over all
SELECT board_id, count(*) FROM topics GROUP BY board_id;
-- + PLN034|PLN036|IDX002@replies: replies of a few members
-- fix: CREATE INDEX r_a ON replies (author_id)
SELECT m.nick, r.id FROM members m JOIN replies r ON r.author_id = m.id WHERE m.id BETWEEN 100 AND 140;
-- + PLN039|PLN034|IDX002@replies: the count of replies for each member of a page
-- fix: CREATE INDEX r_a ON replies (author_id)
SELECT m.id, (SELECT count(*) FROM replies r WHERE r.author_id = m.id) FROM members m WHERE m.id BETWEEN 100 AND 105;
-- + PLN034|SAR002@replies: a day by a function
SELECT count(*) FROM replies WHERE date(at) = '2025-03-03';
-- none - PLN034: most are visible
SELECT count(*) FROM replies WHERE hidden = 0;
