-- engine: mariadb
-- style: PHP shop
CREATE TABLE customer (customer_id int NOT NULL AUTO_INCREMENT, mail varchar(190) NOT NULL, newsletter tinyint(1) NOT NULL, zip varchar(10), city varchar(60), PRIMARY KEY (customer_id), UNIQUE KEY mail (mail), KEY zip (zip)) ENGINE=InnoDB;
CREATE TABLE basket (basket_id int NOT NULL AUTO_INCREMENT, customer_id int DEFAULT NULL, session char(40) NOT NULL, changed datetime NOT NULL, PRIMARY KEY (basket_id), KEY session (session), KEY customer_changed (customer_id, changed), CONSTRAINT basket_customer FOREIGN KEY (customer_id) REFERENCES customer (customer_id)) ENGINE=InnoDB;
CREATE TABLE basket_row (basket_id int NOT NULL, article_id int NOT NULL, amount int NOT NULL, KEY basket_id (basket_id), UNIQUE KEY basket_article (basket_id, article_id)) ENGINE=InnoDB;
CREATE TABLE article (article_id int NOT NULL, name varchar(200) NOT NULL, text mediumtext, price decimal(10,2) NOT NULL, stock int NOT NULL, PRIMARY KEY (article_id), KEY price (price)) ENGINE=InnoDB;
-- @ + IDX016 basket_row: basket_id is a prefix of the unique key
-- @ - SCH001 basket_row: unique over NOT NULL columns serves as key
-- @ - IDX003 basket: customer_changed leads with it
-- + AGG003: primary key in the list
SELECT DISTINCT customer_id, mail FROM customer WHERE zip = '10115';
-- - AGG003: city repeats
SELECT DISTINCT city FROM customer WHERE zip = '10116';
-- + AGG007: disjoint by the same column with other constants
SELECT customer_id FROM customer WHERE zip = '10117' UNION SELECT customer_id FROM customer WHERE zip = '10118';
-- - AGG007: they overlap
SELECT customer_id FROM customer WHERE zip = '10119' UNION SELECT customer_id FROM customer WHERE newsletter = 1;
-- - AGG007: constants differ but the list repeats within a branch
SELECT city, 'a' AS src FROM customer WHERE zip = '1' UNION SELECT city, 'b' AS src FROM customer WHERE zip = '2';
-- + JOI007: DISTINCT over baskets
SELECT DISTINCT c.customer_id, c.mail FROM customer c JOIN basket b ON b.customer_id = c.customer_id WHERE b.changed > '2024-01-01';
-- - JOI007: semi-join by IN already
SELECT c.mail FROM customer c WHERE c.customer_id IN (SELECT b.customer_id FROM basket b WHERE b.changed > '2024-01-01');
-- + SUB002: customer_id of a basket may be NULL
SELECT mail FROM customer WHERE customer_id NOT IN (SELECT customer_id FROM basket WHERE changed > '2024-01-01');
-- - SUB002: article_id NOT NULL
SELECT name FROM article WHERE price < 5 AND article_id NOT IN (SELECT article_id FROM basket_row);
-- + PAG002 PAG001: text is read for rows that are thrown away
SELECT article_id, name, text, price FROM article ORDER BY price LIMIT 20 OFFSET 40000;
-- - PAG002: first page
SELECT article_id, name, text, price FROM article ORDER BY price LIMIT 20;
-- + PAG006: random article
SELECT article_id FROM article WHERE stock > 0 ORDER BY RAND() LIMIT 1;
-- - PAG006: one row by key, then random is moot
SELECT article_id FROM article WHERE price < 3 ORDER BY price, article_id LIMIT 1;
-- + SAR009: arms on different tables
SELECT b.basket_id FROM basket b JOIN customer c ON c.customer_id = b.customer_id WHERE b.session = 'x' OR c.mail = 'm';
-- - SAR009: index_merge over two indexed columns
SELECT basket_id FROM basket WHERE session = 'y' OR customer_id = 5;
-- + JOI013: newest basket of each customer
SELECT * FROM (SELECT basket_id, customer_id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY changed DESC) AS n FROM basket) x WHERE n = 1;
-- + SAR006: COALESCE with zip
SELECT mail FROM customer WHERE COALESCE(zip, '') = '10120';
-- - SAR006: IFNULL of a NULL-safe kind in the list
SELECT IFNULL(city, '') FROM customer WHERE mail = 'q';
-- + SAR012: long list
SELECT name FROM article WHERE article_id IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70,71,72,73,74,75,76,77,78,79,80,81,82,83,84,85,86,87,88,89,90,91,92,93,94,95,96,97,98,99,100,101,102,103,104,105,106,107,108,109,110,111,112,113,114,115,116,117,118,119,120,121,122,123,124,125,126,127,128,129,130,131,132,133,134,135,136,137,138,139,140,141,142,143,144,145,146,147,148,149,150,151,152,153,154,155,156,157,158,159,160,161,162,163,164,165,166,167,168,169,170,171,172,173,174,175,176,177,178,179,180,181,182,183,184,185,186,187,188,189,190,191,192,193,194,195,196,197,198,199,200,201,202,203,204,205,206,207,208,209,210);
