"""A site as an object-relational mapper makes it: its tables and indexes by the mapper's habits, and what its views ask."""

from __future__ import annotations

import random

CHANGES = (
    "DROP INDEX auth_user_username_like; ALTER TABLE auth_user ALTER COLUMN username TYPE text;",
    "ALTER TABLE blog_post ALTER COLUMN author_id TYPE bigint; DROP INDEX blog_post_published_idx;",
    "ALTER TABLE blog_comment RENAME TO blog_remark; DROP INDEX blog_comment_post_id_idx;"
    "CREATE VIEW blog_comment AS SELECT * FROM blog_remark;",
    "ALTER TABLE blog_post DROP COLUMN slug; CREATE INDEX blog_post_author_only ON blog_post (author_id);",
    "ALTER TABLE blog_post_tags DROP CONSTRAINT blog_post_tags_uniq;",
    "CREATE INDEX notify_new ON notification (user_id); DROP INDEX notification_unread;",
    "DROP INDEX audit_object; ALTER TABLE audit_log ADD COLUMN site integer NOT NULL DEFAULT 1;",
    "ALTER TABLE audit_log ALTER COLUMN object_id TYPE bigint; DROP INDEX audit_created;",
)


def schema(scale: float) -> list[str]:
    """Statements that make and fill it."""

    def n(count: int) -> int:
        return max(50, round(count * scale))

    users, posts, comments, audits, notes = n(40_000), n(60_000), n(300_000), n(400_000), n(250_000)
    return [
        "CREATE TABLE auth_user (id serial PRIMARY KEY, username varchar(150) NOT NULL UNIQUE, email varchar(254) NOT NULL,"
        " is_active boolean NOT NULL, is_staff boolean NOT NULL, date_joined timestamptz NOT NULL, last_login timestamptz)",
        "CREATE INDEX auth_user_username_like ON auth_user (username varchar_pattern_ops)",
        "CREATE INDEX auth_user_email_upper ON auth_user (upper(email))",
        "CREATE INDEX auth_user_staff ON auth_user (is_staff) WHERE is_staff",
        "CREATE INDEX auth_user_joined ON auth_user (date_joined)",
        "CREATE TABLE blog_tag (id serial PRIMARY KEY, name varchar(40) NOT NULL UNIQUE)",
        "CREATE TABLE blog_post (id serial PRIMARY KEY, author_id integer NOT NULL REFERENCES auth_user, title varchar(200)"
        " NOT NULL, slug varchar(80) NOT NULL, body text NOT NULL, status smallint NOT NULL, published_at timestamptz,"
        " views integer NOT NULL, meta jsonb NOT NULL)",
        "CREATE UNIQUE INDEX blog_post_slug ON blog_post (slug)",
        "CREATE INDEX blog_post_author_id_idx ON blog_post (author_id)",
        "CREATE INDEX blog_post_author_published ON blog_post (author_id, published_at DESC)",
        "CREATE INDEX blog_post_published_idx ON blog_post (published_at DESC) WHERE status = 2",
        "CREATE INDEX blog_post_views ON blog_post (views)",
        "CREATE INDEX blog_post_meta ON blog_post USING gin (meta jsonb_path_ops)",
        "CREATE TABLE blog_post_tags (id serial PRIMARY KEY, post_id integer NOT NULL REFERENCES blog_post, tag_id integer"
        " NOT NULL REFERENCES blog_tag, CONSTRAINT blog_post_tags_uniq UNIQUE (post_id, tag_id))",
        "CREATE INDEX blog_post_tags_tag ON blog_post_tags (tag_id)",
        "CREATE TABLE blog_comment (id bigserial PRIMARY KEY, post_id integer NOT NULL REFERENCES blog_post, user_id integer"
        " REFERENCES auth_user, body text NOT NULL, created timestamptz NOT NULL, is_removed boolean NOT NULL)",
        "CREATE INDEX blog_comment_post_id_idx ON blog_comment (post_id)",
        "CREATE INDEX blog_comment_post_created ON blog_comment (post_id, created) WHERE NOT is_removed",
        "CREATE INDEX blog_comment_user ON blog_comment (user_id)",
        "CREATE TABLE notification (id bigserial PRIMARY KEY, user_id integer NOT NULL, kind varchar(20) NOT NULL,"
        " read boolean NOT NULL, created timestamptz NOT NULL, payload jsonb)",
        "CREATE INDEX notification_unread ON notification (user_id, created DESC) WHERE NOT read",
        "CREATE INDEX notification_kind ON notification (kind)",
        "CREATE TABLE audit_log (id bigserial PRIMARY KEY, actor_id integer, object_type varchar(30) NOT NULL, object_id"
        " integer NOT NULL, action varchar(10) NOT NULL, created timestamptz NOT NULL)",
        "CREATE INDEX audit_object ON audit_log (object_type, object_id)",
        "CREATE INDEX audit_created ON audit_log USING brin (created)",
        "CREATE INDEX audit_actor ON audit_log USING hash (actor_id)",
        "SELECT setseed(0.17)",
        f"INSERT INTO auth_user (username, email, is_active, is_staff, date_joined, last_login) SELECT 'user' || g, 'U' || g"
        f" || '@example.org', random() < 0.95, g % 211 = 0, timestamptz '2020-01-01' + g * interval '70 min', CASE WHEN"
        f" random() < 0.8 THEN timestamptz '2026-01-01' + g % 300 * interval '1 day' END FROM generate_series(1, {users}) g",
        "INSERT INTO blog_tag (name) SELECT 'tag' || g FROM generate_series(1, 200) g",
        f"INSERT INTO blog_post (author_id, title, slug, body, status, published_at, views, meta) SELECT 1 + floor(random()"
        f" ^ 3 * {users - 1}), 'Title ' || md5(g::text), 'slug-' || g, repeat(md5(g::text), 8), CASE WHEN random() < 0.85"
        f" THEN 2 ELSE floor(random() * 2) END, timestamptz '2021-01-01' + g * interval '40 min', floor(random() ^ 5 *"
        f" 90000), jsonb_build_object('lang', 'l' || g % 7, 'series', g % 900) FROM generate_series(1, {posts}) g",
        f"INSERT INTO blog_post_tags (post_id, tag_id) SELECT 1 + g % {posts}, 1 + (g / {posts} * 67 + g % 61) % 200 FROM"
        f" generate_series(0, {posts * 3 - 1}) g ON CONFLICT DO NOTHING",
        f"INSERT INTO blog_comment (post_id, user_id, body, created, is_removed) SELECT 1 + floor(random() ^ 2 * {posts - 1}),"
        f" CASE WHEN random() < 0.9 THEN 1 + floor(random() ^ 2 * {users - 1}) END, md5(g::text), timestamptz '2021-01-01' +"
        f" g * interval '8 min', random() < 0.03 FROM generate_series(1, {comments}) g",
        f"INSERT INTO notification (user_id, kind, read, created, payload) SELECT 1 + floor(random() ^ 2 * {users - 1}),"
        f" (ARRAY['mention','mention','mention','follow','system'])[1 + g % 5], random() < 0.9, timestamptz '2025-01-01' + g"
        f" * interval '3 min', jsonb_build_object('n', g) FROM generate_series(1, {notes}) g",
        f"INSERT INTO audit_log (actor_id, object_type, object_id, action, created) SELECT CASE WHEN random() < 0.7 THEN 1 +"
        f" floor(random() ^ 2 * {users - 1}) END, (ARRAY['post','comment','user'])[1 + g % 3], 1 + floor(random() * {posts}),"
        f" (ARRAY['add','change','delete'])[1 + floor(random() * 3)], timestamptz '2024-01-01' + g * interval '2 min' FROM"
        f" generate_series(1, {audits}) g",
    ]


_SHAPES = (
    "SELECT id, username, email FROM auth_user WHERE username = 'user{user}' LIMIT 21",
    "SELECT id, username FROM auth_user WHERE username LIKE 'user{user}%' ORDER BY username LIMIT 10",
    "SELECT id FROM auth_user WHERE UPPER(email) = UPPER('u{user}@example.org')",
    "SELECT count(*) FROM auth_user WHERE is_staff",
    "SELECT id, username FROM auth_user WHERE date_joined >= '2024-0{month}-01' AND date_joined < '2024-0{month}-09'",
    "UPDATE auth_user SET last_login = now() WHERE id = {user}",
    "SELECT p.id, p.title, u.username FROM blog_post p INNER JOIN auth_user u ON p.author_id = u.id WHERE p.status = 2"
    " ORDER BY p.published_at DESC LIMIT 20",
    "SELECT * FROM blog_post WHERE slug = 'slug-{post}' LIMIT 21",
    "SELECT p.id, p.title FROM blog_post p WHERE p.author_id = {user} ORDER BY p.published_at DESC LIMIT 10",
    "SELECT count(*) FROM blog_post WHERE author_id = {user}",
    "SELECT t.name FROM blog_tag t INNER JOIN blog_post_tags pt ON t.id = pt.tag_id WHERE pt.post_id = {post}",
    "SELECT p.id, p.title FROM blog_post p INNER JOIN blog_post_tags pt ON p.id = pt.post_id WHERE pt.tag_id = {tag}"
    " AND p.status = 2 ORDER BY p.published_at DESC LIMIT 20",
    "SELECT c.id, c.body, u.username FROM blog_comment c LEFT JOIN auth_user u ON c.user_id = u.id WHERE c.post_id = {post}"
    " AND NOT c.is_removed ORDER BY c.created ASC",
    "SELECT post_id, count(*) FROM blog_comment WHERE post_id IN ({post}, {post2}, {tag}) GROUP BY post_id",
    "SELECT count(*) FROM blog_comment WHERE user_id = {user}",
    "SELECT id, title FROM blog_post WHERE views > 80000 ORDER BY views DESC LIMIT 10",
    "SELECT id FROM blog_post WHERE meta @> '{{\"series\": {tag}}}'",
    "UPDATE blog_post SET views = views + 1 WHERE id = {post}",
    "INSERT INTO blog_comment (post_id, user_id, body, created, is_removed) VALUES ({post}, {user}, 'hi', now(), false)",
    "SELECT id, kind FROM notification WHERE user_id = {user} AND NOT read ORDER BY created DESC LIMIT 30",
    "UPDATE notification SET read = true WHERE user_id = {user} AND NOT read",
    "SELECT kind, count(*) FROM notification WHERE kind = 'system' GROUP BY kind",
    "SELECT action, created FROM audit_log WHERE object_type = 'post' AND object_id = {post} ORDER BY created DESC",
    "SELECT count(*) FROM audit_log WHERE actor_id = {user}",
    "SELECT action, count(*) FROM audit_log WHERE created >= '2024-0{month}-03' AND created < '2024-0{month}-05' GROUP BY 1",
    "SELECT u.id, count(p.id) FROM auth_user u LEFT JOIN blog_post p ON p.author_id = u.id AND p.status = 2 WHERE u.id IN"
    " ({user}, {tag}) GROUP BY u.id",
    "SELECT EXISTS (SELECT 1 FROM blog_post_tags WHERE post_id = {post} AND tag_id = {tag})",
    "INSERT INTO blog_post_tags (post_id, tag_id) VALUES ({post}, {tag}) ON CONFLICT (post_id, tag_id) DO NOTHING",
    "DELETE FROM blog_comment WHERE id = {post}",
    "SELECT max(created) FROM blog_comment WHERE post_id = {post} AND NOT is_removed",
    "SELECT date_trunc('month', published_at), count(*) FROM blog_post WHERE status = 2 GROUP BY 1",
)


def calls(scale: float, draw: random.Random, count: int) -> list[list[str]]:
    """Transactions of one statement each; values are skewed as the data are."""
    users, posts = max(50, round(40_000 * scale)), max(50, round(60_000 * scale))
    return [
        [
            draw.choice(_SHAPES).format(
                user=1 + int(draw.random() ** 2 * (users - 1)),
                post=1 + int(draw.random() ** 2 * (posts - 1)),
                post2=1 + int(draw.random() * (posts - 1)),
                tag=1 + draw.randrange(200),
                month=1 + draw.randrange(9),
            )
        ]
        for _ in range(count)
    ]
