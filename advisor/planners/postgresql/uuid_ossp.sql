-- Stand-ins for the functions of uuid-ossp, where the server programs lack its library: the same names, arguments,
-- volatility and cost, so that defaults and queries that call them can be made and are planned the same. Values differ.
-- PL/pgSQL: a function in SQL would be inlined. Statements are parted by empty lines; they run in the schema's own path.

CREATE FUNCTION uuid_nil() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN '00000000-0000-0000-0000-000000000000'::pg_catalog.uuid; END $$;

CREATE FUNCTION uuid_ns_dns() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid; END $$;

CREATE FUNCTION uuid_ns_url() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid; END $$;

CREATE FUNCTION uuid_ns_oid() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid; END $$;

CREATE FUNCTION uuid_ns_x500() RETURNS uuid IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid; END $$;

CREATE FUNCTION uuid_generate_v1() RETURNS uuid VOLATILE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN pg_catalog.gen_random_uuid(); END $$;

CREATE FUNCTION uuid_generate_v1mc() RETURNS uuid VOLATILE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN pg_catalog.gen_random_uuid(); END $$;

CREATE FUNCTION uuid_generate_v3(namespace uuid, name text) RETURNS uuid
    IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN pg_catalog.md5(pg_catalog.concat('3', namespace, name))::pg_catalog.uuid; END $$;

CREATE FUNCTION uuid_generate_v4() RETURNS uuid VOLATILE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN pg_catalog.gen_random_uuid(); END $$;

CREATE FUNCTION uuid_generate_v5(namespace uuid, name text) RETURNS uuid
    IMMUTABLE STRICT PARALLEL SAFE COST 1 LANGUAGE plpgsql
    AS $$ BEGIN RETURN pg_catalog.md5(pg_catalog.concat('5', namespace, name))::pg_catalog.uuid; END $$;
