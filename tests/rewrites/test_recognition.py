"""Statements as their libraries log them (their documentation, their issue trackers, our recordings), and who wrote them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.rewrites.frameworks import recognise

CORPUS: list[tuple[str, str]] = [
    ("django", 'SELECT "library_book"."id", "library_book"."title" FROM "library_book" WHERE "library_book"."author_id" = 3 LIMIT 21'),
    ("django", 'SELECT "polls_question"."id", "polls_question"."question_text" FROM "polls_question" WHERE "polls_question"."id" = %s LIMIT 21'),
    ("django", "SELECT `library_book`.`id`, `library_book`.`title` FROM `library_book` WHERE `library_book`.`author_id` IN (1, 2, 3)"),
    ("django", 'SELECT COUNT(*) AS "__count" FROM "library_book" WHERE "library_book"."author_id" = 7'),
    ("django", 'SELECT 1 AS "a" FROM "shop_order" WHERE "shop_order"."customer_id" = 3 LIMIT 1'),
    ("django", 'SELECT ("shop_order_tags"."order_id") AS "_prefetch_related_val_order_id", "shop_tag"."id" FROM "shop_tag" INNER JOIN "shop_order_tags" ON ("shop_tag"."id" = "shop_order_tags"."tag_id")'),
    ("django", 'UPDATE "shop_order" SET "status" = \'paid\' WHERE "shop_order"."id" = 4'),
    ("django", 'INSERT INTO "shop_order" ("status", "total") VALUES (\'new\', 3) RETURNING "shop_order"."id"'),
    ("django", 'SELECT "django_session"."session_key", "django_session"."session_data" FROM "django_session" WHERE "django_session"."session_key" = \'x\''),
    ("django", "SELECT `auth_user`.`id`, `auth_user`.`username` FROM `auth_user` WHERE `auth_user`.`id` = 1"),
    ("django", 'SELECT SUM("shop_book"."price") AS "price__sum" FROM "shop_book" WHERE "shop_book"."author_id" = 1'),
    ("rails", 'SELECT "posts".* FROM "posts" WHERE "posts"."author_id" = $1'),
    ("rails", 'SELECT "authors".* FROM "authors" WHERE "authors"."id" = $1 LIMIT $2'),
    ("rails", "SELECT `posts`.* FROM `posts` WHERE `posts`.`id` = 12 LIMIT 1"),
    ("rails", 'SELECT 1 AS one FROM "posts" WHERE "posts"."slug" = $1 LIMIT $2'),
    ("rails", "SELECT COUNT(*) FROM `comments` WHERE `comments`.`post_id` = 3 /*application:Blog,controller:posts,action:index*/"),
    ("rails", 'SELECT "posts"."id" AS t0_r0, "posts"."title" AS t0_r1, "comments"."id" AS t1_r0 FROM "posts" LEFT OUTER JOIN "comments" ON "comments"."post_id" = "posts"."id"'),
    ("rails", 'UPDATE "posts" SET "title" = $1, "updated_at" = $2 WHERE "posts"."id" = $3'),
    ("rails", 'SELECT "users".* FROM "users" ORDER BY "users"."id" ASC LIMIT $1'),
    ("laravel", "select * from `users` where `users`.`id` = 1 and `users`.`id` is not null limit 1"),
    ("laravel", 'select * from "comments" where "comments"."article_id" in (410)'),
    ("laravel", "select * from `posts` where `posts`.`user_id` = ? and `posts`.`user_id` is not null"),
    ("laravel", "select count(*) as aggregate from `orders` where `status` = 'open'"),
    ("laravel", "select `roles`.*, `role_user`.`user_id` as `pivot_user_id`, `role_user`.`role_id` as `pivot_role_id` from `roles` inner join `role_user` on `roles`.`id` = `role_user`.`role_id` where `role_user`.`user_id` = 1"),
    ("laravel", "select exists(select * from `users` where `email` = ?) as `exists`"),
    ("hibernate", "select a1_0.id,a1_0.name from author a1_0 where a1_0.id=?"),
    ("hibernate", "select b1_0.author_id,b1_0.id,b1_0.title from book b1_0 where b1_0.author_id=?"),
    ("hibernate", "select author0_.id as id1_0_0_, author0_.name as name2_0_0_ from author author0_ where author0_.id=?"),
    ("hibernate", "select order0_.id as id1_2_, order0_.total as total2_2_ from orders order0_"),
    ("prisma", 'SELECT "public"."Post"."id", "public"."Post"."title" FROM "public"."Post" WHERE "public"."Post"."authorId" IN ($1,$2) OFFSET $3'),
    ("prisma", 'SELECT "public"."User"."id", "public"."User"."email" FROM "public"."User" WHERE ("public"."User"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3'),
    ("prisma", "SELECT `shop`.`User`.`id`, `shop`.`User`.`email` FROM `shop`.`User` WHERE (`shop`.`User`.`id` = ? AND 1=1) LIMIT ? OFFSET ?"),
    ("sequelize", 'SELECT "id", "title", "AuthorId" FROM "Posts" AS "Post" WHERE "Post"."AuthorId" = 3;'),
    ("sequelize", "SELECT `id`, `name`, `createdAt` FROM `Authors` AS `Author` WHERE `Author`.`id` = 1;"),
    ("sequelize", 'SELECT count(*) AS "count" FROM "Posts" AS "Post" WHERE "Post"."AuthorId" = 3;'),
    ("typeorm", 'SELECT "Post"."id" AS "Post_id", "Post"."title" AS "Post_title" FROM "post" "Post" WHERE (("Post"."id" = $1)) LIMIT 1'),
    ("typeorm", "SELECT `user`.`id` AS `user_id`, `user`.`name` AS `user_name` FROM `user` `user` WHERE `user`.`id` = ?"),
    ("gorm", "SELECT * FROM `users` WHERE `users`.`id` = 1 ORDER BY `users`.`id` LIMIT 1"),
    ("gorm", 'SELECT * FROM "orders" WHERE "orders"."user_id" = 1 AND "orders"."deleted_at" IS NULL'),
    ("gorm", 'INSERT INTO "users" ("created_at","updated_at","deleted_at","name") VALUES ($1,$2,$3,$4) RETURNING "id"'),
    ("sqlalchemy", "SELECT authors.id AS authors_id, authors.name AS authors_name \nFROM authors \nWHERE authors.id = %(pk_1)s"),
    ("sqlalchemy", "SELECT books.id, books.title \nFROM books \nWHERE books.author_id = 3"),
    ("sqlalchemy", "SELECT count(*) AS count_1 FROM (SELECT books.id AS id FROM books) AS anon_1"),
    ("sqlalchemy", "SELECT books.id, books.title FROM books WHERE books.id = $1::INTEGER"),
    ("efcore", 'SELECT b."BlogId", b."Url" FROM "Blogs" AS b WHERE b."BlogId" = @__id_0 LIMIT 1'),
    ("efcore", "SELECT `p`.`Id`, `p`.`Title` FROM `Posts` AS `p` WHERE `p`.`BlogId` = 3"),
    ("efcore", 'SELECT "b"."Id", "b"."Content"\nFROM "Blogs" AS "b"\nWHERE "b"."Id" = @__toSelect_0\nORDER BY "b"."Id"\nLIMIT 1'),
    ("peewee", 'SELECT "t1"."id", "t1"."name" FROM "author" AS "t1" WHERE ("t1"."id" = 3) LIMIT 1 OFFSET 0'),
    ("peewee", "SELECT `t1`.`id`, `t1`.`name` FROM `author` AS `t1` WHERE (`t1`.`id` = 3) LIMIT 1 OFFSET 0"),
    ("doctrine", "SELECT t0.id AS id_1, t0.name AS name_2 FROM author t0 WHERE t0.id = ?"),
    ("doctrine", "SELECT a0_.id AS id_0, a0_.name AS name_1 FROM author a0_ WHERE a0_.id = 4"),
    ("ecto", 'SELECT p0."id", p0."title" FROM "posts" AS p0 WHERE (p0."author_id" = $1)'),
    ("ecto", 'SELECT c0."id", c0."body", c0."post_id" FROM "comments" AS c0 WHERE (c0."post_id" = ANY($1)) ORDER BY c0."post_id"'),
    ("ecto", "SELECT p0.`id`, p0.`title` FROM `posts` AS p0 WHERE (p0.`id` = ?)"),
    ("mikroorm", 'select "a0".* from "author" as "a0" where "a0"."id" = 1 limit 1'),
    ("diesel", 'SELECT "users"."id", "users"."name" FROM "users" WHERE ("users"."id" = $1)  LIMIT $2'),
    ("drizzle", 'select "id", "name" from "users" where "users"."id" = $1'),
    ("knex", 'select * from "authors" where "id" = $1 limit $2'),
    ("jooq", 'select "public"."book"."id", "public"."book"."title" from "public"."book" where "public"."book"."author_id" = ?'),
]  # fmt: skip
NOBODY = [
    "SELECT id, name FROM author WHERE id = 3",
    "select * from books where author_id = ?",
    "UPDATE books SET price = 3 WHERE id = 4",
    "insert into audit(who,what) values (1,'x')",
    "SELECT b.id, b.title FROM books b JOIN authors a ON a.id = b.author_id WHERE a.id = $1",
    "SELECT count(*) FROM orders o WHERE o.customer_id = 3",
    "BEGIN",
    "",
]


@pytest.mark.parametrize(("name", "sql"), CORPUS, ids=[f"{name}-{sql[:40]}" for name, sql in CORPUS])
def test_who_wrote_it(name: str, sql: str) -> None:
    found = recognise(sql)
    assert found is not None
    assert found.name == name, found
    assert found.sure in ("likely", "possible")


@pytest.mark.parametrize("sql", NOBODY)
def test_plain_sql_is_nobodys(sql: str) -> None:
    assert recognise(sql) is None


@pytest.mark.parametrize(
    ("sql", "tags", "name", "version"),
    [
        ("SELECT 1 /*controller='index',db_driver='django.db.backends.postgresql',framework='django%3A5.2'*/", {}, "django", "5.2"),
        ("SELECT 1", {"framework": "rails_v7.1.2"}, "rails", "7.1.2"),
        ("SELECT 1", {"db_driver": "sequelize:6.3"}, "sequelize", "6.3"),
        ("SELECT 1", {"db_driver": "psycopg2"}, "driver", "2"),
        ("SELECT 1 /* db_driver='knex%3A0.16.3', traceparent='00-1-2-01' */", {}, "knex", "0.16.3"),
    ],
)  # fmt: skip
def test_tags_name_it(sql: str, tags: dict[str, str], name: str, version: str | None) -> None:
    found = recognise(sql, tags)
    assert found is not None
    assert (found.name, found.sure, found.version) == (name, "named", version)


def test_another_framework_with_controllers_is_not_rails() -> None:
    assert recognise("SELECT 1 /*action='orders',controller='shop',framework='flask'*/") is None


def test_a_style_says_more_than_a_drivers_name() -> None:
    found = recognise('SELECT "t1"."id" FROM "author" AS "t1" WHERE ("t1"."id" = 3)', {"db_driver": "psycopg2"})
    assert found is not None
    assert found.name == "peewee"


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    recognise(text)


def test_long_text_is_read_quickly() -> None:
    recognise('SELECT "a"."b", ' * 50_000)
    recognise("select * from `a` where `" * 50_000)
