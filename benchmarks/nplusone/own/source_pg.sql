-- Seven small worlds in one database, none of them the development set's book shop.
create extension if not exists pg_stat_statements;
-- clinic: plural tables, declared foreign keys
create table wards (id serial primary key, name text not null, floor int not null);
create table doctors (id serial primary key, ward_id int not null references wards, name text not null, on_call boolean not null default false);
create table patients (id serial primary key, doctor_id int not null references doctors, name text not null, born date not null);
create table drugs (id serial primary key, name text not null, atc text not null);
create table visits (id serial primary key, patient_id int not null references patients, doctor_id int not null references doctors, day date not null, status text not null, fee numeric(8,2));
create table prescriptions (id serial primary key, visit_id int not null references visits on delete cascade, drug_id int not null references drugs, dose text);
create table patient_allergies (id serial primary key, patient_id int not null references patients, drug_id int not null references drugs, unique (patient_id, drug_id));
-- forum: polymorphic comments, many to many, a tree of boards
create table members (id serial primary key, login text not null unique, karma int not null default 0, last_seen timestamptz);
create table boards (id serial primary key, parent_id int references boards, title text not null);
create table threads (id serial primary key, board_id int not null references boards, author_id int not null references members, title text not null, created timestamptz not null);
create table posts (id serial primary key, thread_id int not null references threads, author_id int not null references members, body text, score int not null default 0, created timestamptz not null);
create table labels (id serial primary key, name text not null unique);
create table thread_labels (thread_id int not null references threads, label_id int not null references labels, primary key (thread_id, label_id));
create table remarks (id serial primary key, subject_type text not null, subject_id int not null, author_id int not null references members, body text);
create table votes (id serial primary key, post_id int not null references posts, member_id int not null references members, value int not null);
-- logistics: inherited abbreviations, no declared foreign keys, composite keys
create table whse (wh_cd varchar(6) primary key, wh_nm varchar(40), rgn_cd varchar(4));
create table itm_mst (itm_cd varchar(10) primary key, itm_dsc varchar(60), uom char(2), wgt numeric(8,3));
create table cust_mst (cust_cd varchar(8) primary key, cust_nm varchar(60), rgn_cd varchar(4));
create table shpmt_hdr (shp_no int primary key, cust_cd varchar(8) not null, wh_cd varchar(6) not null, stat_cd char(1) not null, shp_dt date);
create table shpmt_ln (shp_no int not null, ln_no int not null, itm_cd varchar(10) not null, qty int not null, primary key (shp_no, ln_no));
create table stk_bal (wh_cd varchar(6) not null, itm_cd varchar(10) not null, qty int not null, primary key (wh_cd, itm_cd));
create table trk_evt (evt_no serial primary key, shp_no int not null, evt_cd char(3) not null, evt_ts timestamptz not null);
-- saas: every key begins with the tenant
create table tenants (id int primary key, name text not null, plan text not null);
create table people (tenant_id int not null references tenants, id int not null, email text not null, primary key (tenant_id, id));
create table projects (tenant_id int not null references tenants, id int not null, name text not null, primary key (tenant_id, id));
create table tasks (tenant_id int not null, id int not null, project_id int not null, assignee_id int, state text not null, rank int not null default 0, deleted boolean not null default false,
  primary key (tenant_id, id), foreign key (tenant_id, project_id) references projects (tenant_id, id), foreign key (tenant_id, assignee_id) references people (tenant_id, id));
create table grants (tenant_id int not null, person_id int not null, project_id int not null, role text not null, primary key (tenant_id, person_id, project_id));
create table feature_flags (tenant_id int not null references tenants, name text not null, enabled boolean not null, primary key (tenant_id, name));
-- iot: uuid keys
create table sites (id uuid primary key, name text not null);
create table devices (id uuid primary key, site_id uuid not null references sites, serial text not null unique, firmware text);
create table readings (id bigserial primary key, device_id uuid not null references devices, at timestamptz not null, celsius real not null);
create table alarms (id uuid primary key default gen_random_uuid(), device_id uuid not null references devices, level int not null, open boolean not null default true);
-- billing: camelCase names, no declared foreign keys
create table "Customer" ("id" serial primary key, "fullName" text not null, "vatNumber" text);
create table "Product" ("id" serial primary key, "sku" text not null, "unitPrice" numeric(10,2) not null);
create table "Invoice" ("id" serial primary key, "customerId" int not null, "issuedAt" timestamptz not null, "status" text not null);
create table "InvoiceLine" ("id" serial primary key, "invoiceId" int not null, "productId" int not null, "quantity" int not null);
create table "Payment" ("id" serial primary key, "invoiceId" int not null, "amount" numeric(10,2) not null, "paidAt" timestamptz not null);
-- staff: a self-referencing tree; and plumbing
create table employees (id serial primary key, manager_id int references employees, name text not null, salary int not null);
create table web_sessions (token text primary key, member_id int not null references members, seen timestamptz);
create table outbox (id bigserial primary key, topic text not null, body text not null, state text not null default 'new');
create table audit_trail (id bigserial primary key, actor_id int, action text not null, at timestamptz not null default now());
create table app_settings (name text primary key, value text not null);
create table stock_levels (id serial primary key, name text not null unique, level int not null);

insert into wards (name, floor) select 'ward ' || g, g % 5 from generate_series(1, 8) g;
insert into doctors (ward_id, name) select 1 + g % 8, 'dr ' || g from generate_series(1, 60) g;
insert into patients (doctor_id, name, born) select 1 + (g * 7) % 60, 'patient ' || g, date '1950-01-01' + g * 11 from generate_series(1, 800) g;
insert into drugs (name, atc) select 'drug ' || g, 'A' || g from generate_series(1, 120) g;
insert into visits (patient_id, doctor_id, day, status, fee) select 1 + (g * 13) % 800, 1 + (g * 5) % 60, date '2026-01-01' + g % 300, (array['planned','done','missed'])[1 + g % 3], 20 + g % 80 from generate_series(1, 4000) g;
insert into prescriptions (visit_id, drug_id, dose) select 1 + g % 4000, 1 + (g * 3) % 120, g % 4 || ' mg' from generate_series(1, 7000) g;
insert into patient_allergies (patient_id, drug_id) select distinct 1 + (g * 3) % 800, 1 + (g * 11) % 120 from generate_series(1, 1500) g;
insert into members (login, karma) select 'member' || g, g % 90 from generate_series(1, 500) g;
insert into boards (parent_id, title) select case when g > 4 then g / 4 end, 'board ' || g from generate_series(1, 60) g;
insert into threads (board_id, author_id, title, created) select 1 + g % 60, 1 + (g * 17) % 500, 'thread ' || g, timestamptz '2026-01-01' + g * interval '17 min' from generate_series(1, 1500) g;
insert into posts (thread_id, author_id, body, created) select 1 + (g * 7) % 1500, 1 + (g * 3) % 500, 'post ' || g, timestamptz '2026-02-01' + g * interval '3 min' from generate_series(1, 8000) g;
insert into labels (name) select 'label ' || g from generate_series(1, 40) g;
insert into thread_labels select distinct 1 + g % 1500, 1 + (g * 7) % 40 from generate_series(1, 3500) g;
insert into remarks (subject_type, subject_id, author_id, body) select (array['thread','post','member'])[1 + g % 3], 1 + g % 400, 1 + (g * 7) % 500, 'remark' from generate_series(1, 3000) g;
insert into votes (post_id, member_id, value) select 1 + (g * 3) % 8000, 1 + g % 500, 1 from generate_series(1, 12000) g;
insert into whse select 'W' || g, 'warehouse ' || g, 'R' || g % 5 from generate_series(1, 20) g;
insert into itm_mst select 'ITM' || g, 'item ' || g, 'EA', g / 10.0 from generate_series(1, 600) g;
insert into cust_mst select 'C' || g, 'customer ' || g, 'R' || g % 5 from generate_series(1, 300) g;
insert into shpmt_hdr select g, 'C' || 1 + (g * 7) % 300, 'W' || 1 + g % 20, (array['N','P','S'])[1 + g % 3], date '2026-03-01' + g % 90 from generate_series(1, 2500) g;
insert into shpmt_ln select 1 + g % 2500, 1 + g / 2500, 'ITM' || 1 + (g * 7) % 600, g % 9 + 1 from generate_series(0, 9999) g;
insert into stk_bal select 'W' || w, 'ITM' || i, (w * i) % 50 from generate_series(1, 20) w, generate_series(1, 600) i;
insert into trk_evt (shp_no, evt_cd, evt_ts) select 1 + g % 2500, 'E' || g % 20, timestamptz '2026-03-01' + g * interval '1 min' from generate_series(1, 6000) g;
insert into tenants select g, 'tenant ' || g, (array['free','pro'])[1 + g % 2] from generate_series(1, 40) g;
insert into people select t, g, 'p' || g || '@t' || t from generate_series(1, 40) t, generate_series(1, 30) g;
insert into projects select t, g, 'project ' || g from generate_series(1, 40) t, generate_series(1, 25) g;
insert into tasks select t, g, 1 + g % 25, 1 + (g * 7) % 30, (array['open','done'])[1 + g % 2], g, g % 11 = 0 from generate_series(1, 40) t, generate_series(1, 200) g;
insert into grants select t, p, 1 + (p * 3 + j) % 25, 'editor' from generate_series(1, 40) t, generate_series(1, 30) p, generate_series(1, 6) j on conflict do nothing;
insert into feature_flags select t, 'flag' || f, f % 2 = 0 from generate_series(1, 40) t, generate_series(1, 12) f;
insert into sites select md5('site' || g)::uuid, 'site ' || g from generate_series(1, 25) g;
insert into devices select md5('device' || g)::uuid, md5('site' || 1 + g % 25)::uuid, 'SN' || g, '1.' || g % 9 from generate_series(1, 400) g;
insert into readings (device_id, at, celsius) select md5('device' || 1 + g % 400)::uuid, timestamptz '2026-04-01' + g * interval '1 min', g % 40 from generate_series(1, 9000) g;
insert into alarms (device_id, level) select md5('device' || 1 + g % 400)::uuid, g % 4 from generate_series(1, 700) g;
insert into "Customer" ("fullName", "vatNumber") select 'customer ' || g, 'VAT' || g from generate_series(1, 300) g;
insert into "Product" ("sku", "unitPrice") select 'SKU' || g, g from generate_series(1, 400) g;
insert into "Invoice" ("customerId", "issuedAt", "status") select 1 + (g * 7) % 300, timestamptz '2026-01-01' + g * interval '2 h', (array['draft','sent','paid'])[1 + g % 3] from generate_series(1, 2000) g;
insert into "InvoiceLine" ("invoiceId", "productId", "quantity") select 1 + g % 2000, 1 + (g * 7) % 400, 1 + g % 5 from generate_series(1, 6000) g;
insert into "Payment" ("invoiceId", "amount", "paidAt") select 1 + (g * 3) % 2000, 10, timestamptz '2026-05-01' + g * interval '1 h' from generate_series(1, 1500) g;
insert into employees (manager_id, name, salary) select case when g > 1 then 1 + (g - 2) / 5 end, 'employee ' || g, 1000 + g from generate_series(1, 400) g;
insert into web_sessions select 'tok' || g, 1 + g % 500, now() from generate_series(1, 500) g;
insert into outbox (topic, body) select 't' || g % 4, 'body ' || g from generate_series(1, 600) g;
insert into app_settings select 'setting' || g, g::text from generate_series(1, 30) g;
insert into stock_levels (name, level) select 'bin' || g, 100 from generate_series(1, 50) g;
do $$ begin for m in 1..12 loop
  execute format('create table metric_%s (id serial primary key, sensor int not null, value real not null)', to_char(m, 'FM00'));
  execute format('insert into metric_%s (sensor, value) select g %% 50, g from generate_series(1, 500) g', to_char(m, 'FM00'));
end loop; end $$;
analyze;
