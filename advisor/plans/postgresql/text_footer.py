"""What stands below the nodes of a text plan: times, planning, settings, triggers, JIT, serialization."""

from __future__ import annotations

import re
from typing import Any

from advisor.plans.postgresql.text_counters import buffers, decimal, io_timings, whole

_TIMES = {
    "Planning Time": "Planning Time",
    "Planning time": "Planning Time",  # until 10
    "Execution Time": "Execution Time",
    "Execution time": "Execution Time",
    "Total runtime": "Total Runtime",  # until 9.3
}
# Names of triggers, constraints and relations are printed without quotes.
_TRIGGER = re.compile(r"Trigger(.*): (?:time=(\d{1,320}\.\d{1,20}) )?calls=(\d{1,320})$", re.ASCII | re.DOTALL)
_SETTING = re.compile(r"([A-Za-z_][\w.$-]*) = (?:NULL|'(.*?)')(?=, [A-Za-z_][\w.$-]* = (?:NULL|')|$)", re.DOTALL)
_MEMORY = re.compile(r"used=(\d{1,320})kB\s+allocated=(\d{1,320})kB$", re.ASCII)
_SERIALIZATION = re.compile(
    r"(?:time=(\d{1,320}\.\d{1,20}) ms\s+)?output=(\d{1,320})kB\s+format=(text|binary)$", re.ASCII
)
_JIT_PART = re.compile(r"(\w+) (\d{1,320}(?:\.\d{1,20})?) ms(?: \((\w+) (\d{1,320}(?:\.\d{1,20})?) ms\))?$", re.ASCII)
_LABEL = re.compile(r"[A-Z][A-Za-z0-9 /()_.#-]{0,79}$", re.ASCII)
_WORKER_JIT = re.compile(r"JIT for worker (\d{1,9}):$", re.ASCII)


class Footer:
    """Fills the keys that stand beside the plan."""

    def __init__(self, keys: dict[str, Any]) -> None:
        self.keys = keys
        self.begun = False
        self.small = False
        """Times are called `Planning time` and `Execution time`: until 10."""
        self._block: tuple[str, dict[str, Any]] | None = None
        self._triggers: list[tuple[str, str | None, int]] = []

    def add(self, text: str) -> str | None:
        """Reads a line that stands where the plan's first line does. Returns what is wrong with it, if anything."""
        self._block = None
        if text in ("Planning:", "JIT:"):
            return self._open(text[:-1], {})
        if text.startswith("Trigger"):
            return self._trigger(text)
        label, separator, value = text.partition(": ")
        if not separator:
            return "it is not understood"
        if label in _TIMES:
            time = decimal(value.removesuffix(" ms")) if value.endswith(" ms") else None
            self.small = self.small or label.endswith(" time")
            return self._put(_TIMES[label], time, "its value is not a time in ms")
        if label == "Settings":
            return self._put("Settings", settings(value), "its value is not understood")
        if label == "Query Identifier":
            number = int(value) if whole(value.removeprefix("-")) else None
            return self._put(label, number, "its value is not a number")
        if label == "Serialization":
            return self._serialization(value)
        if _LABEL.match(label) is None:
            return "it is not understood"
        return self._put(label, value, "")

    def add_nested(self, text: str) -> str | None:
        """Reads a line that stands deeper, in the block that the last line began."""
        if self._block is None:
            return "it stands in no block"
        name, keys = self._block
        label, separator, value = text.partition(": ")
        if not separator:
            return "it is not understood"
        found: dict[str, Any] | None = None
        if name == "JIT":
            found = jit_part(label, value)
        elif label == "Buffers":
            found = buffers(value)
        elif label == "I/O Timings":
            found = io_timings(value)
        elif label == "Memory" and (memory := _MEMORY.match(value)) is not None:
            found = {"Memory Used": int(memory[1]), "Memory Allocated": int(memory[2])}
        if found is None:
            return "it is not understood"
        if not keys.keys().isdisjoint(found):
            return "it stands there twice"
        keys.update(found)
        return None

    def _put(self, key: str, value: object, wrong: str) -> str | None:
        if value is None:
            return wrong
        if key in self.keys:
            return "it stands there twice"
        self.keys[key] = value
        self.begun = True
        return None

    def _open(self, name: str, keys: dict[str, Any]) -> str | None:
        wrong = self._put(name, keys, "")
        self._block = None if wrong else (name, keys)
        return wrong

    def _trigger(self, text: str) -> str | None:
        match = _TRIGGER.match(text)
        if match is None:
            return "it is not understood"
        self._triggers.append((match[1], match[2], int(match[3])))
        self.keys.setdefault("Triggers", [])
        self.begun = True
        return None

    def finish(self, target: str | None) -> None:
        """Once all lines are read: the triggers. ``target``: the only table that is changed, where the plan tells."""
        # A relation is printed for all triggers or for none. A name may hold " on " itself: then a line without it
        # tells, or that there is none for the target.
        related = all(" on " in named for named, _, _ in self._triggers)
        if related and target is not None:
            related = any(named.endswith(f" on {target}") for named, _, _ in self._triggers)
        for named, time, calls in self._triggers:
            trigger: dict[str, Any] = {}
            names, _, relation = named.rpartition(" on ") if related else (named, "", "")
            name, _, constraint = names.partition(" for constraint ")
            for key, value in (("Trigger Name", name.strip()), ("Constraint Name", constraint), ("Relation", relation)):
                if value:
                    trigger[key] = value
            if time is not None:
                trigger["Time"] = float(time)
            trigger["Calls"] = calls
            self.keys["Triggers"].append(trigger)

    def _serialization(self, value: str) -> str | None:
        match = _SERIALIZATION.match(value)
        if match is None:
            return "its value is not understood"
        keys: dict[str, Any] = {} if match[1] is None else {"Time": float(match[1])}
        return self._open("Serialization", {**keys, "Output Volume": int(match[2]), "Format": match[3]})


def settings(value: str) -> dict[str, str | None] | None:
    """``work_mem = '4MB', search_path = '"$user", public'``; values are printed as they are."""
    found: dict[str, str | None] = {}
    position = 0
    while True:
        match = _SETTING.match(value, position)
        if match is None:
            return None
        found[match[1]] = match[2]
        if match.end() == len(value):
            return found
        position = match.end() + 2


def jit_part(label: str, value: str) -> dict[str, Any] | None:
    """One line below ``JIT:``; 11 printed one a line."""
    if label == "Functions":
        return {label: int(value)} if whole(value) else None
    if label == "Options":
        options = {}
        for part in value.split(", "):
            name, _, state = part.partition(" ")
            if state not in ("true", "false"):
                return None
            options[name] = state == "true"
        return {label: options}
    if label == "Timing":
        timing: dict[str, Any] = {}
        for part in value.split(", "):
            match = _JIT_PART.match(part)
            if match is None:
                return None
            inner = None if match[3] is None else {match[3]: float(match[4]), "Total": float(match[2])}
            timing[match[1]] = inner or float(match[2])
        return {label: timing}
    if value in ("true", "false"):
        return {label: value == "true"}
    if label.endswith(" Time") and value.endswith(" ms") and (time := decimal(value[:-3])) is not None:
        return {label: time}
    return None


def worker_of_jit(text: str) -> int | None:
    """Number of the worker in ``JIT for worker 1:`` (12)."""
    match = _WORKER_JIT.match(text)
    return None if match is None else int(match[1])
