"""Record the held set: `python -m benchmarks.nplusone.held OUT [--only TEXT] [--labels]`."""

import argparse
import importlib
import json
import pathlib
import re
import sys

import benchmarks.nplusone.held as held
from benchmarks.nplusone.held.background import background
from benchmarks.nplusone.own import __main__ as recording

PROGRAMS = ("reads", "reads_odd", "writes", "workers", "quiet_pages", "quiet_jobs", "asynchronous", "pony_worlds", "peewee_worlds",
            "alchemy", "alchemy_quiet", "django_reads", "django_writes", "django_quiet", "more_reads", "more_quiet")  # fmt: skip


def unprefixed(texts: list[str]) -> list[str]:
    """Both spellings of a hexadecimal or binary literal, since a reader may take its prefix as part of the literal."""
    return sorted({*texts, *(re.sub(r"\b(?:x|_binary) ?\?", "?", text) for text in texts)})


def main() -> int:
    """Record with the recorder of `own`; the truth says that these are the held set."""
    for program in PROGRAMS:
        if (pathlib.Path(held.__file__).parent / f"{program}.py").exists():
            importlib.import_module(f"benchmarks.nplusone.held.{program}")
    recording.PROGRAMS, recording.background = (), background
    failed = recording.main()
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--labels", action="store_true")
    options, _ = parser.parse_known_args()
    path = options.out / "truth.json"
    if not options.labels and path.exists():
        truth = json.loads(path.read_text())
        for one in truth["scenarios"]:
            one["split"] = "held"
            for finding in one["findings"]:
                finding["child_fps"] = unprefixed(finding["child_fps"])
        path.write_text(json.dumps(truth, indent=1))
    return failed


if __name__ == "__main__":
    sys.exit(main())
