"""Shapes of statements: a real lexer per dialect, normalised text, fingerprints and shape keys."""

from advisor.fingerprint.identity import Identity, brief, fingerprint_of, identify
from advisor.fingerprint.keying import Keyed, key, key_parameters, normalise, tokeniser
from advisor.fingerprint.kind import Kind, kind_of
from advisor.fingerprint.messages import without_values
from advisor.fingerprint.parameters import Truncated, join_parameters, parse_parameters
from advisor.fingerprint.redaction import redact
from advisor.fingerprint.tag import tags

__all__ = [
    "Identity",
    "Keyed",
    "Kind",
    "Truncated",
    "brief",
    "fingerprint_of",
    "identify",
    "join_parameters",
    "key",
    "key_parameters",
    "kind_of",
    "normalise",
    "parse_parameters",
    "redact",
    "tags",
    "tokeniser",
    "without_values",
]
