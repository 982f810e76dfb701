"""A shop of django-oscar: its schema (fixtures/oscar), with rows."""

from __future__ import annotations

from pathlib import Path

import psycopg

from benchmarks.shadow import filler, load

SCHEMA = Path(__file__).parents[2] / "fixtures" / "oscar" / "schema.sql"
#: Rows at scale 1. What is not named has forty.
ROWS = {
    "address_useraddress": 60000,
    "analytics_productrecord": 20000,
    "analytics_userproductview": 300000,
    "analytics_userrecord": 50000,
    "analytics_usersearch": 80000,
    "auth_user": 50000,
    "basket_basket": 120000,
    "basket_line": 250000,
    "basket_lineattribute": 20000,
    "catalogue_category": 400,
    "catalogue_product": 20000,
    "catalogue_productattribute": 300,
    "catalogue_productattributevalue": 40000,
    "catalogue_productcategory": 30000,
    "catalogue_productimage": 25000,
    "catalogue_productrecommendation": 15000,
    "communication_notification": 90000,
    "customer_productalert": 9000,
    "django_session": 60000,
    "order_billingaddress": 60000,
    "order_communicationevent": 40000,
    "order_line": 260000,
    "order_lineprice": 260000,
    "order_order": 100000,
    "order_orderdiscount": 20000,
    "order_ordernote": 15000,
    "order_orderstatuschange": 120000,
    "order_paymentevent": 100000,
    "order_shippingaddress": 70000,
    "order_shippingevent": 50000,
    "order_shippingeventquantity": 90000,
    "partner_stockrecord": 30000,
    "partner_stockalert": 5000,
    "payment_source": 100000,
    "payment_transaction": 150000,
    "reviews_productreview": 25000,
    "reviews_vote": 40000,
    "voucher_voucher": 3000,
    "voucher_voucherapplication": 20000,
    "wishlists_line": 30000,
    "wishlists_wishlist": 12000,
}
#: Tables whose rows are the shop's own, whatever its customers do.
FIXED = {
    "catalogue_category",
    "catalogue_product",
    "catalogue_productattribute",
    "catalogue_productattributevalue",
    "catalogue_productcategory",
    "catalogue_productimage",
    "catalogue_productrecommendation",
    "analytics_productrecord",
    "partner_stockrecord",
    "partner_stockalert",
    "voucher_voucher",
}
#: Skewed states, and the tree of categories as django-treebeard writes paths.
OVERRIDES = {
    "address_country.iso_3166_1_a2": "chr(65 + (i / 26)::int) || chr(65 + (i % 26)::int)",
    "auth_user.username": "'user' || i",
    "auth_user.email": "'user' || i || '@mail.example'",
    "auth_user.is_staff": "i <= 30",
    "auth_user.is_active": "i % 25 > 0",
    "basket_basket.status": "(ARRAY['Submitted', 'Open', 'Merged', 'Frozen', 'Saved'])[1 + floor(power(pg_temp.r(i, 11), 2.5) * 5)::int]",
    "basket_basket.owner_id": "CASE WHEN i % 3 > 0 THEN 1 + floor(power(pg_temp.r(i, 12), 2) * (SELECT count(*) FROM auth_user))::int END",
    "catalogue_category.path": "CASE WHEN i <= 20 THEN lpad(i::text, 4, '0') ELSE lpad((1 + i % 20)::text, 4, '0') || lpad(i::text, 4, '0') END",
    "catalogue_category.depth": "CASE WHEN i <= 20 THEN 1 ELSE 2 END",
    "catalogue_category.numchild": "CASE WHEN i <= 20 THEN 19 ELSE 0 END",
    "catalogue_category.is_public": "i % 30 > 0",
    "catalogue_product.structure": "(ARRAY['standalone', 'child', 'parent'])[1 + (i % 10 > 5)::int + (i % 20 = 0)::int]",
    "catalogue_product.parent_id": "CASE WHEN i % 10 > 5 AND i > 40 THEN (i / 20) + 1 END",
    "catalogue_product.is_public": "i % 40 > 0",
    "catalogue_product.upc": "CASE WHEN i % 10 > 0 THEN '97' || lpad((i * 7919)::text, 11, '0') END",
    "order_order.number": "(100000 + i)::text",
    "order_order.status": "(ARRAY['Complete', 'Complete', 'Being processed', 'Pending', 'Cancelled'])[1 + floor(power(pg_temp.r(i, 13), 2) * 5)::int]",
    "order_order.user_id": "CASE WHEN i % 9 > 0 THEN 1 + floor(power(pg_temp.r(i, 14), 2.5) * (SELECT count(*) FROM auth_user))::int END",
    "order_order.guest_email": "CASE WHEN i % 9 = 0 THEN 'guest' || i || '@mail.example' ELSE '' END",
    "order_line.status": "(ARRAY['Shipped', 'Pending', 'Returned'])[1 + floor(power(pg_temp.r(i, 15), 3) * 3)::int]",
    "order_line.order_id": "1 + (i * (SELECT count(*) FROM order_order) / 260001) % (SELECT count(*) FROM order_order)",
    "reviews_productreview.score": "5 - floor(power(pg_temp.r(i, 16), 2.2) * 5)::int",
    "reviews_productreview.status": "floor(power(pg_temp.r(i, 17), 3) * 3)::int",
    "reviews_vote.delta": "CASE WHEN i % 4 > 0 THEN 1 ELSE -1 END",
    "communication_notification.location": "(ARRAY['Inbox', 'Archive'])[1 + (i % 9 = 0)::int]",
    "django_session.session_key": "md5(i::text)",
    "partner_stockrecord.num_in_stock": "floor(power(pg_temp.r(i, 18), 3) * 400)::int",
    "voucher_voucher.code": "'V' || upper(substr(md5(i::text), 1, 8))",
    "wishlists_wishlist.key": "substr(md5(i::text), 1, 6)",
}


def rows(scale: float) -> dict[str, int]:
    """Rows of each table at a scale: what the shop itself makes does not grow."""
    return {name: count if name in FIXED else max(1, round(count * scale)) for name, count in ROWS.items()}


def make(dsn: str, scale: float, days: int) -> None:
    """Schema and rows in an empty database; then VACUUM (ANALYZE)."""
    load.run(dsn, SCHEMA)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET search_path = public")
        # Keys refer to rows that exist by the way they are made: looking each up again takes most of the time.
        connection.execute("SET session_replication_role = replica")
        filler.fill(connection, rows(scale), 40, OVERRIDES, days)
        connection.execute("VACUUM (ANALYZE)")
