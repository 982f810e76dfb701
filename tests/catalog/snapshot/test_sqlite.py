import sqlite3

import apsw
import pytest

from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot import file, masking, sqlite, sqlite_record


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.db"
    database = apsw.Connection(str(path))
    database.execute(
        "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, born TEXT, photo BLOB, city TEXT COLLATE NOCASE);"
        "CREATE INDEX person_name ON person (name, id); CREATE INDEX person_born ON person (born DESC);"
        "CREATE INDEX person_photo ON person (photo); CREATE INDEX person_city ON person (city);"
        "CREATE VIEW v AS SELECT 1; CREATE TRIGGER t AFTER INSERT ON person BEGIN SELECT 1; END;"
        "CREATE VIRTUAL TABLE words USING fts5 (body)"
    )
    with database:
        for n in range(2000):
            row = (
                n,
                f"GEHEIM{n % 90:03}",
                f"2024-{n % 12 + 1:02}-01",
                f"GEHEIM{n % 50}".encode(),
                ("Geheim", "gEHEIM")[n % 2] + str(n % 70),
            )
            database.execute("INSERT INTO person VALUES (?, ?, ?, ?, ?)", row)
    database.execute("ANALYZE")
    database.close()
    return path


def _where(path):
    return address(f"sqlite:///{path}")


def test_a_database_is_captured_read_only(path):
    before = path.read_bytes()
    snapshot, order = sqlite.capture(_where(path))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["a.db"]
    assert snapshot.header.engine.name == "sqlite"
    assert snapshot.header.engine.version == apsw.sqlite_lib_version()
    assert snapshot.header.missing == ()
    assert [o.name for o in snapshot.objects] == [
        "person",
        "person_name",
        "person_born",
        "person_photo",
        "person_city",
        "v",
        "t",
        "words",
    ]
    person = snapshot.relations[0]
    assert (person.name, person.tuples) == ("person", 2000.0)
    assert person.blocks * 4096 == person.bytes > 50_000
    assert {r.source for r in snapshot.rows} == {"sqlite_stat1", "sqlite_stat4"}
    assert list(order.values) == sorted(order.values)
    assert "GEHEIM001" in order.values or len(order.values) > 20


def test_samples_are_masked_in_order(path, tmp_path):
    snapshot, order = sqlite.capture(_where(path))
    masked = masking.mask(snapshot, order)
    file.write(masked, tmp_path / "m")
    samples = {}
    for row in file.read(tmp_path / "m").rows:
        if row.source == "sqlite_stat4" and row.values["tbl"] == "person":
            samples.setdefault(row.values["idx"], []).append(sqlite_record.decode(bytes.fromhex(row.values["sample"])))
    assert set(samples) == {"person_name", "person_born", "person_photo"}
    assert "person_city" in masked.header.missing[-1]  # NOCASE is another order
    names = [s[0] for s in samples["person_name"]]
    assert names == sorted(names)
    assert all(name.startswith("v") for name in names)
    assert {s[0][:5] for s in samples["person_born"]} == {"2024-"}
    assert not any(b"GEHEIM" in s[0] for s in samples["person_photo"])
    assert not any(r.source == "sqlite_stat4" for r in masking.without_values(snapshot).rows)


def test_what_is_not_there_is_said(tmp_path):
    path = tmp_path / "b.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE t (a)")
    database.close()
    snapshot, _ = sqlite.capture(_where(path))
    assert "ANALYZE" in snapshot.header.missing[0]
    assert snapshot.relations[0].tuples == -1
    path.write_bytes(path.read_bytes()[:100] + b"x" * 8000)
    for wrong in (path, tmp_path / "none.db"):
        with pytest.raises(CatalogError) as caught:
            sqlite.capture(_where(wrong))
        assert "\n" not in str(caught.value)


def test_a_locked_database_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    path = tmp_path / "c.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE t (a)")
    database.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CatalogError, match="locked"):
        sqlite.capture(_where(path))
    database.rollback()
    database.close()
