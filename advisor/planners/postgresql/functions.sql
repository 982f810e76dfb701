-- What the owner may do to catalogs, one statement at a time. Everything takes OIDs, numbers and booleans only, and
-- touches only what the owner has himself. The bodies are parsed here and now: no search path matters later.

CREATE SCHEMA advisor_shadow;

GRANT USAGE ON SCHEMA advisor_shadow TO advisor_owner;

CREATE FUNCTION advisor_shadow.set_valid(oid, boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE pg_catalog.pg_index SET indisvalid = $2
    WHERE indexrelid = $1
      AND EXISTS (SELECT FROM pg_catalog.pg_class
                  WHERE oid = $1 AND relowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'advisor_owner'));
END;

-- Which of some indexes the planner sees. An index that is not live is not on its table's list, so that it costs the
-- planner nothing; sessions read that list anew when the table's own row is touched.
CREATE FUNCTION advisor_shadow.show(seen oid[], unseen oid[], tables oid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_class
               WHERE oid = ANY (seen || unseen || tables) AND relowner <> 'advisor_owner'::regrole) THEN
        RAISE insufficient_privilege;
    END IF;
    UPDATE pg_catalog.pg_index SET indisvalid = indexrelid = ANY (seen), indislive = indexrelid = ANY (seen)
    WHERE indexrelid = ANY (seen || unseen);
    UPDATE pg_catalog.pg_class SET relpages = relpages WHERE oid = ANY (tables);
END
$$;

CREATE FUNCTION advisor_shadow.set_size(oid, integer, real, integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE pg_catalog.pg_class SET relpages = $2, reltuples = $3, relallvisible = $4
    WHERE oid = $1 AND relowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'advisor_owner');
END;

-- Sessions learn of a table's CHECK constraints with the table's own row, so that one is touched too.
CREATE FUNCTION advisor_shadow.set_validated(oid, boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE pg_catalog.pg_constraint SET convalidated = $2
    WHERE oid = $1
      AND EXISTS (SELECT FROM pg_catalog.pg_class
                  WHERE oid = conrelid
                    AND relowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'advisor_owner'));
    UPDATE pg_catalog.pg_class SET relpages = relpages
    WHERE oid = (SELECT conrelid FROM pg_catalog.pg_constraint WHERE oid = $1)
      AND relowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = 'advisor_owner');
END;

CREATE FUNCTION advisor_shadow.set_replica(boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT pg_catalog.set_config('session_replication_role', CASE WHEN $1 THEN 'replica' ELSE 'origin' END, false);
END;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA advisor_shadow FROM PUBLIC;

GRANT EXECUTE ON FUNCTION advisor_shadow.set_valid(oid, boolean), advisor_shadow.show(oid[], oid[], oid[]),
    advisor_shadow.set_size(oid, integer, real, integer),
    advisor_shadow.set_validated(oid, boolean), advisor_shadow.set_replica(boolean) TO advisor_owner;

-- Serialised statistics come as bytes; the casts are the superuser's own way in.
CREATE CAST (bytea AS pg_catalog.pg_ndistinct) WITHOUT FUNCTION;

CREATE CAST (bytea AS pg_catalog.pg_dependencies) WITHOUT FUNCTION;

CREATE CAST (bytea AS pg_catalog.pg_mcv_list) WITHOUT FUNCTION;
