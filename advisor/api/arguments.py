"""Arguments that may be one thing or several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from advisor.model.errors import UserError


def listed(value: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    """One path or several, as texts."""
    if isinstance(value, str | os.PathLike):
        return [os.fspath(value)]
    return [os.fspath(item) for item in value]


def page_folders(names: Sequence[str]) -> list[Path]:
    """Folders of rule pages. Raises UserError for what is none."""
    folders = [Path(name) for name in names]
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"--rules {folder}: not a directory")
    return folders
