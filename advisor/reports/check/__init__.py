"""Reports of a migration check: for people, for code hosts, for test reporters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from advisor.model.check import Check
from advisor.reports.check import github, gitlab, junit, sarif
from advisor.reports.check.markdown import render as markdown
from advisor.reports.check.terminal import render as terminal

#: Formats that take no options.
FORMATS: Mapping[str, Callable[[Check], str]] = {
    "github": github.render,
    "gitlab": gitlab.render,
    "junit": junit.render,
    "sarif": sarif.render,
}

__all__ = ["FORMATS", "markdown", "terminal"]
