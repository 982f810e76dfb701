"""`advisor check` as a user and a pipeline call it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from advisor.cli import run
from advisor.reports.json import schema

SCHEMA = """CREATE TABLE customer (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, state text);
"""
BLOCKS = "CREATE INDEX orders_customer ON orders (customer_id);\n"
FAILS = "ALTER TABLE orders ADD COLUMN state text;\n"
SHOP = Path(__file__).parents[2] / "fixtures" / "shop" / "postgresql"


class Done(NamedTuple):
    """What a call printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def rules(self) -> list[str]:
        return [one["rule"] for one in json.loads(self.out)["findings"]]


Call = Callable[..., Done]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """`call("m.sql", "--top", 3)` in an empty folder, by text and schema alone unless something else is said."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, dry_run: str = "never") -> Done:
        capsys.readouterr()
        code = run(["check", *map(str, arguments), "--dry-run", dry_run])
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return call


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "blocks.sql").write_text(BLOCKS)
    (tmp_path / "fails.sql").write_text(FAILS)
    (tmp_path / "both.sql").write_text(BLOCKS + FAILS)
    (tmp_path / "fine.sql").write_text("CREATE TABLE parcel (id bigint PRIMARY KEY);\n")
    return tmp_path


def git(repository: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()


# ---------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("fine.sql", [], 0),
        ("blocks.sql", [], 0),  # of unknown size: medium
        ("blocks.sql", ["--fail-on", "medium"], 1),
        ("blocks.sql", ["--fail-on", "never"], 0),
        ("fails.sql", [], 1),
        ("fails.sql", ["--fail-on", "critical"], 0),
        ("fails.sql", ["--fail-on", "never"], 0),
    ],
)
def test_exit_codes(call: Call, files: Path, name: str, options: list[str], code: int) -> None:
    assert call(name, "--catalog", "schema.sql", *options).code == code


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.sql"], "missing.sql"),
        (["fine.sql", "--catalog", "missing.sql"], "missing.sql"),
        (["fine.sql", "--workload", "missing.log"], "missing.log"),
        (["fine.sql", "--tool", "rails"], "--tool rails: not one of sql"),
        (["fine.sql", "--transactions", "none"], "--transactions none: not one of statement, file"),
        (["fine.sql", "--engine", "oracle"], "--engine oracle"),
        (["fine.sql", "--fail-on", "awful"], "awful"),
        (["fine.sql", "--format", "html"], "html"),
        (["fine.sql", "--placeholder", "novalue"], "--placeholder novalue: write NAME=VALUE"),
        (["fine.sql", "--baseline", "missing.json"], "--baseline missing.json"),
        (["fine.sql", "--rules", "missing"], "missing"),
        (["fine.sql", "--run", "true"], "--run says what runs the migrations"),
        (["--run", "'open"], "--run"),
        (["--run", " "], "the command is empty"),
        (["fine.sql", "--engine", "postgresql", "--server", "mysql://root@127.0.0.1/x"], "it is for MySQL and MariaDB"),
        (["fine.sql", "--engine", "mysql", "--server", "mysql://root@127.0.0.1/x"], "--dry-run never"),
        (["fine.sql", "--engine", "sqlite"], "SQLite"),
        (["fine.sql", "--top", "0"], "--top"),
        (["--fail-on", "low"], "name the migrations to check"),
    ],
)
def test_what_the_user_can_mend_is_one_line_and_2(call: Call, files: Path, arguments: list[str], said: str) -> None:
    done = call(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.startswith("advisor: ")
    assert done.err.count("\n") == 1


def test_a_server_that_cannot_be_asked_is_an_error(call: Call, files: Path) -> None:
    done = call("fine.sql", "--engine", "mysql", "--server", "mysql://a@127.0.0.1:1/advisor_disposable", dry_run="auto")
    assert done.code == 2


@pytest.mark.parametrize("arguments", [[], ["check"], ["compare"], ["analyze"]])
def test_a_command_without_arguments_prints_its_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    told = capsys.readouterr()
    text = told.out + told.err
    assert text.startswith("Usage: advisor")
    assert len(text.splitlines()) > 10


# ---------------------------------------------------------------- what is printed


def test_json_is_valid_against_the_schema_that_the_command_prints(call: Call, files: Path) -> None:
    done = call("both.sql", "fine.sql", "--catalog", "schema.sql", "--format", "json")
    result = json.loads(done.out)
    jsonschema.Draft202012Validator(schema("check")).validate(result)
    assert result["schema"] == "advisor-check/1"
    assert [one["verdict"] for one in result["statements"]] == ["blocking", "fails", "safe"]
    assert all(one["location"]["file"].endswith("both.sql") for one in result["findings"])
    assert result["statements"][0]["why_not"] == "no dry run was asked for"


def test_several_formats_in_one_run(call: Call, files: Path) -> None:
    formats = {"json": "a.json", "markdown": "a.md", "sarif": "a.sarif", "gitlab": "a.gl", "junit": "a.xml"}
    pairs = [each for name, file in formats.items() for each in ("--format", name, "-o", file)]
    done = call("both.sql", "--catalog", "schema.sql", *pairs, "--format", "github", "-o", "-")
    assert done.code == 1
    assert done.out.startswith("::")
    assert len(json.loads((files / "a.gl").read_text())) == len(json.loads((files / "a.json").read_text())["findings"])
    assert (files / "a.md").read_text().startswith("<!-- advisor-check -->")
    assert "<testsuites" in (files / "a.xml").read_text()
    assert json.loads((files / "a.sarif").read_text())["runs"]


def test_formats_and_files_must_be_pairs(call: Call, files: Path) -> None:
    assert call("fine.sql", "--format", "json", "-o", "a", "-o", "b").code == 2


def test_notices_stand_in_the_terminal_report_and_else_on_stderr(call: Call, files: Path) -> None:
    told = "nothing tells the engine"
    (files / "plain.sql").write_text("ALTER TABLE t ADD COLUMN a int;\n")
    terminal = call("plain.sql")
    assert told in terminal.out
    assert told not in terminal.err
    assert "assumed" not in terminal.out  # engine and version are one thing to say
    other = call("plain.sql", "--format", "json")
    assert told in other.err
    assert json.loads(other.out)["notices"]
    assert call("plain.sql", "--format", "json", "--quiet").err == ""


def test_top_shows_the_worst(call: Call, files: Path) -> None:
    done = call("both.sql", "--catalog", "schema.sql", "--top", 1)
    assert "MIG014" in done.out
    assert "MIG001" not in done.out
    assert "(1 of " in done.out


def test_advice_is_printed_once(call: Call, files: Path) -> None:
    (files / "many.sql").write_text("".join(f"CREATE INDEX i{n} ON orders (customer_id, id);\n" for n in range(4)))
    done = call("many.sql", "--catalog", "schema.sql")
    assert done.out.count("Build it with CREATE INDEX CONCURRENTLY") == 1
    assert done.out.count("as above, MIG001") == 3
    assert done.out.count("CREATE INDEX CONCURRENTLY i") == 4  # what to run instead stays
    assert call("many.sql", "--catalog", "schema.sql", "--format", "markdown").out.count("Build it with") == 1


def test_findings_of_one_severity_stand_as_they_run(call: Call, files: Path) -> None:
    (files / "many.sql").write_text("".join(f"CREATE INDEX i{n} ON orders (customer_id, id);\n" for n in range(6)))
    found = json.loads(call("many.sql", "--catalog", "schema.sql", "--format", "json").out)["findings"]
    assert [one["location"]["line"] for one in found if one["rule"] == "MIG001"] == [1, 2, 3, 4, 5, 6]


# ---------------------------------------------------------------- options


def test_transactions_of_plain_files(call: Call, files: Path) -> None:
    (files / "m.sql").write_text("CREATE INDEX CONCURRENTLY i ON orders (customer_id);\nSELECT 1;\n")
    assert "MIG012" not in call("m.sql", "--catalog", "schema.sql", "--format", "json").rules
    assert "MIG012" in call("m.sql", "--catalog", "schema.sql", "--transactions", "file", "--format", "json").rules


def test_an_index_behind_a_lock_is_built_elsewhere_and_concurrently(call: Call, files: Path) -> None:
    (files / "m.sql").write_text("ALTER TABLE orders ADD COLUMN note text;\n" + BLOCKS)
    done = call("m.sql", "--catalog", "schema.sql", "--transactions", "file", "--format", "json")
    index = json.loads(done.out)["statements"][1]
    assert index["locks"][0]["held_since_line"] == 1
    assert index["alternative"]["passes"]
    assert index["alternative"]["steps"][0]["sql"][0].startswith("CREATE INDEX CONCURRENTLY orders_customer ")


def test_placeholders_are_filled_in(call: Call, files: Path) -> None:
    (files / "V2__index.sql").write_text("CREATE INDEX i ON ${table} (customer_id);\n")
    done = call("V2__index.sql", "--catalog", "schema.sql", "--placeholder", "table=orders", "--format", "json")
    (statement,) = json.loads(done.out)["statements"]
    assert statement["sql"] == "CREATE INDEX i ON orders (customer_id)"
    assert statement["verdict"] == "blocking"


def test_a_tool_can_be_named(call: Call, files: Path) -> None:
    (files / "notes.sql").write_text(f"-- +goose Up\n{BLOCKS}-- +goose Down\nDROP TABLE orders;\n")
    done = call("notes.sql", "--tool", "goose", "--catalog", "schema.sql", "--format", "json")
    result = json.loads(done.out)
    assert [one["tool"] for one in result["scripts"]] == ["goose"]
    assert len(result["statements"]) == 1
    assert result["statements"][0]["in_transaction"]


def test_defaults_from_the_configuration_file(call: Call, files: Path) -> None:
    (files / "advisor.toml").write_text('[check]\ncatalog = ["schema.sql"]\nfail-on = "medium"\n')
    assert call("blocks.sql").code == 1
    assert call("blocks.sql", "--fail-on", "high").code == 0


def test_rows_of_the_configuration_file_give_sizes(call: Call, files: Path) -> None:
    (files / "advisor.toml").write_text("[tables.orders]\nrows = 400_000_000\n")
    done = call("blocks.sql", "--catalog", "schema.sql")
    assert done.code == 1
    assert "est. " in done.out
    (files / "advisor.toml").write_text("[tables.orders]\nrows = 0\n")
    assert "No finding." in call("blocks.sql", "--catalog", "schema.sql").out


def test_a_baseline_is_written_and_counts(call: Call, files: Path) -> None:
    written = call("both.sql", "--catalog", "schema.sql", "--write-baseline", "known.json")
    assert written.code == 0
    again = call("both.sql", "--catalog", "schema.sql", "--baseline", "known.json")
    assert again.code == 0
    assert "No finding." in again.out
    assert "ignored" in again.out
    (files / "both.sql").write_text(f"-- moved\n\n{BLOCKS}{FAILS}DROP TABLE nowhere;\n")
    more = json.loads(call("both.sql", "--catalog", "schema.sql", "--baseline", "known.json", "--format", "json").out)
    assert {one["location"]["line"] for one in more["findings"]} == {5}
    assert {one["by"] for one in more["ignored"]} == {"baseline"}


def test_a_comment_ignores_with_its_reason(call: Call, files: Path) -> None:
    (files / "m.sql").write_text(f"-- advisor: ignore MIG001 built at night\n{BLOCKS}")
    result = json.loads(call("m.sql", "--catalog", "schema.sql", "--format", "json").out)
    assert [(one["by"], one["reason"]) for one in result["ignored"]] == [("comment", "built at night")]
    assert "MIG001" not in [one["rule"] for one in result["findings"]]


def test_pages_of_your_own(call: Call, files: Path) -> None:
    folder = files / "pages"
    folder.mkdir()
    (folder / "no-drops.md").write_text(
        '---\nid: OURS-1\ntitle: "{table_name} is dropped without a ticket"\nseverity: high\nconfidence: confirmed\n'
        "engines: [postgresql]\nneeds: []\nsubject: [subject]\nreferences:\n  - ours\n---\n\n# Drops need a ticket\n\n"
        "## Why it hurts\n\nWe said so.\n\n## Detect\n\n```sql\nSELECT s.statement_id, s.statement_key AS subject, c.table_name\n"
        "FROM migration_statement AS s JOIN migration_change AS c USING (statement_id) WHERE c.action = 'drop_table'\n```\n\n"
        "## Fix\n\nAsk.\n\n## Bad\n\n```sql schema\nCREATE TABLE t (a int);\n```\n```sql migration\nDROP TABLE t;\n```\n\n"
        "## Good\n\n```sql migration\nSELECT 1;\n```\n"
    )
    (files / "m.sql").write_text("DROP TABLE orders;\n")
    done = call("m.sql", "--catalog", "schema.sql", "--rules", "pages", "--format", "json")
    assert "OURS-1" in done.rules
    assert done.code == 1


# ---------------------------------------------------------------- a branch


@pytest.fixture
def branch(files: Path) -> Path:
    """A repository whose branch adds one migration and edits another."""
    repository = files / "repository"
    migrations = repository / "migrations"
    migrations.mkdir(parents=True)
    git(repository, "init", "-q", "-b", "main")
    (migrations / "001_first.sql").write_text(SCHEMA)
    (migrations / "002_second.sql").write_text("CREATE TABLE parcel (id bigint PRIMARY KEY);\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "first")
    git(repository, "checkout", "-qb", "branch")
    (migrations / "002_second.sql").write_text("CREATE TABLE parcel (id bigint PRIMARY KEY, weight int);\n")
    (migrations / "003_index.sql").write_text(BLOCKS)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "second")
    return repository


def test_what_a_branch_adds_and_edits(call: Call, branch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(branch)
    for paths in (["migrations"], []):
        result = json.loads(call(*paths, "--base", "main", "--engine", "postgresql", "--format", "json").out)
        assert [one["file"] for one in result["scripts"]] == ["migrations/002_second.sql", "migrations/003_index.sql"]
        assert [one["edited"] for one in result["scripts"]] == [True, False]
        found = {(one["rule"], one["location"]["file"]) for one in result["findings"]}
        assert ("MIG022", "migrations/002_second.sql") in found
        assert ("MIG001", "migrations/003_index.sql") in found
        assert "MIG014" not in {rule for rule, _ in found}  # what it made before stands there: that is no news
        assert "earlier migration" in result["base"]


def test_a_branch_without_migrations_is_fine(call: Call, branch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(branch)
    done = call("migrations", "--base", "HEAD")
    assert done.code == 0
    assert "no statement to check" in done.out


def test_a_shallow_clone_is_told_so(call: Call, branch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = git(branch, "rev-parse", "main")
    clone = branch.parent / "clone"
    git(branch.parent, "clone", "-q", "--depth", "1", "--branch", "branch", f"file://{branch}", str(clone))
    monkeypatch.chdir(clone)
    done = call("migrations", "--base", base)
    assert done.code == 2
    assert "shallow" in done.err
    assert "fetch" in done.err


def test_a_branch_does_not_decide_about_itself(call: Call, branch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(branch)
    (branch / "migrations" / "003_index.sql").write_text(f"-- advisor: ignore MIG001 trust me\n{BLOCKS}")
    (branch / "advisor.toml").write_text('[check]\nfail-on = "never"\n')
    git(branch, "add", "-A")
    git(branch, "commit", "-qm", "third")
    done = call("migrations", "--base", "main", "--engine", "postgresql", "--format", "json")
    assert "MIG001" in done.rules
    (branch / "known.json").write_text("{}")
    assert call("migrations", "--base", "main", "--baseline", "known.json").code == 2  # not in the base revision


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
def test_a_branch_does_not_write_what_judges_it(
    call: Call, branch: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.chdir(branch)
    git(branch, "checkout", "-q", "main")
    (branch / "schema.sql").write_text(SCHEMA.replace("text", "varchar(20)"))
    quote = "`" if engine == "mariadb" else '"'
    (branch / "week.sql").write_text(f"SELECT {quote}id{quote} FROM orders WHERE state = 'a';\n")
    git(branch, "add", "-A")
    git(branch, "commit", "-qm", "figures")
    git(branch, "checkout", "-qb", "hostile")
    (branch / "schema.sql").write_text("CREATE TABLE nothing (id bigint PRIMARY KEY, n varchar(20));\n")
    (branch / "week.sql").write_text(f"SELECT {quote}id{quote} FROM customer;\n")
    (branch / "migrations" / "003_fails.sql").write_text("ALTER TABLE orders DROP COLUMN state;\n")
    git(branch, "add", "-A")
    git(branch, "commit", "-qm", "hostile")
    options = ["--catalog", "schema.sql", "--workload", "week.sql", "--engine", engine, "--format", "json"]
    done = call("migrations", "--base", "main", *options)
    assert "MIG016" in done.rules
    result = json.loads(done.out)
    assert result["base"].startswith("schema.sql")
    assert sum("read as the base revision has it" in one for one in result["notices"]) == 2


# ---------------------------------------------------------------- with production's figures


@pytest.mark.server
def test_with_snapshot_and_log(call: Call, tmp_path: Path) -> None:
    (tmp_path / "m.sql").write_text(
        "ALTER TABLE orders ALTER COLUMN total TYPE numeric(14,4);\n"
        "ALTER TABLE payments RENAME COLUMN method TO means;\n"
        "CREATE INDEX CONCURRENTLY orders_total ON orders (total);\n"
        "ALTER TABLE reviews ADD CONSTRAINT of_product FOREIGN KEY (product_id) REFERENCES products (id);\n"
        "ALTER TABLE customers ALTER COLUMN phone SET NOT NULL;\n"
    )
    done = call(
        "m.sql", "--catalog", SHOP / "shop.snapshot", "--workload", SHOP / "shop.log.gz", "--format", "json",
        "-o", "a.json", "--format", "terminal", "-o", "-", dry_run="always",
    )  # fmt: skip
    result: dict[str, Any] = json.loads((tmp_path / "a.json").read_text())
    jsonschema.Draft202012Validator(schema("check")).validate(result)
    rewrite, rename, index, key, required = result["statements"]
    assert all(one["executed"] for one in result["statements"])
    assert (rewrite["verdict"], rename["verdict"], index["verdict"]) == ("blocking", "brief_lock", "online")
    assert (key["verdict"], required["verdict"]) == ("blocking", "fails")
    asked = {one["location"]["line"]: one for one in result["findings"] if one["rule"] == "MIG013"}
    assert asked[4]["certainty"] == "conditional"  # no statistics know orphans: a query does
    assert asked[4]["settle"].startswith("SELECT 1 FROM reviews")
    assert (asked[5]["certainty"], asked[5]["severity"]) == ("certain", "high")
    assert rewrite["rewritten"] == ["orders"]
    assert rewrite["size_bytes"] > 1_000_000
    assert rewrite["estimated_seconds"]["low"] < rewrite["estimated_seconds"]["high"]
    assert rewrite["calibrated"]
    assert rewrite["blocked_queries_per_second"] > 1
    assert rewrite["queues"][0]["longest_fingerprint"]
    assert result["replanned"] > 10
    title = next(one["title"] for one in result["findings"] if one["rule"] == "MIG003")
    assert title.startswith("orders (")
    assert "is rewritten under ACCESS EXCLUSIVE while" in title
    assert "queries a second would queue" in title
    shown = " ".join(done.out.split())  # where lines are folded hangs on the checkout's path
    assert "dry run of all statements" in shown
    assert "snapshot of " in shown


def test_each_of_several_statements_on_a_line_has_its_alternative(call: Call, files: Path) -> None:
    (files / "line.sql").write_text("CREATE INDEX a ON orders (state); CREATE INDEX b ON orders (customer_id);\n")
    told = json.loads(call("line.sql", "--catalog", "schema.sql", "--format", "json").out)
    assert [one["alternative"] is not None for one in told["statements"]] == [True, True]


def test_ids_are_the_same_from_every_folder(call: Call, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (files / "deep").mkdir()
    text = "ALTER TABLE orders ADD COLUMN a int;\nBEGIN;\nALTER TABLE orders ADD COLUMN b int;\nDROP TABLE customer;\nCOMMIT;\n"
    (files / "deep" / "m.sql").write_text(text + BLOCKS)
    first = json.loads(call("deep/m.sql", "--catalog", "schema.sql", "--format", "json").out)["findings"]
    monkeypatch.chdir(files / "deep")
    second = json.loads(call("m.sql", "--catalog", "../schema.sql", "--format", "json").out)["findings"]
    assert {"MIG001", "MIG010", "MIG011"} <= {one["rule"] for one in first}
    assert [one["id"] for one in first] == [one["id"] for one in second]


def test_ids_of_files_that_are_called_alike_differ(call: Call, files: Path) -> None:
    found = []
    for name in ("1_a", "2_b"):
        folder = files / "prisma" / "migrations" / name
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(BLOCKS)
        arguments = (folder.relative_to(files) / "migration.sql", "--tool", "prisma", "--catalog", "schema.sql")
        done = call(*arguments, "--format", "json")
        found.append({one["id"] for one in json.loads(done.out)["findings"]})
    assert found[0]
    assert not found[0] & found[1]


def test_a_second_catalog_is_no_schema_that_the_migrations_meet(call: Call, files: Path) -> None:
    (files / "other.sql").write_text(SCHEMA + "CREATE INDEX there ON orders (customer_id);\n")
    (files / "key.sql").write_text(
        "ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (customer_id) REFERENCES customer (id);\n"
    )
    arguments = ("key.sql", "--format", "json", "--catalog", "schema.sql")
    alone, both = call(*arguments), call(*arguments, "--catalog", "other.sql")
    assert "MIG020" in alone.rules
    assert alone.rules == both.rules
    assert any("the first --catalog" in one for one in json.loads(both.out)["notices"])


def test_of_several_bases_the_last_counts() -> None:
    from advisor.cli.based import revision_of

    assert revision_of(["check", "--base", "a", "--base=b", "m.sql", "--", "--base", "c"]) == "b"
    assert revision_of(["check", "--", "--base", "c"]) is None


def test_a_clause_that_is_not_known_is_told(call: Call, files: Path) -> None:
    (files / "slip.sql").write_text("ALTER TABLE orders MODIFY state varchar(9);\n")
    assert "MIG025" in call("slip.sql", "--catalog", "schema.sql", "--format", "json").rules


@pytest.mark.parametrize("kind", ["terminal", "markdown"])
def test_reports_show_each_of_them(call: Call, files: Path, kind: str) -> None:
    (files / "line.sql").write_text("CREATE INDEX a ON orders (state); CREATE INDEX b ON orders (customer_id);\n")
    out = call("line.sql", "--catalog", "schema.sql", "--format", kind).out
    assert "CONCURRENTLY a ON" in out
    assert "CONCURRENTLY b ON" in out
