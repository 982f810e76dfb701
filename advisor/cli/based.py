"""What a check takes from the base revision: a branch that is checked does not decide how it is checked."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from advisor.model.errors import UserError


def revision_of(arguments: Sequence[str]) -> str | None:
    """The value of ``--base`` among the arguments of a check; None: they are another command's, or have none."""
    if not arguments or arguments[0] != "check":
        return None
    found = None
    for number, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--base" and number + 1 < len(arguments):
            found = arguments[number + 1]
        elif argument.startswith("--base="):
            found = argument.partition("=")[2]
    return found  # of several the last counts, as for every option


def text_at(path: str | Path, base: str) -> str | None:
    """A file as the base revision has it; None: it is not there. Raises UserError."""
    from advisor.migrations.reading.revision import Revision

    return Revision(base, own=True).at_base(str(path))


class Folders:
    """Folders of rule pages as the base revision has them, for as long as the context lasts."""

    def __init__(self, folders: Sequence[str], base: str) -> None:
        self._folders = folders
        self._base = base
        self._place: str | None = None

    def __enter__(self) -> list[str]:
        """Where they stand now. Raises UserError for one that the base revision does not have."""
        from advisor.migrations.reading.revision import Revision
        from advisor.migrations.reading.tree import shown

        if not self._folders:
            return []
        revision = Revision(self._base, own=True)
        self._place = tempfile.mkdtemp(prefix="advisor-rules-")
        found = []
        for number, folder in enumerate(self._folders):
            files, _ = revision.entries(shown(folder))
            pages = [path for path in files if path.endswith(".md")]
            if not pages:
                raise UserError(f"--rules {folder}: the base revision {self._base} has no pages there")
            target = Path(self._place) / str(number) / Path(folder).name
            target.mkdir(parents=True)
            for path in pages:
                text = revision.at_base(path)
                if text is not None:
                    (target / Path(path).name).write_text(text, "utf-8")
            found.append(str(target))
        return found

    def __exit__(self, *_: object) -> None:
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)
