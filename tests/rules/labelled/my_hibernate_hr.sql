-- engine: mysql
-- style: Hibernate on MySQL
create table department (id bigint not null auto_increment, code varchar(10) not null, name varchar(100) not null, primary key (id), unique key uk_code (code)) engine=InnoDB;
create table employee (id bigint not null auto_increment, department_id bigint not null, email varchar(120) not null, active bit not null, hired datetime(6) not null, salary decimal(12,2), primary key (id), key ix_department (department_id), key ix_hired (hired), key ix_salary (salary), unique key uk_email (email), constraint fk_dep foreign key (department_id) references department (id)) engine=InnoDB;
create table payslip (employee_id bigint not null, month date not null, pdf longblob not null, net decimal(12,2) not null, primary key (employee_id, month), constraint fk_emp foreign key (employee_id) references employee (id)) engine=InnoDB;
create table hibernate_sequence (next_val bigint) engine=InnoDB;
-- @ ~ SCH001 hibernate_sequence: one row
-- @ - IDX003 payslip: primary key leads with it
-- + JOI005: department only by its key
select e1_0.email from employee e1_0 join department d1_0 on d1_0.id=e1_0.department_id where e1_0.active=1 and e1_0.hired>'2020-01-01';
-- - JOI005: name shown
select e1_0.email,d1_0.name from employee e1_0 join department d1_0 on d1_0.id=e1_0.department_id where e1_0.hired>'2020-01-01';
-- + JOI004: department unused
select e1_0.id,e1_0.email from employee e1_0 left join department d1_0 on d1_0.id=e1_0.department_id where e1_0.salary>1000;
-- - JOI004: used in ORDER BY
select e1_0.id,e1_0.email from employee e1_0 left join department d1_0 on d1_0.id=e1_0.department_id where e1_0.salary>2000 order by d1_0.name;
-- - JOI004: several payslips an employee
select e1_0.id from employee e1_0 left join payslip p1_0 on p1_0.employee_id=e1_0.id where e1_0.salary>3000;
-- + JOI006: joined by its own key
select a.email from employee a join employee b on b.id=a.id where b.salary>5000;
-- + SUB004: in over its own key
select e1_0.email from employee e1_0 where e1_0.id in (select e2_0.id from employee e2_0 where e2_0.department_id=3);
-- + SAR006: ifnull around the indexed column
select e1_0.id from employee e1_0 where ifnull(e1_0.salary,0)>9000;
-- + AGG002: having on the key
select e1_0.department_id,count(e1_0.id) from employee e1_0 group by e1_0.department_id having e1_0.department_id>5;
-- - AGG002: having on a maximum
select e1_0.department_id,max(e1_0.salary) from employee e1_0 group by e1_0.department_id having max(e1_0.salary)>5000;
-- - SEL001: by the whole key
select * from payslip where employee_id=5 and month='2024-01-01';
-- + SEL001: many blobs
select * from payslip where employee_id=5;
-- + AGG001: count > 0
select d1_0.name from department d1_0 where (select count(*) from employee e1_0 where e1_0.department_id=d1_0.id)>0;
-- - AGG001: count > 1
select d1_0.code from department d1_0 where (select count(*) from employee e1_0 where e1_0.department_id=d1_0.id)>1;
-- - SAR012 IDX001: small list by key
select email from employee where id in (1,2,3);
