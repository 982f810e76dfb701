"""What a mapper was loading when it ran a statement, and which line of a template asked: read from its frames.

The names of the functions are those of SQLAlchemy 2, Django 4.2 to 5.2 and Peewee 3. Where a version changes them
nothing is recognised, and the call site alone speaks.
"""

from __future__ import annotations

import itertools
from types import FrameType
from typing import Any, Final

from advisor.model.recorded import CallSite, LazyLoad

_LOADS: Final = frozenset(
    {
        ("sqlalchemy.orm.strategies", "_load_for_state"),
        ("sqlalchemy.orm.loading", "_load_scalar_attributes"),
        ("sqlalchemy.orm.loading", "load_scalar_attributes"),
        ("django.db.models.fields.related_descriptors", "__get__"),
        ("django.db.models.query_utils", "__get__"),
        ("django.db.models.query", "_fetch_all"),
        ("django.db.models.query", "count"),
        ("django.db.models.query", "exists"),
        ("django.db.models.query", "aggregate"),
        ("django.db.models.query", "get"),
        ("peewee", "get_rel_instance"),
    }
)


def loads(module: str, function: str) -> bool:
    """A function of a mapper whose locals tell what is loaded."""
    return (module, function) in _LOADS


def lazy_load(frame: FrameType) -> LazyLoad | None:
    """What the mapper's function in ``frame`` loads. None: nothing that hangs on an object, or not understood."""
    module, function = str(frame.f_globals.get("__name__")), frame.f_code.co_name
    try:
        if module.startswith("sqlalchemy"):
            return _sqlalchemy(function, frame.f_locals)
        if module.startswith("django"):
            return _django(module, frame.f_locals)
        return _peewee(frame.f_locals)
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
        return None  # another version of the mapper


def outer(inner: LazyLoad | None, found: LazyLoad | None) -> LazyLoad | None:
    """Which of two functions on one stack tells what is loaded.

    Django's descriptor stands above a query set, SQLAlchemy's loader of a left-out column above that of stale ones.
    """
    if inner is None or found is None:
        return inner or found
    if found.framework == "django" and found.kind != "collection":
        return found
    return found if (inner.kind, found.kind) == ("expired", "deferred") else inner


def _sqlalchemy(function: str, names: dict[str, Any]) -> LazyLoad | None:
    if function.endswith("load_scalar_attributes"):
        return LazyLoad("sqlalchemy", "expired", names["mapper"].class_.__name__, None)
    strategy = names["self"]
    attribute = strategy.parent_property
    kind = "collection" if getattr(attribute, "uselist", False) else "relation"
    if not hasattr(attribute, "direction"):
        kind = "deferred"
    return LazyLoad("sqlalchemy", kind, strategy.parent.class_.__name__, attribute.key)  # type: ignore[arg-type]


def _django(module: str, names: dict[str, Any]) -> LazyLoad | None:
    this = names["self"]
    if module.endswith("related_descriptors"):
        related = getattr(this, "related", None)  # of the reverse side of a OneToOneField
        if names.get("instance") is None:
            return None
        if related is not None:
            return LazyLoad("django", "relation", related.model.__name__, related.get_accessor_name())
        return LazyLoad("django", "relation", this.field.model.__name__, this.field.name)
    if module.endswith("query_utils"):
        if names.get("instance") is None:
            return None
        return LazyLoad("django", "deferred", type(names["instance"]).__name__, this.field.attname)
    instance = getattr(this, "_hints", {}).get("instance")
    if instance is None:
        return None
    owner = type(instance).__name__
    for field in getattr(this, "_known_related_objects", {}):
        accessor = field.remote_field.get_accessor_name()
        return LazyLoad("django", "collection", owner, accessor, field.related_query_name())
    return LazyLoad("django", "collection", owner, *_many_to_many(type(instance), this.model))


def _many_to_many(owner: Any, target: Any) -> tuple[str | None, str | None]:
    """The attribute by which instances reach the model, and its name in queries, where only one does."""
    forward = [(f.name, f.name) for f in owner._meta.many_to_many if f.related_model is target]
    backward = [
        (r.get_accessor_name(), r.field.related_query_name())
        for r in owner._meta.related_objects
        if r.many_to_many and r.related_model is target and r.get_accessor_name()
    ]
    found = forward + backward
    return found[0] if len(found) == 1 else (None, None)


def _peewee(names: dict[str, Any]) -> LazyLoad | None:
    accessor, instance = names["self"], names["instance"]
    return LazyLoad("peewee", "relation", type(instance).__name__, accessor.name)


_flushes = itertools.count(1)


def flush(frame: FrameType) -> int:
    """A number for the flush that a frame of SQLAlchemy's unit of work runs; 0 where it cannot be told."""
    work = frame.f_locals.get("self")
    number = getattr(work, "_advisor_flush", 0)
    if not number and work is not None:
        number = next(_flushes)
        try:
            work._advisor_flush = number  # lives as long as the flush does
        except AttributeError:
            return 0
    return int(number)


#: Last arguments of an application of WSGI (PEP 3333) and of ASGI. Servers and frameworks call it with these names.
REQUEST_ARGUMENTS: Final = frozenset({("environ", "start_response"), ("scope", "receive", "send")})
_requests = itertools.count(1)


def request(frame: FrameType) -> int:
    """A number for the request that an application answers; 0 where there is none.

    It is kept in the request's own dictionary, under a name of ours, as PEP 3333 lets servers and middleware do.
    """
    names = frame.f_locals
    about = names.get("environ")
    if about is None:
        about = names.get("scope")
    if not isinstance(about, dict) or about.get("type") == "lifespan":
        return 0
    number = about.get("advisor.request")
    if number is None:
        number = about["advisor.request"] = next(_requests)
    return int(number)


def template_line(frame: FrameType) -> CallSite | None:
    """The line of a template that a frame of Django's or Jinja's renderer stands for."""
    jinja = frame.f_globals.get("__jinja_template__")
    if jinja is not None:
        file = getattr(jinja, "filename", None) or getattr(jinja, "name", None) or "<template>"
        return CallSite(str(file), int(jinja.get_corresponding_lineno(frame.f_lineno)), "", template=True)
    node = frame.f_locals.get("self")
    token, origin = getattr(node, "token", None), getattr(node, "origin", None)
    line = getattr(token, "lineno", None)
    if line is None or origin is None:
        return None
    return CallSite(str(getattr(origin, "name", None) or origin), int(line), "", template=True)
