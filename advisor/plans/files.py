"""The text of the files that `explain` is given: unpacked, decoded, whole."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence

from advisor.model.limits import LIMITS
from advisor.plans.errors import PlanError
from advisor.sources.kinds import LogInput
from advisor.sources.places import named
from advisor.sources.unpack import unpack

_STEP = 1 << 20


def texts(sources: Sequence[str]) -> Iterator[tuple[str, str, str | None]]:
    """Path, text and fault (a damaged archive) of each file, ``-`` (stdin), directory or glob, in the order given.

    Raises UserError for what cannot be read. UTF-16 and a UTF-8 byte order mark are understood; what is not UTF-8 is
    taken for Latin-1.
    """
    for source in sources:
        for _, item in named(source):
            if not isinstance(item, LogInput):
                raise PlanError(f"{item.path}: not a file of plans; `advisor analyze` reads digests and databases")
            raw, fault = _whole(item)
            yield item.path, decoded(raw), fault


def decoded(raw: bytes) -> str:
    """Bytes as text, whatever they were saved as."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":  # the file ends within a character
            return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        return raw.decode("latin-1")


def _whole(item: LogInput) -> tuple[bytes, str | None]:
    fault: str | None = None
    parts: list[bytes] = []
    size = 0
    try:
        with item.open() as raw:
            stream, layers = unpack(raw)
            while part := stream.read(_STEP):
                parts.append(part)
                size += len(part)
                if size > LIMITS.plan_file_bytes:
                    raise PlanError(
                        f"{item.path}: larger than {LIMITS.plan_file_bytes >> 20} MB; "
                        "`advisor analyze` reads logs of any size, with the plans in them"
                    )
            fault = next((layer.fault for layer in layers if layer.fault), None)
    except (OSError, zipfile.BadZipFile, EOFError) as error:
        raise PlanError(f"{item.path}: {getattr(error, 'strerror', None) or error}") from None
    return b"".join(parts), fault
