"""Reads PostgreSQL's FORMAT XML.

The tags are the keys with everything but letters, digits and ``_.-`` replaced by ``-``: the table of keys undoes it. A
document type is refused, so no entity is ever expanded.
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.assemble import Lines, documents, first, too_deep, warn
from advisor.plans.postgresql.document import Document
from advisor.plans.postgresql.keys import DEEPEST, TABLES, TAGS, Key
from advisor.plans.postgresql.scalars import empty, merge_workers, typed

#: XML cannot hold these, but the server prints them as they are: they pass the parser as private characters.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_PRIVATE = 0xF0000
_BACK = {_PRIVATE + code: chr(code) for code in (*range(0x20), 0xFFFE, 0xFFFF)}
_PRIVATES = re.compile(f"[{chr(_PRIVATE)}-{chr(_PRIVATE + 0xFFFF)}]")
_SETTING = Key("", "text")
_ITEM = Key("Item", "text")
#: Of these, what stands before a cut is kept; other lists are whole or left out.
_OPEN_ENDED = frozenset({"Plans", "Workers", "Triggers", "Target Tables"})
_MOST_WARNINGS = 50
_JUNK = expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_START = re.compile(r"<(?:\?xml|!|[A-Za-z])")
_AFTER = re.compile(r"\s*(?:\(\d+ [^()\n]{1,40}\)\s*)?")


def read(excerpt: Excerpt) -> Document:
    """The first plan of the text. Raises PlanError when there is none, and for a document type."""
    return first(read_all(excerpt), excerpt)


def read_all(excerpt: Excerpt) -> list[Document]:
    """A plan for each statement. Raises PlanError when there is none, and for a document type."""
    reader = _Reader(excerpt)
    reader.read()
    found = documents(reader.statements, reader.nodes, excerpt, "xml")
    found[0].warnings.extend(excerpt.warnings)
    return found


def _shared(key: Key, table: str, before: dict[str, Any]) -> Key:
    """The key that is meant by a tag of several, from what stands before it.

    The full-sort groups come before the pre-sorted ones, memory before disk; a sort on disk alone tells no memory.
    """
    other = TABLES[table]["Pre-sorted Groups" if key.name == "Full-sort Groups" else "Sort Space Disk"]
    methods = before.get("Sort Methods Used")
    on_disk = isinstance(methods, list) and methods and all(str(method).startswith("external") for method in methods)
    return other if key.name in before or (on_disk and key.name == "Sort Space Memory") else key


class _Element:
    """An element that is open."""

    __slots__ = ("key", "name", "order", "table", "value")

    def __init__(self, name: str, key: Key | None, table: str, order: int) -> None:
        self.name = name
        self.key = key
        self.table = table  # of its members
        self.value: Any = None  # a list or a dictionary, as soon as that is known
        self.order = order  # line


class _Reader:
    def __init__(self, excerpt: Excerpt) -> None:
        self.excerpt = excerpt
        self.statements: list[Any] = []
        self.nodes: Lines = {}
        self.open: list[_Element] = []
        self.text: list[str] = []
        self.offset = 0
        self.masked = False
        self.warned = 0
        self.twice: list[tuple[list[Any], list[Any]]] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text.append
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse

    def refuse(self, *_: object) -> None:
        raise PlanError(f"line {self.at()}: the XML has a document type, which no plan has; take it out")

    def index(self) -> int:
        return self.offset + self.parser.CurrentLineNumber - 1

    def at(self) -> int:
        return self.excerpt.number(self.index())

    def read(self) -> None:
        text = self.excerpt.text
        match = _START.search(text)
        if match is None:
            line = self.excerpt.number(0)
            raise PlanError(f"line {line}: no XML element in it; give the whole output of EXPLAIN (FORMAT XML)")
        if text[: match.start()].strip("\ufeff \t\r\n\x00"):
            warn(self.excerpt, 0, "text before the XML is left out", text[: match.start()].strip())
        # a declared encoding is that of the file; what is read here is text already
        begin = declaration.end() if (declaration := _DECLARATION.match(text, match.start())) else match.start()
        self.offset = text.count("\n", 0, begin)
        text = text[begin:]
        if _CONTROL.search(text):
            self.masked = True
            text = _CONTROL.sub(lambda found: chr(_PRIVATE + ord(found[0])), text)
        data = text.encode("utf-8", "replace")
        try:
            self.parser.Parse(data, False)
        except expat.ExpatError as error:
            if error.code != _JUNK:
                raise PlanError(
                    f"line {self.excerpt.number(self.offset + error.lineno - 1)}: the XML cannot be read "
                    f"({expat.ErrorString(error.code)}); give the plan as the server printed it"
                ) from None
            rest = data[self.parser.ErrorByteIndex :].decode("utf-8", "replace")
            if _AFTER.fullmatch(rest) is None:
                warn(self.excerpt, self.offset + error.lineno - 1, "text after the plan is left out", rest.strip())
        else:
            try:
                self.parser.Parse(b"", True)
            except expat.ExpatError:
                self.cut(self.offset + text.rstrip().count("\n"))
        if self.open:
            self.statement(self.open[0].value)
        for before, after in self.twice:
            merge_workers(before, after)

    def cut(self, line: int) -> None:
        """The text ends within: of what is open, only what is whole in it is kept."""
        node = None
        for depth in range(len(self.open) - 1, 0, -1):
            element = self.open[depth]
            if node is None and isinstance(element.value, dict):
                node = element.value.get("Node Type")
            if (element.value and not isinstance(element.value, list)) or element.name in _OPEN_ENDED:
                if element.name == "Query" and depth == 1:
                    self.statement(element.value)
                elif element.value is not None:
                    self.add(self.open[depth - 1], element, element.value)
        warn(self.excerpt, line, "the plan is cut off here: what was printed after it is missing", node)

    def statement(self, value: Any) -> None:
        if value:
            self.statements.append(value)

    def start(self, tag: str, _: dict[str, str]) -> None:
        if ":" in tag:
            tag = tag.rpartition(":")[2]
        line = self.index()
        if not self.open:
            self.open.append(_Element("explain", None, "plan", line))
            if tag == "explain":
                return
        if self.text:
            self.between()
        parent = self.open[-1]
        if tag == "Query" and len(self.open) == 1:
            self.open.append(_Element("Query", None, "plan", line))
            return
        if len(self.open) > 2 * DEEPEST + 8:
            raise too_deep(self.at())
        if (
            parent.key is not None
            and parent.key.kind in ("list", "lists", "groups")
            and tag == parent.key.item.replace(" ", "-")
        ):
            inner = Key(parent.key.item, "list") if parent.key.kind == "lists" else None
            element = _Element(parent.key.item, inner if parent.key.kind != "list" else _ITEM, parent.key.members, line)
        elif tag == "Item":
            element = _Element("Item", _ITEM, "", line)
        else:
            table = parent.table
            key = _SETTING if table == "settings" else TAGS.get(table, {}).get(tag)
            if key is not None and key.element:
                key = _shared(key, table, parent.value or {})
            name = tag if table == "settings" else key.name if key is not None else tag.replace("-", " ")
            element = _Element(name, key, key.members if key is not None else "", line)
        self.open.append(element)

    def between(self) -> None:
        text = "".join(self.text)
        self.text.clear()
        if not text.isspace():
            self.stray(text)

    def stray(self, text: str) -> None:
        self.note(self.index(), "text between elements is left out", text.strip())

    def note(self, index: int, what: str, quote: str) -> None:
        self.warned += 1
        if self.warned <= _MOST_WARNINGS:
            warn(self.excerpt, index, what, quote)

    def end(self, _: str) -> None:
        element = self.open.pop()
        text = "".join(self.text)
        self.text.clear()
        if not self.open:
            self.statement(element.value)
            return
        value = element.value
        if value is not None and text and not text.isspace():
            self.stray(text)
        if element.name == "Query" and len(self.open) == 1:
            self.statement(value)
            return
        if value is None:
            value = self.leaf(element, text)
        self.add(self.open[-1], element, value)

    def leaf(self, element: _Element, text: str) -> Any:
        key = element.key
        if key is not None and key.kind in ("group", "groups", "list", "lists") and not text.strip():
            return empty(key)
        if self.masked:
            text = _PRIVATES.sub(lambda found: _BACK.get(ord(found[0]), found[0]), text)
        if key is None and element.table:  # an element of groups with nothing in it
            return {} if not text.strip() else text
        # the type of a key that is not known is not known either: digits may be an expression
        return text if key is None else typed(text if key.kind == "text" else text.strip(), key)

    def add(self, parent: _Element, element: _Element, value: Any) -> None:
        """Puts a whole element into the one around it."""
        listed = parent.key is not None and parent.key.kind in ("list", "lists", "groups")
        if listed or element.name == "Item":
            if parent.value is None:
                parent.value = []
            if isinstance(parent.value, list):
                parent.value.append(value)
                return
        if parent.value is None:
            parent.value = {}
        if not isinstance(parent.value, dict):
            self.note(element.order, "an element where none can stand, it is left out", element.name)
            return
        name = element.name
        if name == "Node Type":
            self.nodes[id(parent.value)] = element.order
        if name in parent.value:
            before = parent.value[name]
            if name == "Workers" and isinstance(before, list) and isinstance(value, list):
                self.twice.append((before, value))
            else:
                self.note(element.order, "an element stands twice; the last one counts", name)
        parent.value[name] = value
