-- engine: mysql
-- style: Laravel shop
CREATE TABLE `users` (`id` bigint unsigned NOT NULL AUTO_INCREMENT, `name` varchar(255) COLLATE utf8mb4_unicode_ci NOT NULL, `email` varchar(255) COLLATE utf8mb4_unicode_ci NOT NULL, `phone` varchar(32) COLLATE utf8mb4_unicode_ci DEFAULT NULL, `created_at` timestamp NULL DEFAULT NULL, PRIMARY KEY (`id`), UNIQUE KEY `users_email_unique` (`email`), KEY `users_phone_index` (`phone`), KEY `users_created_at_index` (`created_at`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `orders` (`id` bigint unsigned NOT NULL AUTO_INCREMENT, `user_id` bigint unsigned NOT NULL, `number` varchar(40) COLLATE utf8mb4_unicode_ci NOT NULL, `status` varchar(20) COLLATE utf8mb4_unicode_ci NOT NULL, `total_cents` int NOT NULL, `created_at` timestamp NULL DEFAULT NULL, `deleted_at` timestamp NULL DEFAULT NULL, PRIMARY KEY (`id`), KEY `orders_user_id_foreign` (`user_id`), KEY `orders_number` (`number`), KEY `orders_created_at` (`created_at`), KEY `orders_total` (`total_cents`), CONSTRAINT `orders_user_id_foreign` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
CREATE TABLE `order_items` (`id` bigint unsigned NOT NULL AUTO_INCREMENT, `order_id` bigint unsigned NOT NULL, `sku` varchar(64) CHARACTER SET latin1 NOT NULL, `qty` int NOT NULL, PRIMARY KEY (`id`), KEY `order_items_order_id` (`order_id`), KEY `order_items_order_id_sku` (`order_id`,`sku`)) ENGINE=InnoDB;
CREATE TABLE `products` (`sku` varchar(64) CHARACTER SET utf8mb4 NOT NULL, `title` varchar(255) NOT NULL, `description` longtext, `price_cents` int NOT NULL, PRIMARY KEY (`sku`), FULLTEXT KEY `products_ft` (`title`)) ENGINE=InnoDB;
-- @ + IDX016 order_items_order_id: prefix of the longer one
-- @ - IDX003 orders: InnoDB has it
-- + SAR005: phone is text, the value a number
select * from `users` where `phone` = 491701234 limit 1;
-- - SAR005: text with text
select `id`, `name` from `users` where `phone` = '491701234' limit 1;
-- - SAR005: a number column compared with a quoted number: the constant is converted
select `id` from `orders` where `user_id` = '15';
-- + SAR002 ~ SAR001: whereDate
select `id` from `orders` where date(`created_at`) = '2024-04-04' and `orders`.`deleted_at` is null;
-- + SAR003 ~ SAR001: whereYear
select count(*) as aggregate from `orders` where year(`created_at`) = 2024;
-- - SAR002: a range
select `id`, `status` from `orders` where `created_at` >= '2024-04-04' and `created_at` < '2024-04-05';
-- - SAR008 SAR001 IDX011: ci collation, nothing wrapped
select `id` from `users` where `email` = 'A@b.example';
-- + SAR007: like with a leading wildcard
select `id`, `number` from `orders` where `number` like '%77';
-- - SAR007: prefix
select `id`, `number`, `status` from `orders` where `number` like '77%';
-- - SAR007: full text
select `sku` from `products` where match (`title`) against ('lamp' in boolean mode);
-- + JOI009 ~ IDX002: character sets differ; and sku alone leads no index of order_items
select `products`.`title`, `order_items`.`qty` from `products` inner join `order_items` on `order_items`.`sku` = `products`.`sku` where `products`.`price_cents` > 100000;
-- - JOI009: same types
select `orders`.`number`, `users`.`name` from `orders` inner join `users` on `users`.`id` = `orders`.`user_id` where `orders`.`number` = 'A1';
-- + PAG006: inRandomOrder
select `sku`, `title` from `products` order by RAND() limit 3;
-- + PAG001 ~ PAG002: page 5000
select `id`, `number`, `status`, `total_cents` from `orders` order by `id` desc limit 20 offset 100000;
-- - WRI001: soft delete of one
update `orders` set `deleted_at` = '2024-05-01 00:00:00' where `id` = 5;
-- + WRI001: everyone
update `users` set `phone` = null;
-- + SAR004: arithmetic on the column
select `id` from `orders` where `total_cents` / 100 > 500;
