"""Which part of an application ran a statement: the name that its tags give, as one number an event.

Names are kept up to a bound, those with the smallest hashes; so which are kept depends on the events alone.
"""

from __future__ import annotations

from advisor.digest.hashing import text_hash

_LONGEST = 200
#: Tags that name where a statement comes from, the most telling last.
_SERVICE = ("service", "application", "app", "framework")
_PLACE = ("route", "controller", "namespaced_controller", "job", "source_location")


class Routes:
    """Names by their hash."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.names: dict[int, str] = {}

    def number(self, found: dict[str, str]) -> int:
        """The number of the place that tags (keys in lower case) name; 0 where they name none."""
        name = route_of(found)
        return 0 if name is None else self.add(name)

    def add(self, name: str) -> int:
        """The number of a name."""
        number = text_hash(name) or 1
        if number not in self.names:
            self.names[number] = name
            if len(self.names) > 2 * self._most:
                self.settle()
        return number

    def settle(self) -> None:
        """Keep the bound."""
        for number in sorted(self.names)[self._most :]:
            del self.names[number]


def route_of(found: dict[str, str]) -> str | None:
    """The place in the application that tags name: its route, or controller and action, or job; else the service."""
    for key in _PLACE:
        value = found.get(key)
        if value:
            action = found.get("action") if key.endswith("controller") else None
            return (f"{value}#{action}" if action else value)[:_LONGEST]
    return next((found[key][:_LONGEST] for key in _SERVICE if found.get(key)), None)
