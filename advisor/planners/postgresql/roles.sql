-- What every shadow has before anything of others comes into it; run by the superuser, one statement at a time.
-- Statements are parted by empty lines; a line that starts with -- is a comment.

UPDATE pg_database SET datistemplate = false WHERE datistemplate;

DROP DATABASE template0;

DROP DATABASE template1;

CREATE ROLE advisor_owner LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 12;

-- The database stays the superuser's: its owner could ALTER DATABASE ... SET search_path for the superuser's sessions.
REVOKE ALL ON DATABASE shadow FROM PUBLIC;

-- TEMPORARY: EXPLAIN CREATE TEMPORARY TABLE AS ... needs it.
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE shadow TO advisor_owner;

REVOKE ALL ON SCHEMA public FROM PUBLIC;

GRANT USAGE, CREATE ON SCHEMA public TO advisor_owner;

CREATE SCHEMA advisor_guard;

-- Who may make objects in a database may also make trusted extensions, whose scripts run as the superuser.
CREATE FUNCTION advisor_guard.refuse() RETURNS event_trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF session_user OPERATOR(pg_catalog.<>) 'advisor_admin'::pg_catalog.name THEN
        RAISE insufficient_privilege USING MESSAGE = pg_catalog.concat(tg_tag, ' is not allowed in a shadow');
    END IF;
END
$$;

CREATE EVENT TRIGGER advisor_refuse ON ddl_command_start
    WHEN TAG IN (
        'CREATE EXTENSION', 'ALTER EXTENSION', 'DROP EXTENSION', 'CREATE LANGUAGE', 'DROP LANGUAGE',
        'CREATE FOREIGN DATA WRAPPER', 'ALTER FOREIGN DATA WRAPPER', 'CREATE SERVER', 'ALTER SERVER',
        'CREATE USER MAPPING', 'ALTER USER MAPPING', 'CREATE FOREIGN TABLE', 'IMPORT FOREIGN SCHEMA',
        'CREATE PUBLICATION', 'CREATE SUBSCRIPTION', 'ALTER SUBSCRIPTION'
    )
    EXECUTE FUNCTION advisor_guard.refuse();

-- Also while session_replication_role is replica, which the loading of rows switches on.
ALTER EVENT TRIGGER advisor_refuse ENABLE ALWAYS;

-- Open to everybody by default, and of no use for planning: large objects fill the disk, signals end other sessions.
DO $$
DECLARE
    found pg_catalog.regprocedure;
BEGIN
    FOR found IN
        SELECT p.oid
        FROM pg_catalog.pg_proc p
        WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
            AND p.proname IN (
                'lo_creat', 'lo_create', 'lo_from_bytea', 'lo_get', 'lo_import', 'lo_export', 'lo_lseek', 'lo_lseek64',
                'lo_open', 'lo_close', 'lo_put', 'lo_tell', 'lo_tell64', 'lo_truncate', 'lo_truncate64', 'lo_unlink',
                'loread', 'lowrite', 'pg_logical_emit_message', 'pg_export_snapshot', 'pg_terminate_backend',
                'pg_cancel_backend'
            )
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', found);
    END LOOP;
END
$$;
