-- engine: mysql
-- style: legacy
CREATE TABLE t_cust (c_no int NOT NULL, c_name varchar(60) NOT NULL, c_ref varchar(20), PRIMARY KEY (c_no), KEY c_ref (c_ref)) ENGINE=InnoDB;
CREATE TABLE t_inv (i_no int NOT NULL, i_cust int NOT NULL, i_ref int, i_day date NOT NULL, i_sum decimal(10,2) NOT NULL, PRIMARY KEY (i_no), KEY i_cust (i_cust, i_day), KEY i_day (i_day)) ENGINE=InnoDB;
CREATE TABLE t_pay (p_no int NOT NULL, p_inv int NOT NULL, p_day date NOT NULL, PRIMARY KEY (p_no)) ENGINE=InnoDB;
-- + IDX002: p_inv has no index
SELECT i.i_no, p.p_day FROM t_inv i JOIN t_pay p ON p.p_inv = i.i_no WHERE i.i_cust = 5;
-- - IDX002: both ends indexed
SELECT c.c_name, i.i_sum FROM t_cust c JOIN t_inv i ON i.i_cust = c.c_no WHERE c.c_no = 5;
-- + JOI009: varchar against int
SELECT c.c_name FROM t_inv i JOIN t_cust c ON c.c_ref = i.i_ref WHERE i.i_no = 7;
-- + JOI002: NOT LIKE rejects NULL too
SELECT c.c_no, c.c_name FROM t_cust c LEFT JOIN t_inv i ON i.i_cust = c.c_no WHERE i.i_day BETWEEN '2024-01-01' AND '2024-01-31';
-- - JOI002: <=> compares NULL
SELECT c.c_no FROM t_cust c LEFT JOIN t_inv i ON i.i_cust = c.c_no WHERE i.i_no <=> NULL;
-- + AGG007
SELECT i_no FROM t_inv WHERE i_day < '2020-01-01' UNION SELECT i_no FROM t_inv WHERE i_day >= '2020-01-01' AND i_day < '2021-01-01';
-- - AGG007: two tables, the same numbers may occur
SELECT i_no FROM t_inv WHERE i_cust = 6 UNION SELECT p_no FROM t_pay WHERE p_no = 6;
-- + SAR009 ~ IDX001: p_day has no index
SELECT p_no FROM t_pay WHERE p_no = 6 OR p_day = '2024-01-01';
-- ~ JOI001: said to be a CROSS JOIN
SELECT c.c_name FROM t_cust c CROSS JOIN t_pay p WHERE c.c_ref = 'x';
-- - SAR001: the same function on both constants
SELECT i_no FROM t_inv WHERE i_day = LAST_DAY('2024-02-01');
-- + SAR001: function of an indexed date
SELECT i_no FROM t_inv WHERE LAST_DAY(i_day) = '2024-02-29';
