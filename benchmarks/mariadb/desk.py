"""A help desk: eight tables and requests that no part of the advisor was tried on while it was made."""

from __future__ import annotations

import random
from typing import Any

SCHEMA = [
    "CREATE TABLE teams (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL)",
    "CREATE TABLE agents (id INT AUTO_INCREMENT PRIMARY KEY, team_id INT NOT NULL, email VARCHAR(190) NOT NULL, active TINYINT NOT NULL,"
    " UNIQUE KEY agents_email (email), KEY agents_team (team_id))",
    "CREATE TABLE firms (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(120) NOT NULL, country CHAR(2) NOT NULL, plan VARCHAR(10) NOT NULL)",
    "CREATE TABLE people (id INT AUTO_INCREMENT PRIMARY KEY, firm_id INT NOT NULL, email VARCHAR(190) NOT NULL, seen_at DATETIME,"
    " KEY people_firm (firm_id), KEY people_firm_email (firm_id, email))",
    "CREATE TABLE tickets (id INT AUTO_INCREMENT PRIMARY KEY, person_id INT NOT NULL, agent_id INT, status VARCHAR(10) NOT NULL,"
    " priority TINYINT NOT NULL, opened_at DATETIME NOT NULL, closed_at DATETIME, subject TEXT NOT NULL, KEY tickets_status (status))",
    "CREATE TABLE messages (id INT AUTO_INCREMENT PRIMARY KEY, ticket_id INT NOT NULL, author VARCHAR(60) NOT NULL, sent_at DATETIME NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE labels (ticket_id INT NOT NULL, label VARCHAR(30) NOT NULL, PRIMARY KEY (ticket_id, label))",
    "CREATE TABLE audits (id BIGINT AUTO_INCREMENT PRIMARY KEY, kind VARCHAR(20) NOT NULL, object_id INT NOT NULL, at DATETIME NOT NULL, detail VARCHAR(200))",
    "INSERT INTO teams SELECT seq, CONCAT('team', seq) FROM seq_1_to_12",
    "INSERT INTO agents SELECT seq, 1 + seq MOD 12, CONCAT('agent', seq, '@desk.example'), seq MOD 9 > 0 FROM seq_1_to_150",
    "INSERT INTO firms SELECT seq, CONCAT('firm ', seq), ELT(1 + seq MOD 5, 'DE', 'FR', 'US', 'US', 'NL'), ELT(1 + (seq MOD 10 = 0), 'free', 'paid')"
    " FROM seq_1_to_800",
    "INSERT INTO people SELECT seq, 1 + (seq * 31) MOD 800, CONCAT('p', seq, '@mail.example'), '2025-01-01' + INTERVAL seq * 7 MOD 500000 MINUTE"
    " FROM seq_1_to_12000",
    "INSERT INTO tickets SELECT seq, 1 + (seq * 7919) MOD 12000, IF(seq MOD 20 = 0, NULL, 1 + (seq * 13) MOD 150),"
    " ELT(1 + (seq MOD 50 = 0) + (seq MOD 150 = 0), 'closed', 'open', 'waiting'), 1 + seq MOD 4, '2025-01-01' + INTERVAL seq * 8 MINUTE,"
    " IF(seq MOD 50 = 0, NULL, '2025-01-03' + INTERVAL seq * 8 MINUTE), CONCAT('Ticket ', seq MOD 9000, ' about ', REPEAT('x', 40))"
    " FROM seq_1_to_60000",
    "INSERT INTO messages SELECT seq, 1 + (seq * 17) MOD 60000, CONCAT('author', seq MOD 700), '2025-01-01' + INTERVAL seq * 3 MINUTE, REPEAT('word ', 20)"
    " FROM seq_1_to_150000",
    "INSERT INTO labels SELECT seq, ELT(1 + seq MOD 6, 'bug', 'bill', 'login', 'mail', 'slow', 'idea') FROM seq_1_to_40000",
    "INSERT INTO audits SELECT seq, ELT(1 + seq MOD 8, 'open', 'close', 'read', 'read', 'read', 'read', 'edit', 'move'), 1 + (seq * 11) MOD 60000,"
    " '2025-01-01' + INTERVAL seq * 5 MINUTE, REPEAT('d', 60) FROM seq_1_to_100000",
]  # fmt: skip
TABLES = ("teams", "agents", "firms", "people", "tickets", "messages", "labels", "audits")
REQUESTS = [
    (30, "SELECT id, author, sent_at, body FROM messages WHERE ticket_id = {ticket} ORDER BY sent_at"),
    (20, "SELECT id, subject, opened_at FROM tickets WHERE agent_id = {agent} AND status = 'open' ORDER BY opened_at DESC LIMIT 20"),
    (15, "SELECT id, status, opened_at FROM tickets WHERE person_id = {person} ORDER BY opened_at DESC LIMIT 10"),
    (10, "SELECT p.id, p.email FROM people p WHERE p.email = 'p{person}@mail.example'"),
    (8, "SELECT t.id, t.subject, p.email FROM tickets t JOIN people p ON p.id = t.person_id JOIN firms f ON f.id = p.firm_id WHERE f.id = {firm}"
        " AND t.status = 'waiting'"),
    (6, "SELECT kind, count(*) FROM audits WHERE object_id = {ticket} GROUP BY kind"),
    (5, "SELECT id, kind, at FROM audits WHERE kind = 'move' AND at >= '2025-{month:02d}-01' AND at < '2025-{month:02d}-04'"),
    (4, "SELECT t.id, t.opened_at FROM tickets t JOIN labels l ON l.ticket_id = t.id WHERE l.label = 'slow' AND t.status = 'open' AND t.priority = 4"),
    (4, "SELECT id, opened_at FROM tickets WHERE subject LIKE 'Ticket {ticket} %'"),
    (3, "SELECT count(*) FROM tickets WHERE opened_at >= '2025-{month:02d}-01' AND opened_at < '2025-{month:02d}-08'"),
    (3, "SELECT a.email, count(*) FROM agents a JOIN tickets t ON t.agent_id = a.id WHERE a.team_id = {team} AND t.closed_at IS NULL GROUP BY a.email"),
    (10, "SELECT id, email FROM people WHERE firm_id = {firm}"),
    (10, "SELECT subject, status FROM tickets WHERE id = {ticket}"),
    (5, "UPDATE tickets SET status = 'open' WHERE id = {ticket}"),
    (5, "INSERT INTO audits (kind, object_id, at) VALUES ('read', {ticket}, '2026-01-01 00:00:00')"),
]  # fmt: skip


def fill(cursor: Any) -> None:
    """Tables, rows and what ANALYZE TABLE usually is: InnoDB's own statistics."""
    for statement in SCHEMA:
        cursor.execute(statement)
    for table in TABLES:
        cursor.execute(f"ANALYZE TABLE {table}")
        cursor.fetchall()


def play(cursor: Any, requests: int = 500) -> None:
    """The requests, drawn by weight; the same for every run."""
    rng = random.Random(11)
    for text in rng.choices([text for _, text in REQUESTS], [weight for weight, _ in REQUESTS], k=requests):
        cursor.execute(
            text.format(ticket=rng.randint(1, 60_000), agent=rng.randint(1, 150), person=rng.randint(1, 12_000),
                        firm=rng.randint(1, 800), month=rng.randint(1, 9), team=rng.randint(1, 12))
        )  # fmt: skip
        cursor.fetchall()
