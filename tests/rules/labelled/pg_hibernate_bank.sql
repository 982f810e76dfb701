-- engine: postgresql
-- style: Hibernate
create table customer (id bigint not null, version integer not null, customer_no varchar(20) not null, surname varchar(80) not null, birth date, primary key (id));
create unique index uk_customer_no on customer (customer_no);
create index ix_customer_surname on customer (surname);
create table account (id bigint not null, customer_id bigint not null, iban varchar(34) not null, balance numeric(19,2) not null, closed timestamp, opened timestamp not null, primary key (id));
alter table account add constraint uk_account_iban unique (iban);
alter table account add constraint fk_account_customer foreign key (customer_id) references customer;
create index ix_account_customer on account (customer_id);
create index ix_account_balance on account (balance);
create index ix_account_opened on account (opened);
create table booking (id bigint not null, account_id bigint not null, peer_account_id bigint, amount numeric(19,2) not null, booked timestamp not null, reference varchar(140), primary key (id));
alter table booking add constraint fk_booking_account foreign key (account_id) references account;
alter table booking add constraint fk_booking_peer foreign key (peer_account_id) references account;
create index ix_booking_account_booked on booking (account_id, booked);
-- @ + IDX003 booking: peer_account_id leads no index
-- @ - IDX003 account: indexed
-- + SAR004: arithmetic around an indexed column
select a1_0.id from account a1_0 where a1_0.balance*100 > 1000000;
-- - SAR004: arithmetic on the constant
select a1_0.id from account a1_0 where a1_0.balance > 1000000/100;
-- - SAR004: arithmetic between two columns of one row, no index could be used
select a1_0.id, a1_0.balance from account a1_0 where a1_0.customer_id=4 and a1_0.balance-a1_0.id > 5;
-- + SAR004: date arithmetic on the column
select a1_0.id from account a1_0 where a1_0.opened + interval '30 days' > now();
-- + JOI005: customer gives only its key, the FK is not null and enforced
select a1_0.iban from account a1_0 join customer c1_0 on c1_0.id=a1_0.customer_id where c1_0.id=77;
-- - JOI005: a column of customer is shown
select a1_0.iban, c1_0.surname from account a1_0 join customer c1_0 on c1_0.id=a1_0.customer_id where a1_0.iban='DE1';
-- - JOI005: a column of customer filters
select a1_0.iban from account a1_0 join customer c1_0 on c1_0.id=a1_0.customer_id where c1_0.surname='Meier';
-- + JOI004: unused, joined on the primary key
select a1_0.iban, a1_0.balance from account a1_0 left join customer c1_0 on c1_0.id=a1_0.customer_id where a1_0.opened > '2024-01-01';
-- - JOI004: not unique on the right: each row is repeated
select c1_0.surname from customer c1_0 left join account a1_0 on a1_0.customer_id=c1_0.id where c1_0.customer_no='K1';
-- - JOI004: shown
select a1_0.iban, c1_0.version from account a1_0 left join customer c1_0 on c1_0.id=a1_0.customer_id where a1_0.iban='DE3';
-- + IDX004: index order is account_id, booked; the query has booked only by range
select b1_0.id from booking b1_0 where b1_0.booked >= '2024-05-01' and b1_0.booked < '2024-05-02';
-- - IDX004: leading column by equality
select b1_0.id from booking b1_0 where b1_0.account_id=5 order by b1_0.booked desc fetch first 20 rows only;
-- + SUB004: keys of the very table
select c1_0.id, c1_0.surname from customer c1_0 where c1_0.id in (select c2_0.id from customer c2_0 where c2_0.surname='Meier');
-- - SUB004: another table
select c1_0.id from customer c1_0 where c1_0.id in (select a1_0.customer_id from account a1_0 where a1_0.opened > '2024-01-01');
-- - SUB004: the subquery has LIMIT
select c1_0.surname from customer c1_0 where c1_0.id in (select c2_0.id from customer c2_0 where c2_0.surname='Meier' order by c2_0.id limit 5);
