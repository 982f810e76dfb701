"""Migrations of files: which there are, in which order and in which transactions their tool runs what they say."""

from __future__ import annotations

from advisor.migrations.reading.base_files import BaseFiles
from advisor.migrations.reading.locate import LocationError, locate
from advisor.migrations.reading.read import read
from advisor.migrations.reading.revision import Revision, RevisionError
from advisor.migrations.reading.script import script_of

__all__ = ["BaseFiles", "LocationError", "Revision", "RevisionError", "locate", "read", "script_of"]
