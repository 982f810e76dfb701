-- engine: mysql
-- style: held back: written after the pages were mended
CREATE TABLE `songs` (`id` int unsigned NOT NULL AUTO_INCREMENT, `isrc` varchar(12) NOT NULL, `title` varchar(200) NOT NULL, `album_id` int unsigned DEFAULT NULL, `released` date NOT NULL, `lyrics` mediumtext, `plays` int NOT NULL DEFAULT 0, PRIMARY KEY (`id`), UNIQUE KEY `isrc` (`isrc`), KEY `album` (`album_id`), KEY `released` (`released`), KEY `title` (`title`), KEY `plays` (`plays`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `albums` (`id` int unsigned NOT NULL AUTO_INCREMENT, `name` varchar(100) NOT NULL, `label_code` varchar(20), PRIMARY KEY (`id`), KEY `label_code` (`label_code`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `playlist_songs` (`playlist_id` int unsigned NOT NULL, `song_id` int unsigned NOT NULL, `pos` int NOT NULL, PRIMARY KEY (`playlist_id`,`song_id`), KEY `pl` (`playlist_id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
-- @ + IDX016 pl: prefix of the primary key
-- + SAR005
select * from albums where label_code = 77;
-- + SAR003 ~ SAR001
select id from songs where year(released) = 2020;
-- + SAR007
select id from songs where title like concat('%', 'love', '%');
-- - SAR007
select id, isrc from songs where title like concat('love', '%');
-- + IDX004 ~ IDX001
select playlist_id from playlist_songs where song_id = 8;
-- + SEL001
select * from songs where plays > 1000;
-- + PAG001 ~ PAG002
select id, title from songs order by plays desc limit 50000, 25;
-- + SUB002
select name from albums where id not in (select album_id from songs);
-- - SUB002
select name from albums where id not in (select album_id from songs where album_id is not null and plays > 3);
-- + SAR004
select id from songs where plays * 2 > 100;
-- + WRI001
update songs set plays = 0;
-- - JOI004
select a.name, count(s.id) from albums a left join songs s on s.album_id = a.id where a.name = 'x' group by a.name;
-- + JOI002
select a.id from albums a left join songs s on s.album_id = a.id where s.plays >= 10;
-- + PAG006
select id from songs order by rand() limit 10;
-- + SAR001
select id from songs where trim(title) = 'x';
-- - SAR001
select id from songs where title = trim(' x ');
