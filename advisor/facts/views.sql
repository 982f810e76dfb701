-- Views that hide the tricky parts of facts/1.

-- An index that lets the engine find the rows of a predicate without reading all others, at the given key position.
-- True only for the leading key, or for a later key when every key before it is pinned by an equality of the same scope.
CREATE VIEW index_serves AS
SELECT p.predicate_id, p.fingerprint, p.scope_id, p.ref_id, i.index_id, i.index_name, i.table_name, k.position
FROM predicate AS p
JOIN index_def AS i ON i.table_name = p.table_name AND i.is_valid AND i.is_visible
JOIN index_key AS k USING (index_id)
WHERE NOT p.under_or AND NOT p.negated
  AND ((k.column_name = p.column_name AND p.wrapper IS NULL)
       OR (k.expression IS NOT NULL AND p.wrapper_sql IS NOT NULL AND canonical_sql(k.expression, p.table_name) = canonical_sql(p.wrapper_sql, p.table_name)))
  AND ((i.method = 'btree' AND (p.op_class IN ('equality', 'range', 'in', 'null') OR (p.op_class = 'like' AND p.leading_wildcard = 0)))
       OR (i.method = 'hash' AND p.op_class IN ('equality', 'in'))
       OR (i.method IN ('gin', 'gist', 'spgist') AND p.op_class IN ('containment', 'search', 'like', 'regex'))
       OR (i.method = 'brin' AND p.op_class IN ('equality', 'range', 'in')))
  AND (i.predicate IS NULL OR predicate_implied(i.predicate, p.fingerprint, p.ref_id))
  AND (k.position = 1 OR NOT EXISTS (
        SELECT 1 FROM index_key AS before
        WHERE before.index_id = i.index_id AND before.position < k.position
          AND NOT EXISTS (SELECT 1 FROM predicate AS q
                          WHERE q.ref_id = p.ref_id AND q.scope_id = p.scope_id AND NOT q.under_or AND NOT q.negated
                            AND q.column_name = before.column_name AND q.wrapper IS NULL AND q.op_class IN ('equality', 'in'))));
