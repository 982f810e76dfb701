"""Credentials in definitions and settings: passwords, connection strings, keys. They become ``***``; the SQL stays SQL.

Only what stands within string literals and comments is touched. A literal goes whole where the word before it says what
it is (``PASSWORD 'x'``, ``IDENTIFIED BY 'x'``, ``api_key => 'x'``, options of servers and user mappings); in other ones
``password=x`` of connection strings, ``user:password@`` of addresses, keys of cloud providers and tokens of well-known
services, hashes of passwords, private keys. Bodies of functions are SQL of their own and are searched the same way. A
secret that looks like any other text, in a place that does not say what it is, cannot be seen.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from advisor.fingerprint.lexer import COMMENT, LPAREN, OPERATOR, QUOTED, STRING, WORD, Token, tokens
from advisor.model.engine import Dialect, dialect_of
from advisor.model.snapshot import Snapshot

STARS: Final = "***"
_DEEPEST = 4
"""Bodies within bodies."""

_NAME = (
    r"(?:\w*_)?(?:password|passwd|passphrase|passwort|pwd|secret|secret_?key|secret_access_key|api_?key|access_?key"
    r"|access_key_secret|account_?key|auth_?token|access_?token|refresh_?token|bearer_?token|private_?key|sslpassword)"
)
_NAMED = re.compile(_NAME, re.IGNORECASE)
#: password=x of libpq, ODBC, JDBC. What a program puts there ($1, %s, :x, ?, a call) is none.
_PAIR = re.compile(
    rf"(?P<head>(?<![\w$]){_NAME}\s*=\s*)"
    r"(?:(?P<q>''|'|\"|\\')(?P<quoted>[^'\"]+)(?P=q)|(?![$%:?<>=*{@])[^\s'\";&,()|\\<>]+(?![\w(]))",
    re.IGNORECASE,
)
_OPEN_PAIR = re.compile(rf"(?<![\w$]){_NAME}\s*=\s*'*\Z", re.IGNORECASE)
_JSON = re.compile(rf'(?P<head>"{_NAME}"\s*:\s*")(?P<text>(?:[^"\\]|\\.)+)"', re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?P<head>\b[a-z][a-z0-9+.-]{0,30}://[^\s:/@'\"]{0,200}):(?![*]{3}@|[0-9]{1,5}/)[^\s'\"]{1,200}@(?=[\w.\[%-])",
    re.IGNORECASE,
)
_KEYS = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|AIza[A-Za-z0-9_-]{35}|glpat-[A-Za-z0-9_-]{20,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|sk-[A-Za-z0-9_-]{20,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r"|SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=$:]+|md5[0-9a-f]{32})(?![A-Za-z0-9])"
)
#: A secret access key has no form but its length: by itself in a literal, or beside a word that says so.
_AWS = re.compile(r"(?P<head>\baws[\w.-]{0,40}[^A-Za-z0-9\n]{1,20})[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])", re.IGNORECASE)
_AWS_ALONE = re.compile(r"(?=[^/]*[/+])(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9/+]{40}")
_SQL = re.compile(r"\bLANGUAGE\s+['\"]?(?:sql|plpgsql)\b", re.IGNORECASE)
_PRIVATE = re.compile(
    r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)(?:(?!-----END).)*(-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL
)


def strip(sql: str, dialect: Dialect = "postgresql") -> str:
    """A definition with its credentials as ``***``; it has the same tokens otherwise."""
    return _strip(sql, dialect, 0)


def strip_text(text: str) -> str:
    """A text that is no SQL (a setting, a comment) without what looks like a credential."""
    text = _PRIVATE.sub(lambda found: f"{found[1]}{STARS}{found[2]}", text)
    text = _PAIR.sub(lambda found: f"{found['head']}{found['q'] or ''}{STARS}{found['q'] or ''}", text)
    text = _JSON.sub(lambda found: f'{found["head"]}{STARS}"', text)
    text = _ADDRESS.sub(lambda found: f"{found['head']}:{STARS}@", text)
    text = _AWS.sub(lambda found: f"{found['head']}{STARS}", text)
    return _KEYS.sub(STARS, text)


def stripped(snapshot: Snapshot) -> Snapshot:
    """A copy whose definitions and settings hold no credentials."""
    dialect = dialect_of(snapshot.header.engine.name)
    return msgspec.structs.replace(
        snapshot,
        objects=[
            msgspec.structs.replace(one, ddl=made)
            if (made := tuple(strip(text, dialect) for text in one.ddl)) != one.ddl
            else one
            for one in snapshot.objects
        ],
        settings=[
            msgspec.structs.replace(
                one,
                value=STARS if _NAMED.fullmatch(one.name.rpartition(".")[2]) and one.value else strip_text(one.value),
            )
            for one in snapshot.settings
        ],
    )


def _strip(sql: str, dialect: Dialect, depth: int) -> str:
    raw = sql.encode("utf-8", "surrogatepass")
    out: list[bytes] = []
    at = 0
    before: list[Token] = []  # the last few tokens that are no comments
    for token in tokens(raw, dialect):
        if token.kind in (STRING, COMMENT):
            inner = raw[token.inner : token.inner_end].decode("utf-8", "surrogateescape")
            made = inner
            if inner and token.kind == STRING and _says(raw, before):
                made = STARS
            elif inner:
                body = raw[token.start : token.inner].endswith(b"$") and dialect == "postgresql"
                if body and depth < _DEEPEST:
                    made = _strip(inner, dialect, depth + 1)
                if not (body and _SQL.search(sql)):  # there a comparison looks like a pair
                    made = STARS if not body and _AWS_ALONE.fullmatch(made) else strip_text(made)
            if made != inner:
                out += [raw[at : token.inner], made.encode("utf-8", "surrogateescape")]
                at = token.inner_end
        if token.kind != COMMENT:
            before = [*before[-3:], token]
    out.append(raw[at:])
    return b"".join(out).decode("utf-8", "surrogatepass")


def _says(raw: bytes, before: list[Token]) -> bool:
    """Do the tokens before a literal say that it is a secret?"""
    words = [raw[token.start : token.end].decode("utf-8", "replace").lower() for token in before]
    kinds = [token.kind for token in before]
    if len(words) >= 2 and kinds[-2] == STRING and words[-1] == "||":
        opened = raw[before[-2].inner : before[-2].inner_end].decode("utf-8", "replace")
        return _OPEN_PAIR.search(opened) is not None
    if words[-2:] == ["identified", "by"] or (words[-1:] == ["password"] and kinds[-1] == WORD):
        return True
    if words[-1:] in (["as"], ["using"]) and "identified" in words:  # IDENTIFIED WITH plugin AS 'hash'
        return True
    if kinds and (kinds[-1] == LPAREN or (kinds[-1] == OPERATOR and words[-1] in ("=", "=>", ":="))):
        # password = 'x', api_key => 'x'; PASSWORD('x') of MySQL
        if kinds[-1] == LPAREN and words[-2:-1] != ["password"]:
            return False
        words, kinds = words[:-1], kinds[:-1]
    if not kinds or kinds[-1] not in (WORD, QUOTED):
        return False
    return _NAMED.fullmatch(words[-1].strip('"`')) is not None
