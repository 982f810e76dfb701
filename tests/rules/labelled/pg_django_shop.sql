-- engine: postgresql
-- style: Django shop
CREATE TABLE "auth_user" ("id" serial NOT NULL PRIMARY KEY, "username" varchar(150) NOT NULL UNIQUE, "email" varchar(254) NOT NULL, "is_active" boolean NOT NULL, "date_joined" timestamp with time zone NOT NULL);
CREATE INDEX "auth_user_username_like" ON "auth_user" ("username" varchar_pattern_ops);
CREATE INDEX "auth_user_email" ON "auth_user" ("email");
CREATE INDEX "auth_user_joined" ON "auth_user" ("date_joined");
CREATE TABLE "catalogue_product" ("id" serial NOT NULL PRIMARY KEY, "upc" varchar(64) UNIQUE, "title" varchar(255) NOT NULL, "slug" varchar(255) NOT NULL, "price" numeric(12,2) NOT NULL, "date_created" timestamp with time zone NOT NULL, "parent_id" integer NULL REFERENCES "catalogue_product" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "catalogue_product_slug" ON "catalogue_product" ("slug");
CREATE INDEX "catalogue_product_slug_like" ON "catalogue_product" ("slug" varchar_pattern_ops);
CREATE INDEX "catalogue_product_parent_id" ON "catalogue_product" ("parent_id");
CREATE INDEX "catalogue_product_price" ON "catalogue_product" ("price");
CREATE TABLE "order_order" ("id" serial NOT NULL PRIMARY KEY, "number" varchar(128) NOT NULL UNIQUE, "user_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "status" varchar(100) NOT NULL, "date_placed" timestamp with time zone NOT NULL);
CREATE INDEX "order_order_date_placed" ON "order_order" ("date_placed");
CREATE INDEX "order_order_user_id" ON "order_order" ("user_id");
CREATE TABLE "order_line" ("id" serial NOT NULL PRIMARY KEY, "order_id" integer NOT NULL REFERENCES "order_order" ("id") DEFERRABLE INITIALLY DEFERRED, "product_id" integer NULL REFERENCES "catalogue_product" ("id") DEFERRABLE INITIALLY DEFERRED, "quantity" integer NOT NULL, "line_price" numeric(12,2) NOT NULL);
CREATE INDEX "order_line_order_id" ON "order_line" ("order_id");
-- @ + IDX003 order_line: product_id leads no index
-- @ - IDX016: varchar_pattern_ops is another operator class
-- + SAR008 ~ SAR001 IDX011: Django iexact; no index on upper(email)
SELECT "auth_user"."id" FROM "auth_user" WHERE UPPER("auth_user"."email"::text) = UPPER('a@b.example') LIMIT 21;
-- + SAR007 ~ SAR008: Django icontains
SELECT "catalogue_product"."id", "catalogue_product"."title" FROM "catalogue_product" WHERE UPPER("catalogue_product"."slug"::text) LIKE UPPER('%lamp%') ORDER BY "catalogue_product"."id" LIMIT 100;
-- - SAR007 SAR001: prefix search with its pattern index
SELECT "catalogue_product"."id" FROM "catalogue_product" WHERE "catalogue_product"."slug"::text LIKE 'lamp%' LIMIT 10;
-- ~ SAR002 SAR001: timestamptz cut in a time zone: range advice must name the zone
SELECT COUNT(*) AS "__count" FROM "order_order" WHERE ("order_order"."date_placed" AT TIME ZONE 'Europe/Berlin')::date = '2024-03-05'::date;
-- + SAR003 ~ SAR001 SAR002: year of an indexed column
SELECT "order_order"."id" FROM "order_order" WHERE EXTRACT(YEAR FROM "order_order"."date_placed") = 2023;
-- - SAR003 SAR002: half-open range
SELECT "order_order"."id" FROM "order_order" WHERE "order_order"."date_placed" >= '2023-01-01' AND "order_order"."date_placed" < '2024-01-01' AND "order_order"."status" = 'new';
-- - SAR003: the year is only shown and grouped
SELECT EXTRACT(YEAR FROM "order_order"."date_placed") AS y, COUNT(*) FROM "order_order" WHERE "order_order"."user_id" = 5 GROUP BY EXTRACT(YEAR FROM "order_order"."date_placed");
-- - JOI007 AGG003: aggregate over fan-out is meant
SELECT "order_order"."user_id", COUNT(DISTINCT "order_line"."product_id") FROM "order_order" INNER JOIN "order_line" ON "order_line"."order_id" = "order_order"."id" WHERE "order_order"."user_id" IN (1, 2, 3) GROUP BY "order_order"."user_id";
-- + IDX002: a product's lines: the join column has no index
SELECT p."title", SUM(l."quantity") FROM "catalogue_product" p JOIN "order_line" l ON l."product_id" = p."id" WHERE p."upc" = '7311' GROUP BY p."title";
-- + AGG003: number is unique and of one table
SELECT DISTINCT "order_order"."number" FROM "order_order" WHERE "order_order"."user_id" = 61;
-- - AGG003: status repeats
SELECT DISTINCT "order_order"."status" FROM "order_order" WHERE "order_order"."user_id" = 62;
