import gzip
import stat
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.errors import CatalogError
from advisor.catalog.snapshot import file
from advisor.model.engine import Engine
from advisor.model.limits import LIMITS
from advisor.model.snapshot import (
    Bounds,
    ColumnStatistics,
    ExtendedStatistics,
    Extension,
    Header,
    Relation,
    SchemaObject,
    Section,
    Setting,
    Snapshot,
    StatisticsRow,
    TextOrder,
)

_HEADER = Header(engine=Engine("postgresql", "15.4"), values="present")

_text = st.text(st.characters(codec="utf-8"), max_size=20)
_float = st.floats(allow_nan=False, allow_infinity=False)
_int = st.integers(-(2**63), 2**63 - 1)


def _records(kind, **fixed):
    names = {
        str: _text,
        int: _int,
        float: _float,
        bool: st.booleans(),
        str | None: st.none() | _text,
        int | None: st.none() | _int,
        float | None: st.none() | _float,
        tuple[str, ...]: st.lists(_text, max_size=3).map(tuple),
        tuple[int, ...]: st.lists(_int, max_size=3).map(tuple),
        tuple[float, ...] | None: st.none() | st.lists(_float, max_size=3).map(tuple),
        dict[str, int] | None: st.none() | st.dictionaries(_text, _int, max_size=3),
    }
    given_fields = {f.name: names[f.type] for f in msgspec.structs.fields(kind) if f.type in names}
    return st.builds(kind, **(given_fields | fixed))


_value = st.none() | st.booleans() | _int | _float | _text
_snapshots = st.builds(
    Snapshot,
    header=_records(
        Header, format=st.just(file.FORMAT), engine=st.builds(Engine, st.just("sqlite"), st.none() | _text)
    ),
    settings=st.lists(_records(Setting), max_size=3),
    extensions=st.lists(_records(Extension), max_size=3),
    objects=st.lists(_records(SchemaObject, ddl=st.lists(_text, max_size=3).map(tuple)), max_size=3),
    relations=st.lists(
        _records(Relation, counters=st.dictionaries(_text, _value, max_size=3)),
        max_size=3,
    ),
    columns=st.lists(_records(ColumnStatistics), max_size=3),
    extended=st.lists(_records(ExtendedStatistics), max_size=3),
    bounds=st.lists(_records(Bounds), max_size=3),
    tokens=st.dictionaries(_text, _text, max_size=5),
    rows=st.lists(_records(StatisticsRow, values=st.dictionaries(_text, _value, max_size=3)), max_size=3),
)


@settings(max_examples=50, deadline=None)
@given(snapshot=_snapshots)
def test_what_is_written_is_read(snapshot, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "round.snapshot"
    file.write(snapshot, path)
    assert file.read(path) == snapshot
    assert file.is_snapshot(path.read_bytes()[:8192])
    assert file.content_hash(file.read(path)) == file.content_hash(snapshot)
    first = path.read_bytes()
    file.write(snapshot, path)
    assert path.read_bytes() == first


def _whole() -> Snapshot:
    return Snapshot(
        header=_HEADER,
        relations=[Relation(schema="public", name=f"t{n}", kind="table", pages=n) for n in range(50)],
        tokens={f"tag{n}": f"token{n}" for n in range(2500)},
    )


def test_a_file_is_for_its_owner_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "a.snapshot"
    path.write_bytes(b"old")
    path.chmod(0o644)
    file.write(_whole(), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["a.snapshot"]
    with pytest.raises(CatalogError, match="cannot be written") as caught:
        file.write(_whole(), tmp_path / "none" / "a")
    assert "\n" not in str(caught.value)


def test_a_file_that_fails_half_way_is_not_there(tmp_path):
    snapshot = _whole()
    snapshot.rows.append(StatisticsRow(source="x", values={"a": object()}))
    with pytest.raises(TypeError):
        file.write(snapshot, tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_every_cut_is_noticed(tmp_path):
    path = tmp_path / "a"
    file.write(_whole(), path)
    packed = path.read_bytes()
    plain = gzip.decompress(packed)
    ends = [n + 1 for n, byte in enumerate(plain) if byte == 10][:-1]
    cuts = [packed[:n] for n in range(0, len(packed) - 1, 97)] + [packed[:-1], packed[:-8]]
    cuts += [plain[:n] for n in [*range(0, len(plain) - 2, 1009), *ends]]
    cuts += [plain.replace(b'"name":"t7"', b'"name":"t7', 1), packed[:50] + b"xx" + packed[52:]]
    lines = plain.splitlines(keepends=True)
    cuts += [b"".join(lines[:5] + lines[6:]), plain + plain]
    for cut in cuts:
        path.write_bytes(cut)
        with pytest.raises(CatalogError) as caught:
            file.read(path)
        assert "\n" not in str(caught.value)


def test_psql_output_is_a_snapshot():
    lines = [
        b"BEGIN\n",
        b"SET\n",
        b"\n",
        b'{"record" : "header", "engine": {"name": "postgresql"}, "values" : "present", "missing": ["a grant"]}\r\n',
        b'{"record":"section","name":"header","rows":1}\n',
        b"psql:script.sql:12: ERROR:  permission denied for table \x1b[2Jpg_statistic_ext_data\n",
        b'{"record":"relation","schema":"s","name":"t","kind":"table","pages":3,"new_field":[1]}\n',
        b'{"record":"tea_leaves","name":"x"}\n{"record":"tea_leaves","name":"x"}\n'.splitlines()[0],
        b'{"record":"text_order","values":["a","b"]}\n',
        b'{"record":"text_order","values":["c"]}\n',
        b'{"record":"section","name":"sizes","rows":9}\n',
        b"ROLLBACK\n",
        b"Time: 0.123 ms\n",
    ]
    notices: Counter[str] = Counter()
    snapshot, order = file.assemble(file.records(lines, "x", notices), "x", notices)
    assert snapshot.relations == [Relation(schema="s", name="t", kind="table", pages=3)]
    assert order == TextOrder(values=("a", "b", "c"))
    missing = "; ".join(snapshot.header.missing)
    assert missing.startswith("a grant; section sizes: 3 of 9 records; everything after section sizes")
    assert "permission denied" in missing
    assert "tea_leaves" in missing
    assert "\x1b" not in missing


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no snapshot"),
        (b"hello", "line 1 is no record"),
        (b"\xff\xfe{\x00", "UTF-16"),
        (b'{"record":"relation","schema":"s","name":"t","kind":"table"}\n', "does not begin with a header"),
        (b'{"record":"header","format":"advisor-snapshot/2","engine":{"name":"postgresql"},"values":"x"}', "upgrade"),
        (b'{"record":"header","format":"advisor-snapshot/9","wholly":"else"}', "upgrade"),
        (b'{"record":"header","engine":{"name":"postgresql"},"values":"present"}\n' * 2, "two headers"),
        (b'{"record":"header","engine":{"name":"postgresql"},"values":"present"}\n{"a":1}', "line 2 is damaged"),
        (b'{"record":"header","engine":{"name":"\xff"},"values":"present"}\n', "line 1 is damaged"),
        (b"[" * 100_000, "line 1"),
        (b'{"record":' + b"[" * 100_000, "line 1"),
    ],
)
def test_what_is_no_snapshot_is_told_in_one_line(tmp_path, content, says):
    path = tmp_path / "a"
    for data in (content, gzip.compress(content)):
        path.write_bytes(data)
        with pytest.raises(CatalogError, match=says) as caught:
            file.read(path)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 500


def test_bombs_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "a"
    small = type(LIMITS)(snapshot_bytes=1 << 20, snapshot_record_bytes=1 << 18)
    monkeypatch.setattr(file, "LIMITS", small)
    head = msgspec.json.encode(_HEADER) + b"\n"
    path.write_bytes(gzip.compress(head + b"\n" * (8 << 20)))
    with pytest.raises(CatalogError, match="unpacks to more than 1 MB"):
        file.read(path)
    path.write_bytes(gzip.compress(head + b" " * (8 << 20)))
    with pytest.raises(CatalogError, match="a line is longer"):
        file.read(path)
    path.write_bytes(b"\n" * (2 << 20))
    with pytest.raises(CatalogError, match="larger than 1 MB"):
        file.read(path)
    with pytest.raises(CatalogError, match="cannot be read"):
        file.read(tmp_path)
    with pytest.raises(CatalogError, match="cannot be read"):
        file.read(tmp_path / "none")


def test_what_is_a_snapshot_is_seen_from_its_beginning(tmp_path):
    file.write(_whole(), tmp_path / "a")
    head = (tmp_path / "a").read_bytes()[:200]
    assert file.is_snapshot(head)
    assert file.is_snapshot(gzip.decompress((tmp_path / "a").read_bytes())[:300])
    assert file.is_snapshot(b'BEGIN\nSET\n{"engine": {}, "record": "header"}')
    for other in (b"", b"CREATE TABLE t ();", gzip.compress(b"CREATE TABLE"), b"\x1f\x8b junk", b'{"Plan": {}}\n'):
        assert not file.is_snapshot(other)


def test_the_hash_is_of_the_content():
    one, two = _whole(), _whole()
    two.header = msgspec.structs.replace(two.header, captured_at="now", role="me", made_by="9")
    assert file.content_hash(one) == file.content_hash(two)
    two.relations[3] = msgspec.structs.replace(two.relations[3], pages=4)
    assert file.content_hash(one) != file.content_hash(two)


def test_sections_are_no_part_of_a_snapshot():
    found = [_HEADER, Section(name="header", rows=1), Section(name="end", rows=1)]
    assert file.assemble(found) == (Snapshot(header=_HEADER), None)
