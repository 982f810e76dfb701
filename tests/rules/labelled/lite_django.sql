-- engine: sqlite
-- style: Django on SQLite
CREATE TABLE "polls_question" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "question_text" varchar(200) NOT NULL, "pub_date" datetime NOT NULL);
CREATE INDEX "polls_question_pub" ON "polls_question" ("pub_date");
CREATE TABLE "polls_choice" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "choice_text" varchar(200) NOT NULL, "votes" integer NOT NULL, "question_id" bigint NOT NULL REFERENCES "polls_question" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "polls_choice_question_id" ON "polls_choice" ("question_id");
CREATE TABLE "polls_ban" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "question_id" bigint NULL REFERENCES "polls_question" ("id"));
CREATE UNIQUE INDEX "polls_ban_question" ON "polls_ban" ("question_id");
CREATE INDEX "polls_ban_question_2" ON "polls_ban" ("question_id");
-- @ + IDX016 polls_ban_question_2: covered by the unique one
-- @ - IDX003 polls_choice: indexed
-- + SUB002: question_id may be NULL
SELECT "id" FROM "polls_question" WHERE "id" NOT IN (SELECT U0."question_id" FROM "polls_ban" U0);
-- - SUB002: as Django writes it, with IS NOT NULL
SELECT "id" FROM "polls_question" WHERE NOT ("id" IN (SELECT U0."question_id" FROM "polls_ban" U0 WHERE U0."question_id" IS NOT NULL));
-- - SUB002: NOT NULL
SELECT "id", "pub_date" FROM "polls_question" WHERE "id" NOT IN (SELECT U0."question_id" FROM "polls_choice" U0);
-- + JOI007
SELECT DISTINCT "polls_question"."id", "polls_question"."question_text" FROM "polls_question" INNER JOIN "polls_choice" ON ("polls_question"."id" = "polls_choice"."question_id") WHERE "polls_choice"."votes" > 5;
-- + JOI005: the question gives its key alone
SELECT "polls_choice"."choice_text" FROM "polls_choice" INNER JOIN "polls_question" ON ("polls_choice"."question_id" = "polls_question"."id") WHERE "polls_question"."id" = 5;
-- + JOI002
SELECT "polls_question"."id" FROM "polls_question" LEFT OUTER JOIN "polls_choice" ON ("polls_question"."id" = "polls_choice"."question_id") WHERE "polls_choice"."votes" = 3;
-- + JOI004: unique on the right
SELECT "polls_question"."question_text" FROM "polls_question" LEFT OUTER JOIN "polls_ban" ON ("polls_question"."id" = "polls_ban"."question_id") WHERE "polls_question"."pub_date" > '2024-01-01';
-- - JOI004: choices repeat the question
SELECT "polls_question"."question_text" FROM "polls_question" LEFT OUTER JOIN "polls_choice" ON ("polls_question"."id" = "polls_choice"."question_id") WHERE "polls_question"."pub_date" > '2024-01-02';
-- + AGG001: count > 0 in HAVING of a correlated count
SELECT q."id" FROM "polls_question" q WHERE (SELECT COUNT(c."id") FROM "polls_choice" c WHERE c."question_id" = q."id") > 0;
-- - AGG001: sum
SELECT q."id" FROM "polls_question" q WHERE (SELECT SUM(c."votes") FROM "polls_choice" c WHERE c."question_id" = q."id") > 0;
-- + AGG003
SELECT DISTINCT "polls_choice"."id", "polls_choice"."votes" FROM "polls_choice" WHERE "polls_choice"."question_id" = 3;
-- + SAR003 ~ SAR002 SAR001: strftime year
SELECT "id" FROM "polls_question" WHERE strftime('%Y', "pub_date") = '2024';
-- - SAR003: Django's year lookup is a BETWEEN
SELECT "id" FROM "polls_question" WHERE "pub_date" BETWEEN '2024-01-01 00:00:00' AND '2024-12-31 23:59:59.999999';
-- + PAG001 ~ PAG002
SELECT "id", "question_text" FROM "polls_question" ORDER BY "pub_date" DESC LIMIT 25 OFFSET 25000;
