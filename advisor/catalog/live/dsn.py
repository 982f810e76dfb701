"""Addresses of databases: their parts, and a form that is safe to print."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_SECRETS = frozenset({"password", "passwd", "pwd", "sslpassword", "sslkey", "ssl_key", "passfile"})


@dataclass(frozen=True, slots=True)
class Address:
    """A DSN in parts."""

    scheme: str
    host: str | None
    port: int | None
    user: str | None
    password: str | None = field(repr=False)
    database: str | None
    options: dict[str, str] = field(repr=False)

    @property
    def safe(self) -> str:
        """The address without password: what may be printed."""
        who = f"{quote(self.user)}@" if self.user else ""
        where = f"{self.host or ''}{f':{self.port}' if self.port else ''}"
        shown = "&".join(f"{k}={v}" for k, v in self.options.items() if k.lower() not in _SECRETS)
        return f"{self.scheme}://{who}{where}/{self.database or ''}{'?' + shown if shown else ''}"

    def clean(self, message: str) -> str:
        """A driver's message in one line, with the password taken out."""
        text = " ".join(message.split())
        secrets = [self.password, *(v for k, v in self.options.items() if k.lower() in _SECRETS)]
        for secret in secrets:
            if secret:
                text = text.replace(secret, "***").replace(quote(secret), "***")
        return text


def address(dsn: str) -> Address:
    """Takes a DSN apart. SQLAlchemy's ``+driver`` is dropped. Raises ValueError when it is none (never showing it)."""
    try:
        parts = urlsplit(dsn)
        port = parts.port
    except ValueError as error:
        raise ValueError("the address is not a valid URL (a password may need %-encoding)") from error
    return Address(
        scheme=parts.scheme.partition("+")[0].lower(),
        host=unquote(parts.hostname) if parts.hostname else None,
        port=port,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        database=unquote(parts.path.lstrip("/")) or None,
        options=dict(parse_qsl(parts.query)),
    )
