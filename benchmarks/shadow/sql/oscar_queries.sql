-- name: session
SELECT session_key, session_data, expire_date FROM django_session WHERE expire_date > '2025-06-01 12:00+00' AND session_key = 'c4ca4238a0b923820dcc509a6f75849b'
-- name: user of the session
SELECT * FROM auth_user WHERE id = 1234
-- name: login by e-mail
SELECT id, password, email FROM auth_user WHERE UPPER(email) = UPPER('User77@mail.example') AND is_active
-- name: permissions of a user
SELECT DISTINCT ct.app_label, p.codename FROM auth_permission p JOIN django_content_type ct ON p.content_type_id = ct.id JOIN auth_user_user_permissions up ON p.id = up.permission_id WHERE up.user_id = 7 ORDER BY ct.app_label
-- name: products of a category page
SELECT DISTINCT p.id, p.title, p.slug, p.date_created FROM catalogue_product p JOIN catalogue_productcategory pc ON p.id = pc.product_id JOIN catalogue_category c ON pc.category_id = c.id WHERE p.is_public AND p.structure IN ('standalone', 'parent') AND c.path LIKE '0003%' ORDER BY p.date_created DESC LIMIT 20
-- name: count of a category page
SELECT count(*) FROM (SELECT DISTINCT p.id FROM catalogue_product p JOIN catalogue_productcategory pc ON p.id = pc.product_id WHERE p.is_public AND p.structure IN ('standalone', 'parent') AND pc.category_id IN (SELECT id FROM catalogue_category WHERE path LIKE '0003%')) x
-- name: category by slug and depth
SELECT id, path, name FROM catalogue_category WHERE depth = 1 AND is_public ORDER BY path
-- name: ancestors of a category
SELECT id, name FROM catalogue_category WHERE path IN ('0003', '00030041') ORDER BY path
-- name: product with everything
SELECT p.*, pc.name, pp.title AS parent FROM catalogue_product p LEFT JOIN catalogue_productclass pc ON p.product_class_id = pc.id LEFT JOIN catalogue_product pp ON p.parent_id = pp.id WHERE p.id = 777
-- name: images of a page
SELECT * FROM catalogue_productimage WHERE product_id IN (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233) ORDER BY display_order
-- name: children of a product with stock
SELECT c.id, s.price, s.num_in_stock FROM catalogue_product c JOIN partner_stockrecord s ON s.product_id = c.id WHERE c.parent_id = 12 AND s.num_in_stock - coalesce(s.num_allocated, 0) > 0 ORDER BY s.price
-- name: attributes of a product
SELECT v.*, a.code, o.option FROM catalogue_productattributevalue v JOIN catalogue_productattribute a ON v.attribute_id = a.id LEFT JOIN catalogue_attributeoption o ON v.value_option_id = o.id WHERE v.product_id = 301 ORDER BY a.code
-- name: cheapest of a range
SELECT p.id, min(s.price) FROM catalogue_product p JOIN offer_rangeproduct rp ON rp.product_id = p.id JOIN partner_stockrecord s ON s.product_id = p.id WHERE rp.range_id = 3 GROUP BY p.id ORDER BY 2 LIMIT 12
-- name: recommended
SELECT p.id, p.title FROM catalogue_productrecommendation r JOIN catalogue_product p ON r.recommendation_id = p.id WHERE r.primary_id = 44 ORDER BY r.ranking DESC
-- name: open basket
SELECT * FROM basket_basket WHERE owner_id = 99 AND status IN ('Open', 'Saved')
-- name: lines of a basket
SELECT l.*, p.title, s.price, pa.name FROM basket_line l JOIN catalogue_product p ON l.product_id = p.id JOIN partner_stockrecord s ON l.stockrecord_id = s.id JOIN partner_partner pa ON s.partner_id = pa.id WHERE l.basket_id = 4321 ORDER BY l.date_created, l.id
-- name: abandoned baskets
SELECT b.id, b.owner_id, count(l.id), sum(l.price_excl_tax * l.quantity) FROM basket_basket b JOIN basket_line l ON l.basket_id = b.id WHERE b.status = 'Open' AND b.date_created < '2025-03-01' AND b.owner_id IS NOT NULL GROUP BY b.id ORDER BY 4 DESC LIMIT 50
-- name: vouchers of a basket
SELECT v.* FROM voucher_voucher v JOIN basket_basket_vouchers bv ON v.id = bv.voucher_id WHERE bv.basket_id = 12 AND v.start_datetime <= '2025-08-01' AND v.end_datetime >= '2025-08-01'
-- name: offers in force
SELECT o.*, c.type, b.type FROM offer_conditionaloffer o JOIN offer_condition c ON o.condition_id = c.id JOIN offer_benefit b ON o.benefit_id = b.id WHERE o.status = 'Open' AND (o.start_datetime IS NULL OR o.start_datetime <= '2025-08-01') AND (o.end_datetime IS NULL OR o.end_datetime >= '2025-08-01') ORDER BY o.priority DESC, o.id
-- name: stock to allocate
SELECT * FROM partner_stockrecord WHERE id IN (4, 8, 15, 16, 23, 42) FOR UPDATE
-- name: allocate
UPDATE partner_stockrecord SET num_allocated = num_allocated + 2, date_updated = now() WHERE id = 4711
-- name: order by number
SELECT o.*, u.email FROM order_order o LEFT JOIN auth_user u ON o.user_id = u.id WHERE o.number = '100777'
-- name: orders of a customer
SELECT id, number, total_incl_tax, status, date_placed FROM order_order WHERE user_id = 3 ORDER BY date_placed DESC LIMIT 25
-- name: number of orders of a customer
SELECT count(*) FROM order_order WHERE user_id = 2 AND status <> 'Cancelled'
-- name: lines of an order
SELECT l.*, p.slug FROM order_line l LEFT JOIN catalogue_product p ON l.product_id = p.id WHERE l.order_id = 5005 ORDER BY l.id
-- name: order with addresses
SELECT o.number, s.line1, s.postcode, sc.printable_name, b.line1 FROM order_order o LEFT JOIN order_shippingaddress s ON o.shipping_address_id = s.id LEFT JOIN address_country sc ON s.country_id = sc.iso_3166_1_a2 LEFT JOIN order_billingaddress b ON o.billing_address_id = b.id WHERE o.id BETWEEN 500 AND 520
-- name: dashboard search of orders
SELECT DISTINCT o.id, o.number, o.date_placed FROM order_order o LEFT JOIN auth_user u ON o.user_id = u.id LEFT JOIN order_shippingaddress s ON o.shipping_address_id = s.id JOIN order_line l ON l.order_id = o.id WHERE (UPPER(s.first_name) LIKE UPPER('%line 1%') OR UPPER(u.last_name) LIKE UPPER('%name 12%')) AND UPPER(l.title) LIKE UPPER('%title 7%') AND o.date_placed >= '2025-10-01' ORDER BY o.date_placed DESC LIMIT 20
-- name: dashboard orders of a day
SELECT count(*), sum(total_incl_tax) FROM order_order WHERE date_placed >= '2025-11-11' AND date_placed < '2025-11-12'
-- name: dashboard orders by status
SELECT status, count(*) FROM order_order GROUP BY status ORDER BY status
-- name: dashboard lines to ship
SELECT l.id, l.upc, o.number FROM order_line l JOIN order_order o ON l.order_id = o.id WHERE l.status = 'Pending' AND l.partner_id = 2 AND o.status = 'Being processed' ORDER BY o.date_placed LIMIT 100
-- name: revenue by month
SELECT date_trunc('month', date_placed), currency, sum(total_incl_tax), avg(total_incl_tax) FROM order_order WHERE status <> 'Cancelled' GROUP BY 1, 2 ORDER BY 1
-- name: best customers
SELECT u.id, u.email, sum(o.total_incl_tax) FROM auth_user u JOIN order_order o ON o.user_id = u.id WHERE o.date_placed > '2025-07-01' GROUP BY u.id HAVING count(*) > 3 ORDER BY 3 DESC LIMIT 20
-- name: best sellers
SELECT p.id, p.title, sum(l.quantity) FROM order_line l JOIN catalogue_product p ON l.product_id = p.id JOIN order_order o ON l.order_id = o.id WHERE o.date_placed > '2025-12-01' GROUP BY p.id ORDER BY 3 DESC LIMIT 10
-- name: products never sold
SELECT p.id FROM catalogue_product p WHERE NOT EXISTS (SELECT 1 FROM order_line l WHERE l.product_id = p.id) AND p.is_public AND p.structure <> 'parent'
-- name: also bought
SELECT m.product_id, count(*) FROM order_line l JOIN order_line m ON m.order_id = l.order_id AND m.product_id <> l.product_id WHERE l.product_id = 321 GROUP BY 1 ORDER BY 2 DESC LIMIT 6
-- name: reviews of a product
SELECT r.*, u.username FROM reviews_productreview r LEFT JOIN auth_user u ON r.user_id = u.id WHERE r.product_id = 19 AND r.status = 1 ORDER BY r.delta_votes DESC, r.id LIMIT 10
-- name: rating of a product
SELECT sum(score)::float / count(*) FROM reviews_productreview WHERE product_id = 25 AND status = 1
-- name: reviews with votes
SELECT r.id, count(v.id), sum(v.delta) FROM reviews_productreview r LEFT JOIN reviews_vote v ON v.review_id = r.id WHERE r.status = 0 GROUP BY r.id ORDER BY 2 DESC LIMIT 10
-- name: history of a customer
SELECT p.id, p.title, max(v.date_created) FROM analytics_userproductview v JOIN catalogue_product p ON v.product_id = p.id WHERE v.user_id = 55 GROUP BY p.id ORDER BY 3 DESC LIMIT 12
-- name: most viewed
SELECT product_id, num_views FROM analytics_productrecord ORDER BY num_purchases DESC, num_views DESC LIMIT 10
-- name: searches
SELECT query, count(*) FROM analytics_usersearch WHERE date_created > '2025-09-01' GROUP BY query ORDER BY 2 DESC LIMIT 20
-- name: notifications
SELECT count(*) FROM communication_notification WHERE recipient_id = 8 AND date_read IS NULL AND location = 'Inbox'
-- name: wish lists
SELECT w.id, w.name, count(l.id) FROM wishlists_wishlist w LEFT JOIN wishlists_line l ON l.wishlist_id = w.id WHERE w.owner_id = 3 GROUP BY w.id
-- name: low stock
SELECT s.id, p.title, s.num_in_stock FROM partner_stockrecord s JOIN catalogue_product p ON p.id = s.product_id WHERE s.num_in_stock <= s.low_stock_threshold AND s.partner_id = 5
-- name: alerts of stock
SELECT a.id, a.email FROM customer_productalert a JOIN partner_stockrecord s ON s.product_id = a.product_id WHERE a.status = 'Active' AND s.num_in_stock > 10
-- name: payments of an order
SELECT t.*, s.label FROM payment_transaction t JOIN payment_source s ON t.source_id = s.id WHERE s.order_id = 900 ORDER BY t.date_created
-- name: transactions of a kind
SELECT txn_type, status, count(*), sum(amount) FROM payment_transaction WHERE date_created BETWEEN '2025-05-01' AND '2025-05-31' GROUP BY 1, 2
-- name: discounts by voucher
SELECT voucher_code, sum(amount), count(DISTINCT order_id) FROM order_orderdiscount WHERE voucher_code <> '' GROUP BY 1 ORDER BY 2 DESC LIMIT 20
-- name: users by search of the dashboard
SELECT id, username, email FROM auth_user WHERE UPPER(email) LIKE UPPER('user12%') OR UPPER(first_name) LIKE UPPER('first%3%') ORDER BY date_joined DESC LIMIT 20
-- name: expired sessions
DELETE FROM django_session WHERE expire_date < '2025-02-01'
-- name: cascade of a user
SELECT (SELECT count(*) FROM order_order WHERE user_id = 40), (SELECT count(*) FROM basket_basket WHERE owner_id = 40), (SELECT count(*) FROM reviews_vote WHERE user_id = 40), (SELECT count(*) FROM analytics_usersearch WHERE user_id = 40)
-- name: order by parameter generic
SELECT id, number FROM order_order WHERE user_id = $1 AND date_placed > $2 ORDER BY date_placed DESC LIMIT 10
-- name: category pages by parameters ["0005%"]
SELECT count(*) FROM catalogue_productcategory pc JOIN catalogue_category c ON c.id = pc.category_id WHERE c.path LIKE $1::varchar
