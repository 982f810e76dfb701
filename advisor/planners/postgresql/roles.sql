-- What is made once in every template, by the superuser, one statement at a time. A line that starts with -- is a comment.
UPDATE pg_database SET datistemplate = false WHERE datistemplate;

DROP DATABASE template0;

DROP DATABASE template1;

REVOKE ALL ON DATABASE shadow FROM PUBLIC;

CREATE ROLE advisor_owner LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 12;

ALTER ROLE advisor_owner SET statement_timeout = '60s';

-- Not the database's owner: ALTER DATABASE ... SET search_path would hold for the superuser's sessions as well.
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE shadow TO advisor_owner;
