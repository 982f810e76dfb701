"""The two sides of a comparison: what wraps the column, and what it is compared with."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from advisor.catalog.types import TypeFacts
from advisor.graphs.names import Node
from advisor.model.engine import EngineName

_INTEGERS = frozenset(
    {"INT", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT", "UINT", "UBIGINT", "USMALLINT", "UTINYINT", "INT128"}
)
_DECIMALS = frozenset(
    {
        "DECIMAL",
        "DOUBLE",
        "FLOAT",
        "BIGDECIMAL",
        "UDECIMAL",
        "DECIMAL32",
        "DECIMAL64",
        "DECIMAL128",
        "MONEY",
        "DECFLOAT",
    }
)
_STRINGS = frozenset(
    {"TEXT", "VARCHAR", "CHAR", "NCHAR", "NVARCHAR", "BPCHAR", "MEDIUMTEXT", "LONGTEXT", "TINYTEXT", "NAME"}
)
_CALL = re.compile(r"([A-Za-z_][\w.$]*)\s*\(")
_OPERATORS = {
    "Add": "+",
    "Sub": "-",
    "Mul": "*",
    "Div": "/",
    "IntDiv": "div",
    "Mod": "%",
    "Neg": "-",
    "DPipe": "||",
    "Pow": "^",
    "BitwiseAnd": "&",
    "BitwiseOr": "|",
    "BitwiseXor": "^",
    "BitwiseNot": "~",
    "BitwiseLeftShift": "<<",
    "BitwiseRightShift": ">>",
    "Distance": "<->",
}
_JSON = {
    "JSONExtract": "->",
    "JSONExtractScalar": "->>",
    "JSONBExtract": "#>",
    "JSONBExtractScalar": "#>>",
    "Bracket": "[]",
    "JSONValue": "json_value",
}
_CASTS = frozenset({"Cast", "TryCast", "Convert"})
#: A NULL argument makes these NULL.
_STRICT = frozenset(
    """
    Lower Upper Date TsOrDsToDate TsOrDsToTimestamp TsOrDsToDatetime Year Month Day DayOfMonth DayOfWeek DayOfYear
    Quarter Week Hour Minute Second Extract TimestampTrunc DateTrunc Trim Substring Length Abs Round Floor Ceil
    TimeToStr StrToDate StrToTime DateAdd DateSub AtTimeZone Left Right Collate Replace MD5 Sqrt Reverse
    StrPosition UnixToTime TimeToUnix DateDiff TimestampDiff Initcap Cast TryCast Convert Paren JSONExtract
    JSONExtractScalar JSONBExtract JSONBExtractScalar Bracket Anonymous_date SubstringIndex
    """.split()  # noqa: SIM905
) | frozenset(_OPERATORS)
#: These can turn a NULL into a value.
_LAX = frozenset({"Coalesce", "Case", "If", "Nvl", "Nvl2", "ConcatWs", "Is", "Count", "Array", "JSONObject", "Struct"})


class Wrapper(NamedTuple):
    """What stands around a column."""

    name: str | None = None
    kind: str | None = None
    sql: str | None = None
    strict: bool | None = True
    """The whole is NULL when the column is."""


class Value(NamedTuple):
    """The other side of a comparison."""

    kind: str
    type: str | None = None
    length: int | None = None
    literal: str | None = None

    @property
    def hash(self) -> str | None:
        """Of a literal; what compares equal in some collation or type is made equal: case, outer blanks, 7 and 7.0."""
        if self.kind != "literal" or self.literal is None:
            return None
        text = unicodedata.normalize("NFKD", self.literal).casefold().strip()
        text = "".join(letter for letter in text if not unicodedata.combining(letter))
        if text.lstrip("-").replace(".", "", 1).isdecimal():
            text = f"{float(text):.12g}"
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def unwrap(node: Node) -> Node:
    """The expression without enclosing parentheses."""
    while type(node).__name__ == "Paren":
        node = node.this
    return node


def wrapper_of(side: Node, column: Node, dialect: str, text_column: bool, text: Callable[[Node], str]) -> Wrapper:
    """What wraps ``column`` on its side of a comparison. ``text_column``: the catalog says that it holds text.

    ``text`` prints an expression.
    """
    side = unwrap(side)
    while text_column and type(side).__name__ == "Cast" and type_of(side.args["to"]) == "string":
        side = unwrap(side.this)  # text to text changes nothing, and the index still serves
    if side is column:
        return Wrapper()
    strict: bool | None = True
    node = column.parent
    child = column
    while node is not None:
        name = type(node).__name__
        if name in _LAX or (name == "Nullif" and child is not node.this):
            strict = False
        elif name not in _STRICT and name != "Nullif" and strict:
            strict = False if name == "Concat" and dialect == "postgres" else True if name == "Concat" else None
        if node is side:
            break
        child, node = node, node.parent
    sql = text(side)
    name, kind = _name_of(side, sql)
    return Wrapper(name, kind, sql, strict)


def _name_of(side: Node, sql: str) -> tuple[str, str]:
    cls = type(side).__name__
    if cls in ("Coalesce", "Nullif") or cls == "Nvl":
        return cls.lower(), "coalesce"
    if cls in ("Case", "If"):
        return "case", "case"
    if cls in _JSON:
        return _JSON[cls], "json"
    if cls in _CASTS:
        return "cast", "cast"
    if cls in _OPERATORS:
        return _OPERATORS[cls], "arithmetic"
    if cls == "Collate":
        return "collate", "function"
    match = _CALL.match(sql)
    return (match.group(1).lower() if match else cls.lower()), "function"


def type_of(data_type: Node) -> str | None:
    """value_type of a cast's target."""
    this = data_type.this
    name = getattr(this, "name", None) or str(this)
    name = name.upper()
    if name in _INTEGERS:
        return "integer"
    if name in _DECIMALS:
        return "decimal"
    if name in _STRINGS:
        return "string"
    if name == "BOOLEAN":
        return "boolean"
    if name == "DATE":
        return "date"
    if name.startswith(("TIMESTAMP", "DATETIME")):
        return "timestamp"
    return None


def describe(node: Node) -> Value:
    """Kind and type of a value."""
    node = unwrap(node)
    cls = type(node).__name__
    if cls == "Literal":
        if node.is_string:
            return Value("literal", "string", literal=node.name)
        return Value("literal", "integer" if node.name.isdigit() else "decimal", literal=node.name)
    if cls == "Neg":
        inner = describe(node.this)
        return (
            Value("literal", inner.type, literal=f"-{inner.literal}")
            if inner.kind == "literal"
            else Value("expression", inner.type)
        )
    if cls == "Boolean":
        return Value("literal", "boolean", literal=str(node.this).lower())
    if cls == "Null":
        return Value("literal", "null")
    if cls in ("Placeholder", "Parameter", "SessionParameter"):
        return Value("parameter")
    if cls in ("HexString", "BitString", "ByteString", "National", "RawString", "Introducer", "UnicodeString"):
        return Value("literal", "string" if cls not in ("HexString", "BitString") else None)
    if cls in _CASTS:
        inner = describe(node.this)
        target = node.args.get("to")
        kind = inner.kind if inner.kind in ("literal", "parameter", "subquery", "list") else "expression"
        if inner.kind == "column":
            kind = "expression"
        length = None
        if (
            inner.kind == "literal"
            and inner.literal is not None
            and type(target.this).__name__ != "str"
            and _is_array(target)
        ):
            kind, length = "list", array_length(inner.literal)
        return Value(
            kind, type_of(target) if target is not None and not _is_array(target) else None, length, inner.literal
        )
    if cls == "Column":
        return Value("column")
    if cls in ("Subquery", "Select", "Union", "Intersect", "Except", "Table"):
        return Value("subquery")
    if cls in ("Array", "Tuple"):
        return list_of(node.expressions)
    if cls in ("CurrentTimestamp", "Localtimestamp", "CurrentDatetime", "CurrentTimestampLTZ"):
        return Value("expression", "timestamp")
    if cls == "CurrentDate":
        return Value("expression", "date")
    if cls in ("Sub", "Add") and type(unwrap(node.expression)).__name__ == "Interval":
        return Value("expression", "timestamp")
    return Value("expression")


def list_of(items: list[Node]) -> Value:
    """A list: its length and the type that its elements share."""
    kinds = [describe(item) for item in items]
    types = {value.type for value in kinds if value.type != "null"}
    if len(items) == 1 and type(items[0]).__name__ == "Placeholder" and not items[0].args.get("this"):
        return Value("list", None, None)  # the normalised text of a list of any length
    if types == {"integer", "decimal"}:
        types = {"decimal"}
    return Value("list", types.pop() if len(types) == 1 else None, len(items))


def _is_array(data_type: Node) -> bool:
    name = getattr(data_type.this, "name", str(data_type.this))
    return name in ("ARRAY", "LIST")


def array_length(text: str) -> int | None:
    """Elements of a PostgreSQL array literal ``{1,2,3}`` without nesting."""
    inner = text.strip()
    if not inner.startswith("{") or not inner.endswith("}") or "{" in inner[1:]:
        return None
    inner = inner[1:-1].strip()
    if not inner:
        return 0
    return 1 + re.sub(r'"[^"\\]*+(?>(?:\\.[^"\\]*+)*)"', "", inner).count(",")


def pattern_head(node: Node) -> str | None:
    """The literal that a LIKE pattern begins with, through concatenations; None when that is a parameter."""
    node = unwrap(node)
    cls = type(node).__name__
    if cls == "Literal" and node.is_string:
        return str(node.name)
    if cls == "DPipe":
        return pattern_head(node.this)
    if cls == "Concat" and node.expressions:
        return pattern_head(node.expressions[0])
    if cls in _CASTS or cls in ("Upper", "Lower"):
        return pattern_head(node.this)
    if cls == "Escape":
        return pattern_head(node.this)
    return None


def implicit_cast(engine: EngineName, column: TypeFacts | None, value: Value, other: TypeFacts | None) -> bool | None:
    """Whether comparing makes the server convert the column, not the value. None when a type is not known.

    Sources: MySQL manual, "Type Conversion in Expression Evaluation"; PostgreSQL manual, "Operator Type Resolution"
    and pg_amop (integer types share an operator family, numeric is another); SQLite, "Datatypes", 4.2.
    """
    if column is None or column.family == "other" or value.kind == "none":
        return None
    against = other.family if other is not None else _family(value.type)
    if against is None or against == "null":
        return False if value.type == "null" else None
    if engine == "sqlite":
        return column.family == "string" and other is not None and against in ("integer", "decimal", "float")
    if engine == "postgresql":
        if column.family == "integer":
            return against in ("decimal", "float")
        if column.family == "decimal":
            return against == "float"
        if column.base == "char":
            return (
                value.kind != "literal"
                and against == "string"
                and other is not None
                and other.base in ("text", "varchar")
            )
        return False
    if column.family == "string":
        return against in ("integer", "decimal", "float", "boolean") or (against == "temporal" and other is not None)
    return False


def _family(value_type: str | None) -> str | None:
    return {"date": "temporal", "timestamp": "temporal"}.get(value_type or "", value_type)
