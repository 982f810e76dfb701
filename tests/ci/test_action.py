"""The GitHub Action, the GitLab job and the pre-commit hook, run as their services run them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
BIN = ROOT / ".venv" / "bin"
SCHEMA = "CREATE TABLE orders (id int PRIMARY KEY, customer_id bigint);\n"
BLOCKS = "CREATE INDEX orders_customer ON orders (customer_id);\n"


def git(repository: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()


class Branch:
    """A repository with a branch that adds one migration, and the runner's folders."""

    def __init__(self, place: Path, text: str = BLOCKS) -> None:
        self.repository = place / "repository"
        self.temp = place / "runner"
        (self.temp / "advisor").mkdir(parents=True)
        (self.temp / "advisor" / "bin").symlink_to(BIN)
        migrations = self.repository / "db" / "migrations"
        migrations.mkdir(parents=True)
        git(self.repository, "init", "-q", "-b", "main")
        (migrations / "0001_first.sql").write_text(SCHEMA)
        (self.repository / "advisor.toml").write_text('fail-on = "high"\n')
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-qm", "first")
        self.base = git(self.repository, "rev-parse", "HEAD")
        git(self.repository, "checkout", "-qb", "branch")
        (migrations / "0002_index.sql").write_text(text)
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-qm", "second")
        (self.temp / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))

    def run(self, step: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temp),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
            "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "RUNNER_TEMP": str(self.temp),
            "ADVISOR_MIGRATIONS": "db/migrations",
            "ADVISOR_CATALOG": "",
            "ADVISOR_WORKLOAD": "",
            "ADVISOR_ARGUMENTS": "--dry-run\nnever\n--engine\npostgresql",
            "ADVISOR_FAIL_ON": "high",
            "ADVISOR_BASE": self.base,
            **more,
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", STEPS[step]["run"]],
            cwd=self.repository,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.temp / "output").read_text().splitlines())


def test_check_annotates_and_reports(tmp_path: Path) -> None:
    branch = Branch(tmp_path)
    done = branch.run("Check", ADVISOR_FAIL_ON="medium")
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert first.startswith("::warning file=db/migrations/0002_index.sql,line=1,title=MIG001")
    outputs = branch.outputs()
    assert outputs["code"] == "1"
    report = json.loads(Path(outputs["json"]).read_text())
    assert [one["verdict"] for one in report["statements"]] == ["blocking"]
    assert json.loads(Path(outputs["sarif"]).read_text())["runs"][0]["results"]
    assert (branch.temp / "summary.md").read_text().startswith("<!-- advisor-check -->")
    assert branch.run("Result", ADVISOR_CODE="1").returncode == 1


def test_inputs_are_no_programs(tmp_path: Path) -> None:
    branch = Branch(tmp_path)
    evil = '"; touch "$RUNNER_TEMP/evil"; echo "$(touch $RUNNER_TEMP/evil)'
    done = branch.run("Check", ADVISOR_CATALOG=evil, ADVISOR_ARGUMENTS=evil, ADVISOR_MIGRATIONS=evil)
    assert done.returncode == 2
    assert not (branch.temp / "evil").exists()
    for step in STEPS.values():
        assert "${{" not in step["run"], "text in a script is a program"


def test_a_strangers_branch_is_not_checked_with_secrets(tmp_path: Path) -> None:
    done = Branch(tmp_path).run("Install", GITHUB_EVENT_NAME="pull_request_target")
    assert done.returncode == 2
    assert "use pull_request" in done.stdout
    workflow = (ROOT / "ci" / "github-workflow.yml").read_text("utf-8")
    told = yaml.safe_load(workflow)
    assert list(told[True]) == ["pull_request"]  # YAML 1.1 reads `on` as true
    assert told["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_a_branch_does_not_loosen_its_own_check(tmp_path: Path) -> None:
    """Configuration, baseline and comments are those of the base revision."""
    branch = Branch(tmp_path, "-- advisor: ignore MIG001 trust me\n" + BLOCKS)
    (branch.repository / "advisor.toml").write_text('baseline = "b.json"\n')
    (branch.repository / "b.json").write_text("{}")
    git(branch.repository, "add", "-A")
    git(branch.repository, "commit", "-qm", "looser")
    branch.run("Check", ADVISOR_FAIL_ON="medium")
    report = json.loads(Path(branch.outputs()["json"]).read_text())
    assert [one["rule"] for one in report["findings"]] == ["MIG001"]
    assert any("it counts all the same" in line for line in report["notices"])


def test_modules_of_the_branch_are_not_imported(tmp_path: Path) -> None:
    """``python -m`` looks in the working directory first, which is the branch."""
    for text in (ACTION["runs"]["steps"][0]["run"], (ROOT / "ci" / "gitlab.yml").read_text("utf-8")):
        assert not re.search(r"python3? (?!-I )-", text)
        assert "python3 -I -m venv" in text
    (tmp_path / "venv.py").write_text("raise SystemExit(66)")
    done = subprocess.run(["python3", "-I", "-m", "venv", "-h"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0


class Comments(BaseHTTPRequestHandler):
    """GitHub's comments of one pull request."""

    kept: ClassVar[list[dict[str, Any]]] = []
    refused = 0
    viewer = "github-actions[bot]"

    def _answer(self, content: Any, code: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        assert self.path.startswith("/repos/o/r/issues/7/comments?per_page=100&page=")
        page = int(self.path.rpartition("=")[2])
        self._answer(self.kept[(page - 1) * 100 : page * 100])

    def _content(self) -> dict[str, Any]:
        return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def do_POST(self) -> None:
        content = self._content()
        if self.path == "/graphql":
            self._answer({"data": {"viewer": {"login": self.viewer}}})
            return
        if self.refused:
            self._answer({}, 403)
            return
        kind = "Bot" if self.viewer.endswith("[bot]") else "User"
        self.kept.append({"id": 1000 + len(self.kept), "user": {"type": kind, "login": self.viewer}, **content})
        self._answer(self.kept[-1], 201)

    def do_PATCH(self) -> None:
        wanted = int(self.path.rpartition("/")[2])
        one = next(one for one in self.kept if one["id"] == wanted)
        one |= self._content()
        self._answer(one)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[str]:
    Comments.kept, Comments.refused, Comments.viewer = [], 0, "github-actions[bot]"
    server = ThreadingHTTPServer(("127.0.0.1", 0), Comments)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def comment(branch: Branch, api: str, **more: str) -> subprocess.CompletedProcess[str]:
    return branch.run("Comment", GITHUB_TOKEN="t", GITHUB_API_URL=api, GITHUB_REPOSITORY="o/r", **more)


def test_one_comment_is_made_and_then_changed(tmp_path: Path, api: str) -> None:
    branch = Branch(tmp_path)
    mark = "<!-- advisor-check -->"
    Comments.kept += [{"id": n, "body": "other", "user": {"type": "User"}} for n in range(150)]
    Comments.kept.append({"id": 500, "body": mark + " mine", "user": {"type": "User"}})
    assert branch.run("Check").returncode == 0
    assert comment(branch, api).returncode == 0
    assert comment(branch, api).returncode == 0
    (branch.repository / "db" / "migrations" / "0002_index.sql").write_text("SELECT 1;\n")
    git(branch.repository, "commit", "-qam", "third")
    branch.run("Check")
    assert comment(branch, api).returncode == 0
    ours = [one for one in Comments.kept if one["body"].startswith(mark)]
    assert [one["id"] for one in ours] == [500, 1151]
    assert ours[0]["body"] == mark + " mine", "a person's comment stays"
    assert "1 statement is safe" in ours[1]["body"]


@pytest.mark.parametrize("viewer", ["github-actions[bot]", "somebody"])
def test_the_token_tells_whose_comment_it_is(tmp_path: Path, api: str, viewer: str) -> None:
    branch = Branch(tmp_path)
    Comments.viewer = viewer
    mark = "<!-- advisor-check -->"
    Comments.kept.append({"id": 1, "body": mark, "user": {"type": "Bot", "login": "another[bot]"}})
    Comments.kept.append({"id": 2, "body": mark, "user": {"type": "User", "login": "person"}})
    branch.run("Check")
    for _ in range(2):
        assert comment(branch, api, GITHUB_GRAPHQL_URL=f"{api}/graphql").returncode == 0
    assert len(Comments.kept) == 3
    assert [one["body"] for one in Comments.kept[:2]] == [mark, mark]


def test_a_token_that_may_not_write_is_no_failure(tmp_path: Path, api: str) -> None:
    branch = Branch(tmp_path)
    Comments.refused = 1
    branch.run("Check")
    done = comment(branch, api)
    assert done.returncode == 0
    assert "could not be posted" in done.stdout


def test_gitlab_job(tmp_path: Path) -> None:
    branch = Branch(tmp_path)
    job = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text("utf-8"))
    script = job["advisor-check"]["script"][1].replace("/tmp/advisor/bin", str(BIN))
    environment = {
        **{name: str(value) for name, value in job["variables"].items()},
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": branch.base,
        "ADVISOR_FAIL_ON": "medium",
    }
    done = subprocess.run(
        ["sh", "-c", script], cwd=branch.repository, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    (issue,) = json.loads((branch.repository / "gl-code-quality-report.json").read_text())
    assert issue["location"] == {"path": "db/migrations/0002_index.sql", "lines": {"begin": 1}}
    assert issue["severity"] == "major"
    assert re.fullmatch(r"[0-9a-f]{16}", issue["fingerprint"])
    assert 'failures="1"' in (branch.repository / "advisor.xml").read_text()


def test_pre_commit_hook(tmp_path: Path) -> None:
    branch = Branch(tmp_path)
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    staged = [name for name in git(branch.repository, "ls-files").splitlines() if re.search(hook["files"], name)]
    assert staged == ["db/migrations/0001_first.sql", "db/migrations/0002_index.sql"]
    done = subprocess.run(
        [str(BIN / "advisor"), *hook["entry"].split()[1:], "--dry-run", "never", "--fail-on", "medium", staged[1]],
        cwd=branch.repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "MIG001" in done.stdout
