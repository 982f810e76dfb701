"""Keeps one comment of a pull request up to date: found by its first line, changed, or made.

    python ci/comment.py report.md

Reads GitHub's variables (GITHUB_TOKEN, GITHUB_API_URL, GITHUB_GRAPHQL_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH). A
token that may not write (of a fork's pull request) is no failure of the check: that is said, and the report stands in
the job's summary.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

#: A pull request with more comments than this gets a new one.
_PAGES = 30


def main(arguments: list[str]) -> int:
    """Posts the report named by the one argument."""
    if len(arguments) != 1:
        print("usage: comment.py REPORT.md", file=sys.stderr)
        return 2
    body = Path(arguments[0]).read_text(encoding="utf-8")
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = (event.get("pull_request") or {}).get("number")
    if number is None:
        print("::notice::no pull request to comment on")
        return 0
    place = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    try:
        known = _known(f"{place}/{number}/comments", body.splitlines()[0], _own_name())
        if known is None:
            _asked("POST", f"{place}/{number}/comments", {"body": body})
        elif known["body"] != body:
            _asked("PATCH", f"{place}/comments/{known['id']}", {"body": body})
    except urllib.error.HTTPError as error:
        print(f"::notice::the report could not be posted as a comment (HTTP {error.code}); it is in the job's summary")
    except OSError as error:
        print(f"::notice::the report could not be posted as a comment ({error}); it is in the job's summary")
    return 0


def _own_name() -> str | None:
    """Whose token it is; the REST interface does not tell an app's own. None: nobody would say."""
    address = os.environ.get("GITHUB_GRAPHQL_URL")
    if not address:
        return None
    try:
        answer = _asked("POST", address, {"query": "{ viewer { login } }"})
        return _bare(str(answer["data"]["viewer"]["login"]))
    except (OSError, KeyError, TypeError):
        return None


def _known(comments: str, mark: str, own: str | None) -> dict[str, Any] | None:
    """Our comment. One that somebody else wrote with the same first line is theirs."""
    for page in range(1, _PAGES + 1):
        found = _asked("GET", f"{comments}?per_page=100&page={page}")
        for one in found:
            if str(one.get("body") or "").startswith(mark) and _wrote(one.get("user") or {}, own):
                return dict(one)
        if len(found) < 100:
            return None
    return None


def _wrote(author: dict[str, Any], own: str | None) -> bool:
    return _bare(str(author.get("login"))) == own if own is not None else author.get("type") == "Bot"


def _bare(login: str) -> str:
    """An app's name, which some answers end in ``[bot]`` and others not."""
    return login.removesuffix("[bot]")


def _asked(method: str, path: str, content: dict[str, str] | None = None) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the address is the runner's own
        path if "://" in path else os.environ["GITHUB_API_URL"].rstrip("/") + path,
        method=method,
        data=json.dumps(content).encode() if content is not None else None,
        headers={
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.loads(answer.read())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
