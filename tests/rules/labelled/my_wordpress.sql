-- engine: mysql
-- style: WordPress
CREATE TABLE wp_posts (ID bigint unsigned NOT NULL auto_increment, post_author bigint unsigned NOT NULL default '0', post_date datetime NOT NULL default '1970-01-01 00:00:00', post_content longtext NOT NULL, post_title text NOT NULL, post_status varchar(20) NOT NULL default 'publish', post_name varchar(200) NOT NULL default '', post_parent bigint unsigned NOT NULL default '0', post_type varchar(20) NOT NULL default 'post', PRIMARY KEY (ID), KEY post_name (post_name(191)), KEY type_status_date (post_type,post_status,post_date,ID), KEY post_parent (post_parent), KEY post_author (post_author));
CREATE TABLE wp_postmeta (meta_id bigint unsigned NOT NULL auto_increment, post_id bigint unsigned NOT NULL default '0', meta_key varchar(255) default NULL, meta_value longtext, PRIMARY KEY (meta_id), KEY post_id (post_id), KEY meta_key (meta_key(191)));
CREATE TABLE wp_options (option_id bigint unsigned NOT NULL auto_increment, option_name varchar(191) NOT NULL default '', option_value longtext NOT NULL, autoload varchar(20) NOT NULL default 'yes', PRIMARY KEY (option_id), UNIQUE KEY option_name (option_name));
CREATE TABLE wp_term_relationships (object_id bigint unsigned NOT NULL default 0, term_taxonomy_id bigint unsigned NOT NULL default 0, PRIMARY KEY (object_id,term_taxonomy_id), KEY term_taxonomy_id (term_taxonomy_id));
-- @ - SCH001 wp_term_relationships: composite primary key
-- @ - IDX016 wp_posts: none repeats another
-- - IDX001 IDX004: served by type_status_date
SELECT SQL_CALC_FOUND_ROWS wp_posts.ID FROM wp_posts WHERE 1=1 AND wp_posts.post_type = 'post' AND wp_posts.post_status = 'publish' ORDER BY wp_posts.post_date DESC LIMIT 0, 10;
-- + SEL001: all columns with the longtext
SELECT wp_posts.* FROM wp_posts WHERE wp_posts.post_author = 5 AND wp_posts.post_type = 'post';
-- - SEL001: the row by its key
SELECT * FROM wp_posts WHERE ID = 15 LIMIT 1;
-- + IDX001: autoload has no index
SELECT option_name, option_value FROM wp_options WHERE autoload = 'yes';
-- - IDX001: unique key
SELECT option_value FROM wp_options WHERE option_name = 'siteurl' LIMIT 1;
-- ~ JOI007 - JOI001: joins by keys, GROUP BY of the key
SELECT wp_posts.ID FROM wp_posts INNER JOIN wp_postmeta ON (wp_posts.ID = wp_postmeta.post_id) WHERE wp_postmeta.meta_key = 'price' AND wp_posts.post_type = 'product' GROUP BY wp_posts.ID LIMIT 10;
-- + JOI007: DISTINCT instead of GROUP BY
SELECT DISTINCT p.ID, p.post_title FROM wp_posts p INNER JOIN wp_postmeta m ON p.ID = m.post_id WHERE m.meta_key = 'colour' AND p.post_type = 'product';
-- + IDX004: post_date without the columns before it
SELECT ID FROM wp_posts WHERE post_status = 'publish' AND post_date > '2024-01-01';
-- - SUB002: NOT NULL
SELECT ID FROM wp_posts WHERE post_author = 9 AND ID NOT IN (SELECT object_id FROM wp_term_relationships WHERE term_taxonomy_id = 5);
-- + SUB002: meta_key may be NULL
SELECT option_name FROM wp_options WHERE option_name NOT IN (SELECT meta_key FROM wp_postmeta WHERE post_id = 4);
-- - JOI002: ON holds the condition
SELECT p.ID, m.meta_value FROM wp_posts p LEFT JOIN wp_postmeta m ON m.post_id = p.ID AND m.meta_key = 'size' WHERE p.post_parent = 4;
