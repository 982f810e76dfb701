from __future__ import annotations

import pytest

from advisor.sources.postgresql.inference import infer
from advisor.sources.postgresql.prefix import Prefix, PrefixTemplate
from tests.sources.postgresql.logtext import PREFIXES, ZONES, Line, log

#: What may stand for what: a learned host is always read as host-and-port, a time without fraction as one with.
_LIKE = {"h": "hr", "r": "rh", "m": "mt", "t": "tm"}
#: What cannot be told from the text: a bare number that is always 0 is a transaction id, nothing else is certain.
_UNTOLD = {"x"}


def _wrong(prefix: Prefix, lines: list[Line], zone: str) -> list[tuple[str, str, str]]:
    wrong = []
    for line in lines:
        head = prefix.head(line.raw)
        if head is None or line.raw[head.end :].decode() != line.message:
            wrong.append(("head", line.raw.decode(), ""))
            continue
        for letter, printed in line.fields.items():
            value = printed.removesuffix(f" {zone}") if letter in "mts" else printed
            got = next((head.fields[like] for like in _LIKE.get(letter, letter) if like in head.fields), b"").decode()
            if got != value and letter not in _UNTOLD:
                wrong.append((letter, value, got))
        wrong += [
            (letter, "", value.decode())
            for letter, value in head.fields.items()
            if letter not in line.fields and letter not in "?#zmthr"
        ]
    return wrong


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("setting", PREFIXES)
def test_a_learned_prefix_reads_what_was_printed(setting: str, zone: str) -> None:
    lines = log(setting, zone=zone)
    templates = infer(line.raw for line in lines)
    assert _wrong(Prefix(templates), lines, zone) == []


@pytest.mark.parametrize("setting", [*PREFIXES, "%t %d %u %h(%p) ", "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:"])
def test_a_given_prefix_reads_what_was_printed(setting: str) -> None:
    lines = log(setting, zone="+03")
    template = PrefixTemplate.parse(setting)
    assert template.text == setting
    assert _wrong(Prefix([template]), lines, "+03") == []


def test_unknown_words_are_not_guessed() -> None:
    lines = [b"2024-03-01 08:00:00.1 UTC [7] alice shop LOG:  duration: 1.0 ms" for _ in range(30)]
    (template,) = infer(lines)
    assert not template.letters & set("uda")


def test_the_last_word_beside_user_and_database_is_the_application_if_it_varies() -> None:
    line = b"2024-03-01 08:00:00.123 UTC [%d] ann@shop %s LOG:  x"
    assert infer([line % (n, b"shop-web") for n in range(9)])[0].text == "%m [%p] %u@%d %? "
    assert infer([line % (n, (b"shop-web", b"psql")[n % 2]) for n in range(9)])[0].text == "%m [%p] %u@%d %a "


def test_unlabelled_words_are_learned_from_connection_messages() -> None:
    line = b"2024-03-01 08:00:00.123 UTC [%d] %s %s LOG:  connection authorized: user=%s database=%s"
    lines = [line % (n, d, u, u, d) for n, (u, d) in enumerate([(b"ann", b"shop"), (b"bob", b"crm")] * 4)]
    (template,) = infer(lines)
    assert template.text == "%m [%p] %d %u "


def test_a_login_may_have_an_at_of_its_own() -> None:
    prefix = Prefix([PrefixTemplate.parse("%m [%p] %u@%d ")])
    head = prefix.head(b"2024-03-01 08:00:00.123 UTC [7] joe@example.com@shop LOG:  x")
    assert head is not None
    assert (head.fields["u"], head.fields["d"]) == (b"joe@example.com", b"shop")


def test_remote_host_with_colons_before_a_colon() -> None:
    head = Prefix([PrefixTemplate.parse("%t:%r:%u@%d:[%p]:")]).head(
        b"2024-03-01 08:00:00 UTC:fe80::1(5432):app@shop:[99]:LOG:  x"
    )
    assert head is not None
    assert head.fields["r"] == b"fe80::1(5432)"
    assert head.fields["u"] == b"app"


def test_a_stamp_of_a_collector_before_the_prefix() -> None:
    lines = [
        b"2024-03-01T08:00:00.123Z 2024-03-01 08:00:00 UTC:10.0.0.1(5):a@b:[%d]:LOG:  x" % pid for pid in range(30)
    ]
    (template,) = infer(lines)
    assert template.text == "%I %t:%r:%u@%d:[%p]:"


def test_lines_without_severity_teach_nothing() -> None:
    assert infer([b"hello", b"", b"\tLOG:  x", b"error: nothing"]) == []


@pytest.mark.parametrize("setting", ["%u %d %a %h ", "%a %i %b ", "%m %u %d %a %r ", "%u@%d %a "])
def test_no_line_is_slow_to_match(setting: str) -> None:
    prefix = Prefix([PrefixTemplate.parse(setting)])
    for line in (b" " * 5000, b"a@" * 2500, b"(x " * 2000, b"a" * 1_000_000, b"LOG:  "[:5] * 1000):
        prefix.head(line)
        prefix.head(b"2024-03-01 08:00:00.123 UTC " + line)
    # Done at all, that is the test: with two names that take anything, the first line alone took minutes.
