"""Where a report goes: pairs of --format and -o; data to stdout or a file, notices to stderr."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from advisor.model.errors import UserError
from advisor.reports.escape import one_line

_COMMAND = re.compile(r"^([^\S\n]*)(::)", re.MULTILINE)


def pairs(formats: Sequence[str], files: Sequence[str], known: Sequence[str]) -> list[tuple[str, str | None]]:
    """Each format with its file; None is stdout, and only one format may go there.

    Without any --format the report is for the terminal, unless a file's ending names a format.
    """
    wanted = list(formats)
    if not wanted:
        endings = {".json": "json", ".md": "markdown", ".sarif": "sarif", ".txt": "terminal"}
        wanted = [endings.get(Path(file).suffix.lower(), "terminal") for file in files] or ["terminal"]
    for name in wanted:
        if name not in known:
            raise UserError(f"--format {name}: not one of {', '.join(known)}")
    if sys.stdout is None and len(files) < len(wanted):
        raise UserError("standard output is closed: name a file with -o")
    if len(files) > len(wanted):
        raise UserError(f"{len(files)} outputs (-o) but {len(wanted)} formats: give one --format for each -o")
    out = [(name, files[i] if i < len(files) and files[i] != "-" else None) for i, name in enumerate(wanted)]
    if sum(file is None for _, file in out) > 1:
        raise UserError(
            "only one --format can go to standard output: give the others a file with -o, in the same order"
        )
    return out


def write(file: str | None, text: str, form: str = "") -> None:
    """Write a report, of a format, to a file, or to stdout when ``file`` is None."""
    if file is None:
        text = commandless(text, form)
        try:
            sys.stdout.buffer.write(text.encode("utf-8", "replace"))
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise UserError(f"cannot write to standard output: {error.strerror or error}") from None
        return
    try:
        Path(file).write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise UserError(f"cannot write {file}: {error.strerror or error}") from None


def notice(text: str, *, quiet: bool) -> None:
    """One line on stderr."""
    if not quiet and sys.stderr is not None:
        print(f"advisor: {commandless(one_line(text))}", file=sys.stderr)


def commandless(text: str, form: str = "") -> str:
    """Where GitHub runs us, it takes lines of the output for commands: ``::name::`` after blanks, ``##[name]`` anywhere
    (actions/runner, ActionCommand.cs). What comes from a stranger's files must not be one; `github` is all commands.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true" or form == "github":
        return text
    if form in ("json", "sarif", "gitlab"):
        return text.replace("##[", "\\u0023#[")
    if form == "junit":
        return text.replace("##[", "&#35;#[")
    return _COMMAND.sub("\\g<1>\u200b\\g<2>", text).replace("##[", "#\u200b#[")
