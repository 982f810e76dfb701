"""The operation of a Django migration that a statement comes from, read from its source."""

from __future__ import annotations

import ast
from dataclasses import dataclass

#: A generated file holds some kilobytes.
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of ``operations``."""

    name: str
    """Of its class: AddIndex."""
    node: ast.Call
    source: str
    """Of the whole file."""
    imports: tuple[str, ...]
    """That it needs."""
    complete: bool
    """Imports and builtins alone give all names that it uses."""
    single: bool = True
    """It runs no other statement."""

    @property
    def whole(self) -> bool:
        """It can be moved to another file as it stands."""
        return self.complete and self.single

    def text(self, indent: int) -> str:
        """As written, its further lines moved to ``indent``."""
        return _moved(self.node, self.source, indent)

    def arguments(self, indent: int) -> str:
        """What stands in its parentheses, on one line where that is short."""
        parts = [ast.unparse(one) for one in self.node.args]
        parts += [
            f"{one.arg}={ast.unparse(one.value)}" if one.arg else f"**{ast.unparse(one.value)}"
            for one in self.node.keywords
        ]
        line = ", ".join(parts)
        if len(line) < 80:
            return line
        inside = " " * (indent + 4)
        return "\n" + "".join(f"{inside}{one},\n" for one in parts) + " " * indent

    def argument(self, name: str, place: int) -> str | None:
        """The source of one."""
        for one in self.node.keywords:
            if one.arg == name:
                return ast.unparse(one.value)
        return ast.unparse(self.node.args[place]) if place < len(self.node.args) else None

    def says(self, word: str) -> bool:
        """Is a class of this name called in it?"""
        return any(isinstance(one, ast.Call) and _last(one.func) == word for one in ast.walk(self.node))


def operation_of(source: str, line: int, lines: tuple[int, ...] = ()) -> Operation | None:
    """The one that stands on a line; None: it cannot be told. ``lines``: of all statements of the migration."""
    if not source or len(source) > _MOST:
        return None
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in _operations(module):
        if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno):
            imports, complete = _imports(module, node)
            single = sum(node.lineno <= one <= (node.end_lineno or node.lineno) for one in lines) <= 1
            return Operation(_last(node.func), node, source, imports, complete, single)
    return None


def _operations(module: ast.Module) -> list[ast.expr]:
    for node in module.body:
        if not isinstance(node, ast.ClassDef) or node.name != "Migration":
            continue
        for inner in node.body:
            if (
                isinstance(inner, ast.Assign)
                and any(isinstance(one, ast.Name) and one.id == "operations" for one in inner.targets)
                and isinstance(inner.value, (ast.List, ast.Tuple))
            ):
                return inner.value.elts
    return []


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _imports(module: ast.Module, node: ast.Call) -> tuple[tuple[str, ...], bool]:
    """The imports of the names that an operation uses, and whether they are all."""
    bound: dict[str, str] = {}
    for one in module.body:
        if isinstance(one, ast.Import):
            for alias in one.names:
                bound[(alias.asname or alias.name).partition(".")[0]] = ast.unparse(ast.Import([alias]))
        elif isinstance(one, ast.ImportFrom):
            for alias in one.names:
                bound[alias.asname or alias.name] = ast.unparse(ast.ImportFrom(one.module, [alias], one.level))
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    free = used - set(bound) - {"True", "False", "None", "dict", "list", "set", "tuple", "str", "int"}
    return tuple(sorted({bound[one] for one in used if one in bound})), not free


def _moved(node: ast.Call, source: str, indent: int) -> str:
    """Its source; where a string has lines of its own (which must not be moved), as Python would write it."""
    text = ast.get_source_segment(source, node) or ""
    many = any(
        isinstance(one, ast.Constant) and isinstance(one.value, str) and "\n" in one.value for one in ast.walk(node)
    )
    if many or not text:
        return ast.unparse(node)
    first, *rest = text.split("\n")
    shift = indent - node.col_offset
    moved = [(" " * shift + one if shift > 0 else one[min(-shift, len(one) - len(one.lstrip())) :]) for one in rest]
    return "\n".join([first, *moved])
