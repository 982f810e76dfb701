"""Where a catalog comes from: a snapshot, a schema file, or a running server."""

from __future__ import annotations

import re
from pathlib import Path

from advisor.catalog.ddl.file import read_ddl
from advisor.catalog.errors import CatalogError
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName, engine_of_scheme
from advisor.model.lfs import pointed
from advisor.model.limits import LIMITS

#: Enough to see a snapshot's header.
_HEAD_BYTES = 8 << 10


def load(source: str, engine: EngineName | None = None) -> Catalog:
    """Reads a catalog from a snapshot, a schema file (pg_dump, mysqldump, ``.schema``, migrations) or a DSN.

    ``engine`` overrides what the file's words say. Raises CatalogError with one line: what, where, what to do.
    """
    scheme, separator, _ = source.partition("://")
    if separator:
        name = engine_of_scheme(scheme)
        if name is None:
            raise CatalogError(
                f"cannot read a catalog from a {scheme}:// address; use postgresql://, mysql://, mariadb:// or sqlite:///"
            )
        from advisor.catalog.live import read_live

        return read_live(source, name)
    if holds_snapshot(source):
        from advisor.catalog.snapshot.describe import catalog_of
        from advisor.catalog.snapshot.file import read

        return catalog_of(read(source))
    return read_ddl(text_of(source), source, engine)


def holds_snapshot(source: str) -> bool:
    """Is this the file of a snapshot? One that cannot be opened is none: who reads it next says why."""
    from advisor.catalog.snapshot.file import is_snapshot

    try:
        with Path(source).open("rb") as stream:
            return is_snapshot(stream.read(_HEAD_BYTES))
    except OSError:
        return False


_PASSWORD = re.compile(r"""(password\s*=\s*)(?:'[^']*'|\S+)""", re.IGNORECASE)


def text_of(source: str) -> str:
    """The text of a schema file, whatever its encoding and line ends. Raises CatalogError."""
    path = Path(source)
    try:
        if path.is_dir():
            raise CatalogError(f"catalog {source}: is a directory; name the schema file in it")
        if path.stat().st_size > LIMITS.catalog_bytes:
            raise CatalogError(
                f"catalog {source}: larger than {LIMITS.catalog_bytes >> 20} MB; dump the schema without data"
            )
        raw = path.read_bytes()
    except OSError as error:
        shown = _PASSWORD.sub(r"\1***", source)  # libpq's form of an address is taken for a file's name
        raise CatalogError(f"catalog {shown}: {error.strerror or error}") from None
    if pointed(raw) is not None:
        raise CatalogError(
            f"catalog {source}: a pointer of Git LFS, not the file: git lfs pull (in CI: checkout with lfs)"
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", " ")
