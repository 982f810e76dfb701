"""Passwords out of texts: every statement, plan and message passes here before it leaves a reader.

Masked is what SQL carries of credentials in clear: the literal after ``PASSWORD``, ``IDENTIFIED BY`` or a column or
option named like a secret, connection strings (``password=...``), URLs with a user and a password, and the arguments
of the encryption functions. The quotes stay, so a masked statement can still be parsed. Work is linear in the length
of the text, whatever the text; one without any of a few words is returned as it is.
"""

from __future__ import annotations

import re

MASK = "***"

_WORDS = ("passw", "passphrase", "pwd", "secret", "identified", "://", "token", "access", "api_key", "apikey", "crypt")
_NAME = r"(?:passw(?:or)?d|passphrase|pwd|secret|token|access_?key|api_?key)"

# Possessive quantifiers throughout: what was matched is never tried again, hence linear. A literal that does not end
# runs to the end of the text.
_OUTSIDE = r"""
  | (?P<dollar>\$(?P<tag>(?>(?:[^\W\d]\w{0,62})?))\$)
  | (?P<comment>--[^\n]*+ | /\*(?>(?:[^*]++|\*(?!/))*)(?>(?:\*/)?))
"""
_PLAIN = re.compile(
    r"""(?P<quote>['"`])(?:(?<=')(?>(?:[^']++|'')*)|(?<=")(?>(?:[^"]++|"")*)|(?<=`)[^`]*+)(?P<end>['"`]?)""" + _OUTSIDE,
    re.VERBOSE,
)
_BACKSLASH = re.compile(
    r"""(?P<quote>['"`])(?:(?<=')(?>(?:[^'\\]++|''|\\.)*)|(?<=")(?>(?:[^"\\]++|""|\\.)*)|(?<=`)[^`]*+)\\?(?P<end>['"`]?)"""
    + _OUTSIDE,
    re.VERBOSE | re.DOTALL,
)

#: Ends of the code before a literal that make the literal a secret.
_BEFORE = re.compile(
    rf"{_NAME}\w{{0,40}}\s*(?:(?:=>|:=|<=>|<>|!=|=|:|,|\(|\bto\b|\bin\s*\(|\blike\b)\s*)?(?:\(\s*|(?:old_)?password\s*\(\s*)?"
    r"(?:[enbxu]&?)?\Z",
    re.IGNORECASE,
)
#: Between a quoted name and the literal that is its value: ``"password" 'x'``, ``'token', 'x'``.
_BETWEEN = re.compile(r"\s*(?:(?:=>|:=|=|:|,)\s*)?(?:[enbxu]&?)?\Z", re.IGNORECASE)
_NAMED = re.compile(rf"['\"`][\w.-]{{0,40}}{_NAME}\w{{0,40}}['\"`]", re.IGNORECASE)
#: Once an account is being identified, the literals after these words are its credentials.
_CREDENTIAL = re.compile(r"\b(?:by|as|using|password|replace)\s*\(?\s*\Z", re.IGNORECASE)
_ACCOUNT = re.compile(r"\bidentified\b", re.IGNORECASE)
_ASSIGNS = re.compile(r"\bset\s+password\s+for\b", re.IGNORECASE)
_ASSIGNED = re.compile(r"(?:=|\bto\b|\()\s*\Z", re.IGNORECASE)
_CIPHER = re.compile(
    r"(?:\bpgp_(?:sym|pub)_\w{7}\w{0,10}|\baes_(?:en|de)crypt|\b(?:en|de)?crypt(?:_iv)?)\s*\([^)]*\Z", re.IGNORECASE
)

#: Inside a literal, or in a message: ``password=x`` of a connection string, ``"token": "x"`` of JSON.
_VALUE = r"""("(?>(?:[^"\\]++|\\.)*)"?|''(?>(?:[^']++|'(?!'))*)(?:'')?|\\?'(?>(?:[^'\\]++|\\.)*)'?"""
_INSIDE = re.compile(
    rf"""({_NAME}\w{{0,40}}(?>(?:\\?["']{{1,2}})?)\s{{0,9}}+[=:]\s{{0,9}}+){_VALUE}|[^\s'"&;,)]++)""",
    re.IGNORECASE | re.DOTALL,
)
_NESTED = re.compile(rf"""(\b(?:password|by)\s{{1,9}}+){_VALUE})""", re.IGNORECASE | re.DOTALL)
_CONNECTION = re.compile(r"\b(?:host|hostaddr|user|dbname|port|sslmode)\s?=", re.IGNORECASE)
_URL = re.compile(r"(\b[a-z][a-z0-9+.-]{1,30}+://[^\s:/@'\"]{0,200}+:)[^\s'\"/]*@", re.IGNORECASE)
_URL_QUERY = re.compile(rf"([?&]{_NAME}\w{{0,40}}=)[^\s'\"&;)]++", re.IGNORECASE)

#: How deep literals are searched for statements within statements (DO blocks, EXECUTE).
_DEPTH = 4
_LOOK_BEHIND = 256


def mask(text: str) -> str:
    """``text`` with every credential in it replaced by ``***``."""
    return _mask(text, 0)


def suspicious(text: str) -> bool:
    """Whether a text holds any of the words beside which a credential can stand. `mask` changes no other text."""
    lowered = text.lower()
    for word in _WORDS:  # noqa: SIM110 - every text of a log comes by here: `any` would take twice as long
        if word in lowered:
            return True
    return False


def mask_optional(text: str | None) -> str | None:
    """`mask`, for what may be absent."""
    return None if text is None else _mask(text, 0)


def _mask(text: str, depth: int) -> str:
    if not suspicious(text):
        return text
    if "://" in text:
        text = _URL_QUERY.sub(rf"\1{MASK}", _URL.sub(rf"\1{MASK}@", text))
    # Whether a backslash escapes a quote depends on the server's settings. Both readings are searched, so a literal
    # that begins in only one of them is masked too.
    if "\\" in text:
        text = _literals(text, _BACKSLASH, depth)
    return _literals(text, _PLAIN, depth)


def _literals(text: str, tokens: re.Pattern[str], depth: int) -> str:
    out: list[str] = []
    at = 0
    before = ""  # the literal or quoted name before the code at hand
    behind = ""  # code before a comment: a comment is but a blank
    account = cipher = assigned = False
    while True:
        match = tokens.search(text, at)
        code = text[at : match.start() if match else len(text)]
        tail = (behind + code)[-_LOOK_BEHIND:]
        behind = ""
        account = account or _ACCOUNT.search(code) is not None
        assigned = assigned or _ASSIGNS.search(code) is not None
        cipher = bool(_CIPHER.search(tail)) or (cipher and ")" not in code)
        out.append(_INSIDE.sub(_masked, code) if _CONNECTION.search(code) else code)
        if match is None:
            return "".join(out)
        token, at = match[0], match.end()
        if match["comment"] is not None:
            out.append(_inside(token, depth))
            behind = tail + " "
            continue
        if match["dollar"] is not None:
            end = text.find(token, at)
            body = text[at:] if end < 0 else text[at:end]
            at = len(text) if end < 0 else end + len(token)
            hidden = bool(_BEFORE.search(tail))
            masked = MASK if hidden else _mask(body, depth + 1) if depth < _DEPTH else body
            out.append(token + masked + ("" if end < 0 else token))
            before = ""
            continue
        secret = (
            _BEFORE.search(tail) is not None
            or (before != "" and _NAMED.fullmatch(before) is not None and _BETWEEN.fullmatch(tail) is not None)
            or (account and _CREDENTIAL.search(tail) is not None)
            or (assigned and _ASSIGNED.search(tail) is not None)
            or cipher
        )
        before = token if len(token) <= 128 else ""
        if secret and match["quote"] != "`" and not _is_name(text, match):
            out.append(f"{match['quote']}{MASK}{match['quote']}")
            before = ""
        else:
            out.append(_inside(token, depth))


def _is_name(text: str, match: re.Match[str]) -> bool:
    """A double-quoted identifier, not a string: part of a dotted name, or compared itself."""
    if match["quote"] != '"':
        return False
    return text[match.end() : match.end() + 1] == "." or text[match.start() - 1 : match.start()] == "."


def _inside(literal: str, depth: int) -> str:
    """A literal that is no secret itself may still carry one."""
    lowered = literal.lower()
    if not any(word in lowered for word in _WORDS):
        return literal
    # Its own quotes are no part of what is searched.
    last = len(literal) - 1 if len(literal) > 1 and literal[-1] == literal[0] else len(literal)
    body = _INSIDE.sub(_masked, literal[1:last])
    if depth < _DEPTH:
        body = _NESTED.sub(_masked, body)
    return literal[0] + body + literal[last:]


def _masked(match: re.Match[str]) -> str:
    """The match with its value masked, within the value's own quotes."""
    value = match[2]
    quote = next((q for q in ("''", "\\'", "'", '"') if value.startswith(q)), "")
    return f"{match[1]}{quote}{MASK}{quote}"
