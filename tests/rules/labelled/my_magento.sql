-- engine: mysql
-- style: Magento-like EAV
CREATE TABLE catalog_product_entity (entity_id int unsigned NOT NULL AUTO_INCREMENT, sku varchar(64) DEFAULT NULL, type_id varchar(32) NOT NULL DEFAULT 'simple', created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (entity_id), KEY IDX_SKU (sku)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE catalog_product_entity_varchar (value_id int NOT NULL AUTO_INCREMENT, attribute_id smallint unsigned NOT NULL, store_id smallint unsigned NOT NULL, entity_id int unsigned NOT NULL, value varchar(255) DEFAULT NULL, PRIMARY KEY (value_id), UNIQUE KEY UNQ (entity_id, attribute_id, store_id), KEY IDX_ATTR (attribute_id), KEY IDX_STORE (store_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE sales_order (entity_id int unsigned NOT NULL AUTO_INCREMENT, increment_id varchar(50) DEFAULT NULL, customer_id int unsigned DEFAULT NULL, customer_email varchar(128) DEFAULT NULL, status varchar(32) DEFAULT NULL, created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, grand_total decimal(20,4) DEFAULT NULL, PRIMARY KEY (entity_id), UNIQUE KEY INC (increment_id), KEY CUST (customer_id), KEY CREATED (created_at)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
-- @ - IDX016 SCH001 IDX003: nothing
-- - JOI004: two EAV rows are used
SELECT e.entity_id, IF(s.value_id > 0, s.value, d.value) AS name FROM catalog_product_entity e INNER JOIN catalog_product_entity_varchar d ON d.entity_id = e.entity_id AND d.attribute_id = 71 AND d.store_id = 0 LEFT JOIN catalog_product_entity_varchar s ON s.entity_id = e.entity_id AND s.attribute_id = 71 AND s.store_id = 2 WHERE e.sku = 'A';
-- + JOI004: the store value is fetched for nothing: the key is whole
SELECT e.entity_id, e.sku FROM catalog_product_entity e LEFT JOIN catalog_product_entity_varchar s ON s.entity_id = e.entity_id AND s.attribute_id = 71 AND s.store_id = 2 WHERE e.type_id = 'simple';
-- - JOI004: store is missing, several rows may come
SELECT e.entity_id, e.sku FROM catalog_product_entity e LEFT JOIN catalog_product_entity_varchar s ON s.entity_id = e.entity_id AND s.attribute_id = 72 WHERE e.sku = 'B';
-- + SAR005: increment_id is text
SELECT entity_id FROM sales_order WHERE increment_id = 100000123;
-- - SAR005: quoted
SELECT entity_id, status FROM sales_order WHERE increment_id = '100000124';
-- + IDX001: customer_email
SELECT entity_id FROM sales_order WHERE customer_email = 'a@b.example';
-- + SAR002 ~ SAR001: DATE_FORMAT to the day
SELECT COUNT(*) FROM sales_order WHERE DATE_FORMAT(created_at, '%Y-%m-%d') = '2024-02-02';
-- - SAR002 SAR001: DATE_FORMAT in the list and the grouping
SELECT DATE_FORMAT(created_at, '%Y-%m') AS period, SUM(grand_total) FROM sales_order WHERE created_at >= '2024-01-01' AND created_at < '2025-01-01' GROUP BY DATE_FORMAT(created_at, '%Y-%m');
-- + SUB002: customer_id may be NULL
SELECT entity_id FROM catalog_product_entity WHERE entity_id NOT IN (SELECT customer_id FROM sales_order WHERE status = 'x');
-- + JOI002: LEFT JOIN and WHERE
SELECT e.sku FROM catalog_product_entity e LEFT JOIN catalog_product_entity_varchar v ON v.entity_id = e.entity_id WHERE v.value = 'red';
-- + SAR012 ~ SAR009: hundreds of skus
SELECT entity_id FROM catalog_product_entity WHERE sku IN ('a1','a2','a3','a4','a5','a6','a7','a8','a9','a10','a11','a12','a13','a14','a15','a16','a17','a18','a19','a20','a21','a22','a23','a24','a25','a26','a27','a28','a29','a30','a31','a32','a33','a34','a35','a36','a37','a38','a39','a40','a41','a42','a43','a44','a45','a46','a47','a48','a49','a50','a51','a52','a53','a54','a55','a56','a57','a58','a59','a60','a61','a62','a63','a64','a65','a66','a67','a68','a69','a70','a71','a72','a73','a74','a75','a76','a77','a78','a79','a80','a81','a82','a83','a84','a85','a86','a87','a88','a89','a90','a91','a92','a93','a94','a95','a96','a97','a98','a99','a100','a101','a102','a103','a104','a105','a106','a107','a108','a109','a110','a111','a112','a113','a114','a115','a116','a117','a118','a119','a120');
