-- Rows for schema_postgresql.sql: statistics of every kind, texts, arrays, ranges, expressions, partitions.
SET session_replication_role = replica;
INSERT INTO app.customers (email, "Name", born, "order", pairs, feeling, doc)
    SELECT 'u' || g || '@x', 'Näme "' || (g % 500), date '1990-01-01' + g % 9000, g, ARRAY[ROW(g % 5, 'x', ARRAY['t' || g % 7])::app.pair],
           'sad', to_tsvector('simple', 'word' || g % 9 || ' all')
    FROM generate_series(1, 3000) g;
INSERT INTO app.scratch SELECT g % 10, (g % 10) * 2, CASE WHEN g % 7 > 0 THEN 'V' || g % 7 END, jsonb_build_object('a', g) FROM generate_series(1, 5000) g;
INSERT INTO app.events SELECT g, timestamptz '2025-01-01 00:00+00' + g * interval '4 hours', (ARRAY['click', 'other', 'tap''s'])[1 + g % 3], 1 + g % 100, 1 + g % 10
    FROM generate_series(1, 5000) g;
INSERT INTO "Odd Schema"."select" (customer, amount, during, span, room, "a""b")
    SELECT 1, g, tsrange(timestamp '2026-01-01' + g * interval '1 day', timestamp '2026-01-01' + (g + 1) * interval '1 day'), app.span(g, g + 2), g, chr(97 + g % 20) || E'\\,"' || g
    FROM generate_series(1, 40) g;
INSERT INTO app.parent SELECT g, 'note ' || g, 1 FROM generate_series(1, 100) g;
INSERT INTO app.child SELECT g, 'note ' || g, 1, 'extra' FROM generate_series(101, 300) g;
ANALYZE;
