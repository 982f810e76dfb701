"""A shop's application: what its pages, workers and reports ask and write, as text with its values."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

#: Statements of one call of the application; more than one is one transaction.
Call = list[str]


@dataclass
class Shop:
    """Draws calls. ``scale`` is that of the data."""

    scale: float
    draw: random.Random
    sold: int = 0
    tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.accounts = round(20000 * self.scale)
        self.products = round(10000 * self.scale)
        self.purchases = round(100000 * self.scale)
        self.tickets = round(30000 * self.scale)

    def calls(self, count: int) -> Iterator[Call]:
        """A mixed day: mostly pages, some orders, now and then a report."""
        kinds: list[tuple[int, Callable[[], Call]]] = [
            (120, self.login), (180, self.product_page), (140, self.listing), (40, self.search), (120, self.history),
            (90, self.details), (60, self.checkout), (60, self.paid), (45, self.shipped), (40, self.queue), (150, self.seen),
            (45, self.activity), (40, self.tickets_of), (25, self.board), (20, self.answer), (25, self.reference),
            (30, self.addresses), (12, self.expire), (6, self.coupon), (3, self.revenue), (3, self.bestsellers),
            (2, self.failures), (2, self.sleeping), (2, self.countries), (15, self.restock),
        ]  # fmt: skip
        weights = [weight for weight, _ in kinds]
        for _ in range(count):
            yield self.draw.choices(kinds, weights)[0][1]()

    # ------------------------------------------------------------------ values
    def account(self) -> int:
        return 1 + int(self.draw.random() ** 2 * (self.accounts - 1))

    def product(self) -> int:
        return 1 + int(self.draw.random() ** 3 * (self.products - 1))

    def purchase(self) -> int:
        return self.purchases - int(self.draw.random() ** 3 * (self.purchases - 1))

    def day(self, last: int) -> str:
        return f"2025-06-{30 - self.draw.randrange(last):02d}"

    # ------------------------------------------------------------------ pages
    def login(self) -> Call:
        who, token = self.account(), f"{self.draw.getrandbits(128):032x}"
        return [
            f"SELECT id, name, tier, status FROM account WHERE lower(email) = 'user{who}@example.com'",
            f"UPDATE account SET last_login = now() WHERE id = {who}",
            f"INSERT INTO session (token, account_id, expires_at) VALUES ('{token}', {who}, '2025-07-14 12:00+00')",
        ]

    def product_page(self) -> Call:
        return [f"SELECT id, sku, name, price, stock, rating FROM product WHERE id = {self.product()}"]

    def listing(self) -> Call:
        category, least = 1 + int(self.draw.random() ** 2 * 59), self.draw.randrange(5, 200)
        return [
            f"SELECT id, name, price, rating FROM product WHERE category_id = {category} AND active AND price >= {least} ORDER BY price LIMIT 24"
        ]

    def search(self) -> Call:
        word = self.draw.choice(("Lamp", "Chair", "Table", "Shelf", "Mug", "Desk", "Sofa", "Rug"))
        return [
            f"SELECT id, name, price FROM product WHERE name LIKE '{word} {self.draw.randrange(256):02x}%' AND active ORDER BY rating DESC NULLS LAST LIMIT 20"
        ]

    def history(self) -> Call:
        return [
            f"SELECT id, status, placed_at, total FROM purchase WHERE account_id = {self.account()} ORDER BY placed_at DESC LIMIT 10"
        ]

    def details(self) -> Call:
        bought = self.purchase()
        return [
            f"SELECT p.id, p.status, p.total, a.name, a.email FROM purchase p JOIN account a ON a.id = p.account_id WHERE p.id = {bought}",
            f"SELECT l.quantity, l.price, r.name, r.sku FROM purchase_line l JOIN product r ON r.id = l.product_id WHERE l.purchase_id = {bought}",
            f"SELECT method, status, amount, created_at FROM payment WHERE purchase_id = {bought}",
        ]

    def addresses(self) -> Call:
        return [f"SELECT street, city, zip FROM address WHERE account_id = {self.account()} AND is_default"]

    def seen(self) -> Call:
        kind = self.draw.choices(("view", "cart", "search", "error"), (80, 10, 9, 1))[0]
        return [
            f"INSERT INTO event (account_id, kind, at, detail) VALUES ({self.account()}, '{kind}', now(), '{self.draw.getrandbits(64):x}')"
        ]

    def activity(self) -> Call:
        return [
            f"SELECT kind, at, detail FROM event WHERE account_id = {self.account()} AND kind = 'cart' ORDER BY at DESC LIMIT 20"
        ]

    def tickets_of(self) -> Call:
        return [
            f"SELECT id, subject, status, updated_at FROM ticket WHERE account_id = {self.account()} ORDER BY updated_at DESC"
        ]

    # ------------------------------------------------------------------ orders
    def checkout(self) -> Call:
        self.sold += 1
        bought = self.purchases + self.sold
        lines = [
            (self.product(), self.draw.randint(1, 3), self.draw.randint(5, 300)) for _ in range(self.draw.randint(1, 4))
        ]
        coupon = f"'C{self.draw.randrange(500)}'" if self.draw.random() < 0.05 else "NULL"
        statements = [
            f"INSERT INTO purchase (id, account_id, status, placed_at, total, coupon) VALUES ({bought}, {self.account()}, 'open', now(), {sum(q * p for _, q, p in lines)}.00, {coupon})"
        ]
        for product, quantity, price in lines:
            statements.append(
                f"INSERT INTO purchase_line (purchase_id, product_id, quantity, price) VALUES ({bought}, {product}, {quantity}, {price}.00)"
            )
            statements.append(f"UPDATE product SET stock = stock - {quantity}, updated_at = now() WHERE id = {product}")
        statements.append(
            f"INSERT INTO payment (purchase_id, method, status, amount, reference, created_at) VALUES ({bought}, 'card', 'open', {sum(q * p for _, q, p in lines)}.00, 'R{self.draw.getrandbits(72):018X}', now())"
        )
        return statements

    def paid(self) -> Call:
        bought = self.purchase()
        return [
            f"UPDATE payment SET status = 'captured' WHERE purchase_id = {bought} AND status = 'open'",
            f"UPDATE purchase SET status = 'paid' WHERE id = {bought} AND status = 'open'",
        ]

    def shipped(self) -> Call:
        return [f"UPDATE purchase SET status = 'done', shipped_at = now() WHERE id = {self.purchase()}"]

    def restock(self) -> Call:
        return [
            f"UPDATE product SET stock = stock + {self.draw.randint(5, 80)}, updated_at = now() WHERE sku = 'SKU{self.product():08d}'"
        ]

    # ------------------------------------------------------------------ workers
    def queue(self) -> Call:
        return [
            "SELECT id, account_id, placed_at, total FROM purchase WHERE status = 'open' ORDER BY placed_at LIMIT 50"
        ]

    def reference(self) -> Call:
        number = self.draw.randrange(1, self.purchases)
        return [
            f"SELECT id, purchase_id, status, amount FROM payment WHERE reference = upper(substr(md5('p{number}'), 1, 20))"
        ]

    def expire(self) -> Call:
        hour = self.draw.randrange(24)
        return [f"DELETE FROM session WHERE expires_at < timestamptz '2025-06-30 00:00+00' + interval '{hour} minutes'"]

    def board(self) -> Call:
        return [
            f"SELECT id, subject, priority, created_at FROM ticket WHERE assignee = 'agent{self.draw.randrange(20)}' AND status <> 'closed' ORDER BY priority DESC, created_at LIMIT 30"
        ]

    def answer(self) -> Call:
        number = 1 + self.draw.randrange(self.tickets)
        return [f"UPDATE ticket SET status = 'waiting', updated_at = now() WHERE id = {number}"]

    # ------------------------------------------------------------------ reports
    def coupon(self) -> Call:
        return [
            f"SELECT count(*), sum(total) FROM purchase WHERE coupon = 'C{self.draw.randrange(500)}' AND status <> 'cancelled'"
        ]

    def revenue(self) -> Call:
        return [
            f"SELECT date_trunc('day', placed_at) AS day, count(*), sum(total) FROM purchase WHERE placed_at >= '{self.day(25)}' AND status IN ('done', 'paid') GROUP BY 1 ORDER BY 1"
        ]

    def bestsellers(self) -> Call:
        return [
            f"SELECT r.id, r.name, sum(l.quantity) AS sold FROM purchase p JOIN purchase_line l ON l.purchase_id = p.id JOIN product r ON r.id = l.product_id WHERE p.placed_at >= '{self.day(10)}' GROUP BY r.id, r.name ORDER BY sold DESC LIMIT 20"
        ]

    def failures(self) -> Call:
        return [
            f"SELECT m.id, m.reference, m.amount, p.account_id FROM payment m JOIN purchase p ON p.id = m.purchase_id WHERE m.status = 'failed' AND m.created_at >= '{self.day(20)}' ORDER BY m.created_at DESC"
        ]

    def sleeping(self) -> Call:
        return [
            f"SELECT a.id, a.email FROM account a WHERE a.status = 'active' AND a.last_login < '2024-{self.draw.randrange(5, 12):02d}-01' AND NOT EXISTS (SELECT 1 FROM purchase p WHERE p.account_id = a.id AND p.placed_at > '2024-06-01') LIMIT 100"
        ]

    def countries(self) -> Call:
        return [
            f"SELECT a.country, count(*), avg(p.total) FROM account a JOIN purchase p ON p.account_id = a.id WHERE p.placed_at >= '{self.day(28)}' AND a.tier >= 2 GROUP BY a.country ORDER BY 2 DESC"
        ]
