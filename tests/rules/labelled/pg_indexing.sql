-- engine: postgresql
-- style: index corner cases
CREATE TABLE item (id bigint PRIMARY KEY, sku text NOT NULL, ean text, name text NOT NULL, price numeric NOT NULL, stock int NOT NULL, updated timestamptz NOT NULL);
CREATE UNIQUE INDEX item_sku ON item (sku);
CREATE INDEX item_sku_price ON item (sku, price);
CREATE INDEX item_ean ON item (ean);
CREATE INDEX item_ean_again ON item (ean);
CREATE INDEX item_name ON item (name);
CREATE INDEX item_name_pattern ON item (name text_pattern_ops);
CREATE INDEX item_price_asc ON item (price);
CREATE INDEX item_price_updated ON item (price DESC, updated);
CREATE INDEX item_updated ON item (updated);
CREATE INDEX item_updated_brin ON item USING brin (updated);
CREATE TABLE item_history (id bigint NOT NULL, item_id bigint NOT NULL, price numeric NOT NULL, at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE item_history_2024 PARTITION OF item_history FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE item_alias (alias text NOT NULL UNIQUE, item_id bigint NOT NULL REFERENCES item);
CREATE INDEX item_alias_item ON item_alias (item_id);
CREATE UNLOGGED TABLE staging_import (line text, payload text);
-- @ + IDX016 item_ean_again: equal to item_ean
-- @ - IDX016 item_sku: unique, must stay
-- @ - IDX016 item_name_pattern: another operator class
-- @ - IDX016 item_updated_brin: another access method
-- @ - SCH001 item_alias: unique not null
-- @ ~ IDX016 item_price_asc: a backward scan of the longer index would do
-- @ ~ SCH001 item_history: partition key only
-- @ ~ SCH001 staging_import: staging
-- @ - SCH001 item_history_2024: a partition follows its parent
-- + IDX001: no index on stock
SELECT id FROM item WHERE stock = 0;
-- - IDX001: unique key
SELECT id, price FROM item WHERE sku = 'A-1';
-- + SAR001 ~ IDX011: md5(name) can only be indexed as an expression
SELECT id FROM item WHERE md5(name) = 'abc';
-- + LCK003: without CONCURRENTLY on a table that exists
CREATE INDEX item_stock ON item (stock);
-- - LCK003: concurrently
CREATE INDEX CONCURRENTLY item_stock_c ON item (stock);
-- + LCK003: type change rewrites the table
ALTER TABLE item ALTER COLUMN stock TYPE bigint;
-- - LCK003: a new column without default
ALTER TABLE item ADD COLUMN note text;
-- - LCK003: an own new table
CREATE TABLE item_note (id bigint PRIMARY KEY, item_id bigint NOT NULL, body text);
-- - LCK003: index of the table made in the same file
CREATE INDEX item_note_item ON item_note (item_id);
