"""SOURCE arguments: every form, each once, in order; what leads nowhere is one line that says what to do."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zipfile
from pathlib import Path

import fsspec
import pytest

from advisor.model.digestfile import MAGIC
from advisor.sources.errors import InputError
from advisor.sources.inputs import resolve
from advisor.sources.kinds import DigestInput, DsnInput, LogInput

LINE = b"2024-05-01 10:00:00 UTC [1] LOG:  duration: 1 ms  statement: select 1\n"


def put(path: Path, content: bytes = LINE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(*sources: object) -> list[str]:
    return [Path(item.path).name for item in resolve([str(source) for source in sources])]


def content(item: object) -> bytes:
    assert isinstance(item, LogInput)
    with item.open() as stream:
        return stream.read()


def test_a_file_given_twice_or_linked_is_read_once(tmp_path: Path) -> None:
    path = put(tmp_path / "app.log")
    (tmp_path / "link.log").symlink_to(path)
    os.link(path, tmp_path / "hard.log")
    assert names(path, path, tmp_path, tmp_path / "*.log") == ["app.log"]


@pytest.mark.parametrize(
    "order",
    [
        ["app.log.10.gz", "app.log.2.gz", "app.log.1", "app.log"],
        ["pg-2023-12-31.log", "pg-2024-01-01.log", "pg-2024-01-02.log.gz"],
        ["postgresql-2024-01-01_000000.csv", "postgresql-2024-01-01_120000.csv"],
        ["slow.log-20240101.gz", "slow.log-20240102", "slow.log"],
        ["postgresql.log.2024-05-01-09", "postgresql.log.2024-05-01-10"],
    ],
)
def test_rotated_sets_are_read_oldest_first(tmp_path: Path, order: list[str]) -> None:
    for name in order:
        put(tmp_path / name)
    assert names(tmp_path) == order
    assert names(*(tmp_path / name for name in reversed(order))) == order


def test_where_names_do_not_tell_the_first_time_does(tmp_path: Path) -> None:
    put(tmp_path / "postgresql-Tue.log", b"2024-01-02 00:00:00 UTC LOG: x\n")
    packed = gzip.compress(b"2024-01-01 00:00:00 UTC LOG: x\n")
    put(tmp_path / "postgresql-Mon.log", packed)
    put(tmp_path / "postgresql-Fri.log", b"2024-01-05 00:00:00 UTC LOG: x\n")
    assert names(tmp_path) == ["postgresql-Mon.log", "postgresql-Tue.log", "postgresql-Fri.log"]


def test_mysql_times_tell_too(tmp_path: Path) -> None:
    put(tmp_path / "one", b"# Time: 240502  9:00:00\n# User@Host: a[a] @ b []\n")
    put(tmp_path / "two", b"# Time: 240501 10:00:00\n# User@Host: a[a] @ b []\n")
    assert names(tmp_path / "one", tmp_path / "two") == ["two", "one"]


def test_one_file_without_a_time_leaves_the_given_order(tmp_path: Path) -> None:
    put(tmp_path / "b.log", b"2024-01-02 00:00:00 UTC LOG: x\n")
    put(tmp_path / "a.log", b"no time here\n")
    assert names(tmp_path / "b.log", tmp_path / "a.log") == ["b.log", "a.log"]


def test_a_directory_gives_what_is_named_like_a_log(tmp_path: Path) -> None:
    for name in ("sub/deep/pg.log", "pg.csv.gz", "messages", "0.log.20240501-101010", "mysql-slow.1"):
        put(tmp_path / name)
    for name in (".hidden.log", ".git/app.log", "server.key", "photo.png", "schema.sql", "postgresql.conf"):
        put(tmp_path / name)
    assert sorted(names(tmp_path)) == sorted(
        ["pg.log", "pg.csv.gz", "messages", "0.log.20240501-101010", "mysql-slow.1"]
    )


def test_sql_files_of_a_directory_are_read_where_there_is_nothing_else(tmp_path: Path) -> None:
    put(tmp_path / "b.sql", b"select 1;")
    put(tmp_path / "a.sql", b"select 2;")
    put(tmp_path / "notes.pdf")
    assert names(tmp_path) == ["a.sql", "b.sql"]


def test_globs_match_and_recurse(tmp_path: Path) -> None:
    put(tmp_path / "x/a.log")
    put(tmp_path / "y/b.log")
    put(tmp_path / "y/b.txt")
    assert sorted(names(tmp_path / "**/*.log")) == ["a.log", "b.log"]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tmp_path: Path) -> None:
    assert names(put(tmp_path / "app[1].log")) == ["app[1].log"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere.log", "no such file"),
        ("nowhere*.log", "nothing matches"),
        ("empty", "no file that is named like a log (1 others)"),
        ("bad\0name", "null"),
    ],
)
def test_what_leads_nowhere_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "empty" / "photo.png")
    with pytest.raises(InputError) as caught:
        resolve([source])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.todo


def test_no_source_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match="no source"):
        resolve([])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / "app.log")
    path.chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        resolve([str(path)])


def test_an_unreadable_file_is_told_for_root_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "app.log")
    real = Path.open

    def refuse(self: Path, *arguments: object, **options: object) -> object:
        if self.name == "app.log":
            raise PermissionError(13, "Permission denied")
        return real(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"app\.log: Permission denied; run as a user"):
        resolve([str(path)])
    put(tmp_path / "b.log")
    found = resolve([str(tmp_path)])  # in a directory it is one input of several, and reported when read
    assert sorted(Path(item.path).name for item in found) == ["app.log", "b.log"]


def test_digests_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    put(tmp_path / "monday", MAGIC + b"rest")
    put(tmp_path / "app.log")
    found = resolve([str(tmp_path)])
    assert [type(item) for item in found] == [LogInput, DigestInput]
    assert found[1].path.endswith("monday")


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def test_each_member_of_a_zip_archive_is_an_input(tmp_path: Path) -> None:
    path = put(tmp_path / "logs.bin", zipped(**{"a__pg.log.1": LINE, "a__pg.log": LINE * 2, "a__": b""}))
    found = resolve([str(path)])
    assert [item.path for item in found] == [f"{path}/a/pg.log.1", f"{path}/a/pg.log"]
    assert [content(item) for item in found] == [LINE, LINE * 2]


def test_a_damaged_zip_archive_is_told(tmp_path: Path) -> None:
    path = put(tmp_path / "logs.zip", zipped(**{"a.log": LINE})[:50])
    with pytest.raises(InputError, match="zip archive cannot be read"):
        resolve([str(path)])
    put(tmp_path / "good.log")
    assert len(resolve([str(tmp_path)])) == 2


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BufferedReader(io.BytesIO(data))  # type: ignore[type-var]


def test_stdin_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(LINE))
    found = resolve(["-", "-"])
    assert [content(item) for item in found] == [LINE]


def test_zip_and_digest_come_through_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(zipped(**{"a.log": LINE, "b.log": LINE * 2})))
    assert [content(item) for item in resolve(["-"])] == [LINE, LINE * 2]
    monkeypatch.setattr(sys, "stdin", _Stdin(MAGIC + b"rest"))
    (digest,) = resolve(["-"])
    assert isinstance(digest, DigestInput)
    with digest.open() as stream:
        assert stream.read() == MAGIC + b"rest"


def test_fsspec_urls_are_files_directories_and_globs() -> None:
    system = fsspec.filesystem("memory")
    for name, data in {"/bucket/a.log": LINE, "/bucket/b.log": LINE * 2, "/bucket/c.txt": b"x"}.items():
        system.pipe(name, data)
    try:
        assert [content(item) for item in resolve(["memory://bucket/a.log"])] == [LINE]
        assert len(resolve(["memory://bucket/*.log"])) == 2
        assert len(resolve(["memory://bucket"])) == 3
        with pytest.raises(InputError, match="nowhere"):
            resolve(["memory://nowhere/a.log"])
    finally:
        system.rm("/bucket", recursive=True)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(InputError, match=r"advisor\[remote\]"):
        resolve(["s3://bucket/app.log"])


def test_an_unknown_scheme_is_told_without_its_password() -> None:
    with pytest.raises(InputError) as caught:
        resolve(["nosuch://me:secret@host/app.log"])
    assert "secret" not in str(caught.value)
    assert "nosuch" in str(caught.value)


def test_database_urls_are_inputs_without_their_password() -> None:
    (found,) = resolve(["postgresql://me:secret@host/db"])
    assert isinstance(found, DsnInput)
    assert "secret" not in repr(found)
    assert found.path == "postgresql://me@host/db"


def test_an_address_in_libpqs_form_is_refused_without_its_password() -> None:
    with pytest.raises(InputError, match="postgresql://") as caught:
        list(resolve(["host=db password=hunter2 dbname=shop"]))
    assert "hunter2" not in str(caught.value)
