"""The command line: parses options, calls one function of the Python API, hands the result to a report.

Exit codes: 0 fine, 1 something at or above --fail-on, 2 bad usage or input, 3 our own error, 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # a run makes hundreds of thousands of objects and hardly a cycle: looking for cycles less often saves a tenth of it
    gc.set_threshold(100_000, 20, 20)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; every way to end is turned into an exit code and at most one line on stderr."""
    from advisor.model.errors import UserError

    try:
        from advisor.cli.app import invoke

        return invoke(arguments)
    except UserError as error:
        return _say(f"advisor: {_flat(str(error))}", 2)
    except KeyboardInterrupt:
        return _say("advisor: interrupted", 130)
    except BrokenPipeError:  # `advisor ... | head`: the reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        return _say("advisor: out of memory; try a smaller --max-shapes or --jobs 1", 3)
    except Exception as error:  # the last line of defence: a traceback helps nobody who only has the output
        if os.environ.get("ADVISOR_DEBUG"):
            raise
        what = _flat(f"{type(error).__name__}: {error}")[:300]
        return _say(
            f"advisor: internal error: {what}. This is a fault of advisor; please report it with what the same command "
            "prints under ADVISOR_DEBUG=1",
            3,
        )


def _say(line: str, code: int) -> int:
    if sys.stderr is not None:
        broken = os.environ.get("GITHUB_ACTIONS") == "true"  # to it ##[name] is a command (`output.commandless`)
        print(line.replace("##[", "#\u200b#[") if broken else line, file=sys.stderr)
    return code


def _flat(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
