"""Properties of one node, with those that stand deeper: of workers, of target tables, of grouping sets."""

from __future__ import annotations

import re
from typing import Any

from advisor.plans.postgresql.text_footer import jit_part, worker_of_jit
from advisor.plans.postgresql.text_head import add_target
from advisor.plans.postgresql.text_lines import split_list
from advisor.plans.postgresql.text_properties import add, add_actual

_WORKER = re.compile(r"Worker (\d{1,9}):(\s+)(.*)$", re.ASCII | re.DOTALL)
TARGET = re.compile(r"(?:Foreign )?(?:Insert|Update|Delete|Merge) on (.+)$", re.DOTALL)
_SET_KEYS = {"Group Key": "Group Keys", "Hash Key": "Hash Keys"}


class Blocks:
    """Reads the properties of a node into its keys, in the order printed."""

    __slots__ = ("_block", "_in_jit", "_jit", "_keys", "_kind", "_workers", "one_blank")

    def __init__(self, keys: dict[str, Any]) -> None:
        self._keys = keys
        self._workers: dict[int, dict[str, Any]] = {}
        self._kind = ""
        """What deeper lines are of: a worker, a target, sets of one sort; nothing."""
        self._block: dict[str, Any] = {}
        self._jit: dict[str, Any] = {}
        self._in_jit = 0
        """Depth from which lines are of ``_jit``."""
        self.one_blank = False
        """One blank stands before what a worker did: until 12."""

    def of(self, keys: dict[str, Any]) -> None:
        """Another node: what follows is of it."""
        self._keys = keys
        self._workers = {}
        self._kind = ""
        self._in_jit = 0

    def close(self) -> None:
        """What stands deeper from here on is of no block."""
        self._kind = ""
        self._in_jit = 0

    def add(self, depth: int, text: str) -> str | None:
        """Reads a line ``depth`` columns deeper than the node's properties. Returns what is wrong with it."""
        if depth:
            return self._nested(depth, text)
        self.close()
        label, separator, value = text.partition(": ")
        if label.startswith("Worker ") and (worker := _WORKER.match(text)) is not None:
            self.one_blank = self.one_blank or (len(worker[2]) == 1 and worker[3].startswith("actual "))
            return self._worker(int(worker[1]), worker[3])
        if not separator:
            if self._keys["Node Type"] == "ModifyTable" and (target := TARGET.match(text)) is not None:
                return self._target(target[1])
            number = worker_of_jit(text)
            if number is None:
                return "it is not understood"
            self._block = self._of_worker(number)
            self._kind = "worker"
            return self._open_jit(1)
        if self._keys["Node Type"] == "Aggregate" and label in ("Group Key", "Hash Key", "Sort Key"):
            return self._grouping(label, value)
        return add(self._keys, label, value)

    def _nested(self, depth: int, text: str) -> str | None:
        label, separator, value = text.partition(": ")
        if self._in_jit and depth >= self._in_jit:
            found = jit_part(label, value) if separator else None
            if found is None:
                return "it is not understood"
            self._jit.update(found)
            return None
        self._in_jit = 0
        if self._kind == "worker":
            if text == "JIT:":
                return self._open_jit(depth + 1)
            if add_actual(self._block, text):
                return None
        elif self._kind == "sorted sets" and label in _SET_KEYS:
            self._block.setdefault(_SET_KEYS[label], []).append(_set(value))
            return None
        elif self._kind != "target":
            return "its indentation fits nothing above it, it is left out"
        return add(self._block, label, value) if separator else "it is not understood"

    def _of_worker(self, number: int) -> dict[str, Any]:
        # Until 12, a worker may come twice: its times, and how it sorted.
        worker = self._workers.get(number)
        if worker is None:
            worker = self._workers[number] = {"Worker Number": number}
            self._keys.setdefault("Workers", []).append(worker)
        return worker

    def _worker(self, number: int, text: str) -> str | None:
        self._block = self._of_worker(number)
        self._kind = "worker"
        if text == "JIT:":
            return self._open_jit(3)
        if add_actual(self._block, text):
            return None
        label, separator, value = text.partition(": ")
        return add(self._block, label, value) if separator else "it is not understood"

    def _open_jit(self, depth: int) -> str | None:
        self._jit = self._block.setdefault("JIT", {})
        self._in_jit = depth
        return None

    def _target(self, text: str) -> str | None:
        target: dict[str, Any] = {"Node Type": ""}
        if not add_target(target, text):
            return "it is not understood"
        del target["Node Type"]
        self._keys.setdefault("Target Tables", []).append(target)
        self._block = target
        self._kind = "target"
        return None

    def _grouping(self, label: str, value: str) -> str | None:
        """Keys of an aggregate: one list, or grouping sets. Text does not tell one grouping set from a plain list."""
        keys = self._keys
        if label == "Group Key" and value != "()" and "Group Key" not in keys and "Grouping Sets" not in keys:
            return add(keys, label, value)
        sets: list[dict[str, Any]] = keys.setdefault("Grouping Sets", [])
        if "Group Key" in keys:
            sets.append({"Group Keys": [keys.pop("Group Key")]})
        if label == "Sort Key":
            self._block = {"Sort Key": split_list(value)}
            self._kind = "sorted sets"
            sets.append(self._block)
        elif label == "Hash Key" or not sets or "Sort Key" in sets[-1] or "Hash Keys" in sets[-1]:
            # Each hash table is of one set; sets that one sort serves stand together.
            sets.append({_SET_KEYS[label]: [_set(value)]})
        else:
            sets[-1]["Group Keys"].append(_set(value))
        return None


def _set(value: str) -> list[str]:
    return [] if value == "()" else split_list(value)
