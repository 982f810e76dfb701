"""Files and folders that nobody should have made."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from advisor.migrations.reading import LocationError, locate, read
from advisor.model.migration import Script
from advisor.model.migration_limits import MIGRATION


def only(path: Path) -> Script:
    (script,) = read(locate([str(path)]), engine="postgresql").scripts
    return script


@pytest.mark.parametrize(
    ("raw", "statements", "fault"),
    [
        (b"\xef\xbb\xbfdrop table a;", ["drop table a"], None),
        ("\ufeffdrop table ä;".encode("utf-16-le"), ["drop table ä"], None),
        ("\ufeffdrop table ä;".encode("utf-16-be"), ["drop table ä"], None),
        (b"drop table \xe4;", ["drop table ä"], None),
        (b"drop table a;\r\ndrop table b;\r\n", ["drop table a", "drop table b"], None),
        (b"\x7fELF\0\0\0drop table a;", [], "a binary file"),
        (b"", [], None),
        (b"SQLite format 3\0", [], "a binary file"),
    ],
)
def test_encodings(raw: bytes, statements: list[str], fault: str | None, tmp_path: Path) -> None:
    path = tmp_path / "1.sql"
    path.write_bytes(raw)
    found = only(path)
    assert [one.sql for one in found.statements] == statements
    assert [one.reason for one in found.unread] == ([fault] if fault else [])
    assert found.notes == (
        ("not UTF-8: read as Latin-1",) if b"\xe4" in raw and b"\xfe" not in raw[:2] and b"\xff" not in raw[:2] else ()
    )


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "1.sql"
    with path.open("wb") as file:
        file.truncate(200 << 20)
    found = only(path)
    assert "larger than" in found.unread[0].reason


def test_links_are_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "migrations"
    inside.mkdir()
    (tmp_path / "secret.sql").write_text("drop table secret;")
    (inside / "1_a.sql").write_text("drop table a;")
    (inside / "2_b.sql").symlink_to(tmp_path / "secret.sql")
    (inside / "3_c.sql").symlink_to("1_a.sql")
    (inside / "4_d.sql").symlink_to("/nowhere")
    (inside / "around").symlink_to(inside)
    (inside / "out").symlink_to(tmp_path)
    (located,) = locate([str(inside)])
    assert [Path(one).name for one in located.files] == ["1_a.sql", "3_c.sql"]
    assert [one for one in located.notes if "2_b.sql: a link that leads out of the folder is not followed" in one]


def test_a_pipe_does_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.sql")
    with pytest.raises(LocationError):
        locate([str(tmp_path)])
    (located,) = locate([str(tmp_path / "1.sql")])
    assert read([located]).scripts[0].unread[0].reason == "the file cannot be read"


def test_a_file_that_went_away_or_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("drop table a;")
    located = locate([str(tmp_path)])
    (tmp_path / "1.sql").unlink()
    assert read(located).scripts[0].unread[0].reason == "the file cannot be read"


def test_deep_folders_end(tmp_path: Path) -> None:
    here = tmp_path
    for _ in range(MIGRATION.max_depth + 20):
        here /= "d"
    here.mkdir(parents=True)
    (here / "1.sql").write_text("drop table deep;")
    (tmp_path / "1.sql").write_text("drop table a;")
    (located,) = locate([str(tmp_path)])
    assert len(located.files) == 1


@pytest.mark.long
def test_thousands_of_files_take_linear_time(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        folder = tmp_path / str(count) / "migrations"
        folder.mkdir(parents=True)
        for number in range(count):
            (folder / f"V{number}__x.sql").write_text("drop table a;")
        begun = time.process_time()
        located = locate([str(folder)])
        assert len(read(located).scripts) == count
        return time.process_time() - begun

    small = max(seconds(250), 0.02)
    assert seconds(1500) < small * 6 * 3 + 0.5


def test_names_that_are_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/1_\xff\n.sql"
    with open(path, "wb") as file:
        file.write(b"drop table a;")
    (located,) = locate([str(tmp_path)])
    (script,) = read([located]).scripts
    assert script.file.endswith("1_\ufffd\ufffd.sql")
    assert script.statements[0].sql == "drop table a"


@pytest.mark.long
@pytest.mark.parametrize(
    "text", ["{{" * 20000, "{{if .a}}" * 5000, "${" * 20000, "{{ " + " " * 50000, "{{/*" * 20000, "{{(" * 9000 + "}}"]
)
def test_templates_take_linear_time(text: str, tmp_path: Path) -> None:
    path = tmp_path / "1.sql"
    path.write_text(text)
    begun = time.process_time()
    only(path)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("meta/_journal.json", "[" * 100000),
        ("meta/_journal.json", '{"entries": [{"tag": "../../etc/passwd"}, {"tag": 1}, 5]}'),
        ("sqitch.plan", "../../../etc/passwd 2020 a\n" * 3 + "\0\n%\n@\n+\n"),
        ("1_a.sql.conf", "\0\xff=\n"),
        ("flyway.toml", "[" * 5000),
        ("package.json", "[" * 100000),
    ],
)
def test_broken_files_of_tools(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    for file in ("1_a.sql", "V1__a.sql", "deploy/x.sql", "1_x/migration.sql", "2_x/up.sql"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("drop table a;")
    for one in locate([str(tmp_path)]):
        assert all(Path(file).is_relative_to(tmp_path) for file in one.files)
        assert read([one]).scripts


def test_a_journal_that_names_what_is_not_in_its_folder_says_so(tmp_path: Path) -> None:
    """drizzle runs what stands elsewhere too: it is not left out without a word."""
    import json

    from advisor.api.check import CheckWishes, check

    (tmp_path / "d" / "meta").mkdir(parents=True)
    (tmp_path / "d" / "0000_a.sql").write_text("CREATE TABLE t (id int);")
    (tmp_path / "hidden.sql").write_text("DROP TABLE orders;")
    entries = [{"idx": 0, "when": 1, "tag": "0000_a"}, {"idx": 1, "when": 2, "tag": "../hidden"}]
    (tmp_path / "d" / "meta" / "_journal.json").write_text(json.dumps({"dialect": "postgresql", "entries": entries}))
    found = check(tmp_path / "d", wishes=CheckWishes(dry_run="never"))
    assert len(found.statements) == 1
    assert any("1 entries" in note and "../hidden" in note for note in found.notices)
