-- engine: mariadb
-- style: a healthy application: nothing to say
CREATE TABLE room (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, hotel int NOT NULL, number varchar(10) NOT NULL, beds tinyint NOT NULL, UNIQUE KEY (hotel, number)) ENGINE=InnoDB;
CREATE TABLE booking (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, room_id int NOT NULL, guest varchar(80) NOT NULL, arrive date NOT NULL, leave_on date NOT NULL, KEY room_arrive (room_id, arrive), KEY guest (guest), FOREIGN KEY (room_id) REFERENCES room (id)) ENGINE=InnoDB;
-- @ - IDX003 IDX016 SCH001: nothing
-- - IDX001
SELECT id FROM booking WHERE room_id = 5 AND arrive <= '2024-05-01' AND leave_on > '2024-05-01';
-- - SUB002 JOI003
SELECT r.number FROM room r WHERE r.hotel = 4 AND NOT EXISTS (SELECT 1 FROM booking b WHERE b.room_id = r.id AND b.arrive = '2024-05-02');
-- - JOI005: number shown
SELECT b.guest, r.number FROM booking b JOIN room r ON r.id = b.room_id WHERE b.guest = 'Li';
-- - SAR005: date with a text constant
SELECT guest FROM booking WHERE room_id = 6 AND arrive = '2024-05-03';
-- - SAR005: number as text constant
SELECT number FROM room WHERE hotel = '7';
-- - IDX001: whole table for export
SELECT id, guest FROM booking ORDER BY id;
