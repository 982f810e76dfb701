"""Pointers of Git LFS: the few lines that stand in a repository for a large file."""

from __future__ import annotations

import re

_POINTER = re.compile(
    rb"version https://(?:git-lfs\.github\.com|hawser\.github\.com)/spec/v1\r?\n"
    rb"(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\r?\nsize (\d{1,18})\r?\n?\Z"
)
#: A pointer is shorter (git-lfs/docs/spec.md).
POINTER_BYTES = 1024


def pointed(data: bytes) -> tuple[str, int] | None:
    """The SHA-256 (hexadecimal) and the size in bytes of the file that a pointer stands for; None: it is none."""
    found = _POINTER.match(data) if len(data) < POINTER_BYTES else None
    return (found[1].decode(), int(found[2])) if found is not None else None
