"""Database URLs: recognised, taken apart without any driver, and printed without their secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlencode

from advisor.model.engine import SCHEMES, EngineName
from advisor.sources.errors import InputError

_URL = re.compile(r"^([a-z]+)(?:\+[a-z0-9_]+)?://", re.IGNORECASE)
_SECRET = re.compile(r"(pass(word|wd)?|secret|token|sslpassword)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dsn:
    """Where a database is and who asks. ``repr`` and ``safe`` never show the password."""

    engine: EngineName
    host: str | None
    port: int | None
    user: str | None
    password: str | None = field(repr=False)
    database: str | None
    """For sqlite: the file."""
    options: dict[str, str] = field(repr=False, default_factory=dict)
    safe: str = ""

    def redact(self, text: str) -> str:
        """The text in one line without the password, wherever it stands: drivers quote a DSN in their errors."""
        secrets = [self.password, *(value for name, value in self.options.items() if _SECRET.search(name))]
        for secret in secrets:
            if secret:
                text = text.replace(secret, "***")
        return " ".join(text.split())


def is_dsn(source: str) -> bool:
    """Whether a SOURCE argument is a database URL (``postgresql+psycopg://`` as SQLAlchemy writes it counts too)."""
    match = _URL.match(source)
    return match is not None and match[1].lower() in SCHEMES


def safe_dsn(source: str) -> str:
    """The URL without its password, fit for any output. Text that is no database URL comes back unchanged."""
    if not is_dsn(source):
        return source
    scheme, _, rest = source.partition("://")
    rest, question, query = rest.partition("?") if _well_formed(rest) else _split_query(rest)
    authority, slash, path = _authority(rest)
    userinfo, at, host = authority.rpartition("@")
    user = userinfo.partition(":")[0]
    kept = [
        (name, "***" if _SECRET.search(name) else value) for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    tail = question + urlencode(kept, safe="*/,:") if kept else ""
    return f"{scheme}://{user}{at}{host}{slash}{path}{tail}"


def parse_dsn(source: str) -> Dsn:
    """Take a database URL apart. Raises InputError where it is not well formed; the message is free of secrets."""
    match = _URL.match(source)
    if match is None or match[1].lower() not in SCHEMES:
        raise InputError(
            "not a database URL", safe_dsn(source), "write postgresql://, mysql://, mariadb:// or sqlite:///"
        )
    engine = SCHEMES[match[1].lower()]
    safe = safe_dsn(source)
    rest = source.partition("://")[2]
    rest, _, query = rest.partition("?") if _well_formed(rest) else _split_query(rest)
    options = dict(parse_qsl(query, keep_blank_values=True))
    if engine == "sqlite":
        return Dsn(
            engine, None, None, None, None, unquote(rest[1:]) if rest.startswith("/") else unquote(rest), options, safe
        )
    authority, _, path = _authority(rest)
    userinfo, _, place = authority.rpartition("@")
    user, colon, password = userinfo.partition(":")
    host, port = _place(place, safe)
    return Dsn(
        engine=engine,
        host=options.pop("host", None) or host,
        port=_port(options.pop("port", None), safe) or port,
        user=options.pop("user", None) or unquote(user) or None,
        password=options.pop("password", None) or (unquote(password) if colon else None),
        database=options.pop("dbname", None) or unquote(path) or None,
        options=options,
        safe=safe,
    )


def _well_formed(rest: str) -> bool:
    """A '?' in a raw password would cut the URL too early: then an '@' still follows it."""
    return "@" not in rest.partition("?")[2]


def _split_query(rest: str) -> tuple[str, str, str]:
    head, at, tail = rest.rpartition("@")
    tail, question, query = tail.partition("?")
    return head + at + tail, question, query


def _authority(rest: str) -> tuple[str, str, str]:
    """Authority, slash, path. People paste passwords with '/', '#' and '@' in them: the last '@' ends the user part."""
    userinfo, at, place = rest.rpartition("@")
    host, slash, path = place.partition("/")
    return userinfo + at + host, slash, path


def _place(place: str, safe: str) -> tuple[str | None, int | None]:
    if place.startswith("["):
        host, _, after = place[1:].partition("]")
        return host or None, _port(after.removeprefix(":"), safe)
    host, _, port = place.partition(":")
    return unquote(host) or None, _port(port, safe)


def _port(text: str | None, safe: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise InputError(
            "the port is not a number from 1 to 65535", safe, "write it as scheme://user@host:port/database"
        )
    return int(text)
