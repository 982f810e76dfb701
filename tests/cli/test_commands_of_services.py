"""GitHub takes lines of a step's output for commands: none of a stranger's file is one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.cli import run

EVIL = 'ALTER TABLE "x\n  ::stop-commands::t\n##[set-output name=code]0" ADD COLUMN y int;\nCREATE INDEX ON t (a\n::error::b\n);'


@pytest.mark.parametrize("form", ["terminal", "markdown", "json", "sarif", "gitlab", "junit", "github"])
def test_output_holds_no_commands(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    file = tmp_path / "::error::\n::add-mask::a ##[error]x.sql"
    file.write_text(EVIL)
    run(["check", str(file), "--engine", "postgresql", "--dry-run", "never", "--format", form])
    run(["check", str(file), "--engine", "nix ##[error]"])
    run(["check", str(file) + "no\n::error::"])
    out, err = capfd.readouterr()
    assert out
    lines = [*(out.splitlines() if form != "github" else []), *err.splitlines()]
    assert not [line for line in lines if re.match(r"\s*::", line) or "##[" in line]
    if form in ("json", "sarif", "gitlab"):
        assert "##[" in json.dumps(json.loads(out))
    if form == "github":
        assert all(re.match(r"::(error|warning|notice) ", line) for line in out.splitlines())


@pytest.mark.parametrize("to", ["/dev/full", "&-"])
def test_an_output_that_cannot_be_written_is_one_line(to: str, tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text("SELECT 1;")
    command = f'exec "{sys.executable}" -m advisor check 1.sql --engine postgresql --dry-run never >{to}'
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("advisor: ")
    assert done.stderr.count("\n") == 1
