"""What holds for every statement: made from tokens whose meaning is known."""

from hypothesis import given
from hypothesis import strategies as st

from advisor.fingerprint import key, normalise, redact
from tests.fingerprint import soup

NAMES = ["a", "t1", "col_2020", "orders", '"T 2"', '"Id"', "été"]
WORDS = ["select", "from", "where", "and", "group by", "like", "join", "on"]
OPERATORS = ["=", "<>", ">=", "+", "*", "||", ","]
names = st.sampled_from(NAMES)
words = st.sampled_from([*WORDS, *OPERATORS])
#: None stands for a literal.
bodies = st.lists(st.one_of(names, words, st.none()), min_size=1, max_size=12)
strings = st.text(alphabet=st.characters(blacklist_characters="'\\", blacklist_categories=("Cs",)), max_size=8)
literals = st.one_of(
    strings.map(lambda text: f"'{text}'"),
    strings.map(lambda text: f"'{text}''{text}'"),
    st.integers(0, 10**12).map(str),
    st.floats(0, 1e9, allow_nan=False).map(repr),
    st.just("$1"),
)
dialects = st.sampled_from(["postgresql", "sqlite"])
gaps = st.sampled_from([" ", "  ", "\n", "\t", " /* it's */ ", " -- x'\n"])


def joined(body, draw_literal):
    """The body with literals, never two side by side (two strings would be one)."""
    parts = []
    for part in body:
        if part is None and parts and parts[-1][1]:
            continue
        parts.append((draw_literal() if part is None else part, part is None))
    return [part for part, _ in parts]


@given(bodies, dialects, st.data())
def test_literals_do_not_matter(body, dialect, data):
    one = joined(body, lambda: data.draw(literals))
    other = joined(body, lambda: data.draw(literals))
    assert normalise(" ".join(one), dialect) == normalise(" ".join(other), dialect)
    assert key(" ".join(one).encode(), dialect).key == key(" ".join(other).encode(), dialect).key


@given(bodies, dialects, st.data())
def test_case_white_space_and_comments_do_not_matter(body, dialect, data):
    parts = joined(body, lambda: "5")
    plain = normalise(" ".join(parts), dialect)
    spelled = "".join(
        (part if part.startswith('"') or not part.isascii() else part.upper()) + data.draw(gaps) for part in parts
    )
    assert normalise(spelled, dialect) == plain


@given(bodies, dialects)
def test_names_survive(body, dialect):
    parts = joined(body, lambda: "'x'")
    text = normalise(" ".join(parts), dialect)
    for name in NAMES:
        assert (name in text) == any(name in part for part in parts) or name == "a"


@given(bodies, dialects, st.data())
def test_normalising_twice_changes_nothing(body, dialect, data):
    text = normalise(" ".join(joined(body, lambda: data.draw(literals))), dialect)
    assert normalise(text, dialect) == text


@given(st.integers(1, 30), st.integers(1, 30), literals, literals)
def test_the_length_of_a_list_does_not_matter(few, many, one, other):
    short, long = (f"select a from t where b in ({', '.join([value] * n)})" for n, value in ((few, one), (many, other)))
    assert normalise(short, "postgresql") == normalise(long, "postgresql")
    assert key(long.encode(), "postgresql").in_count == many


@given(strings.filter(lambda text: len(text) > 3), st.sampled_from(soup.DIALECTS))
def test_no_literal_leaks(secret, dialect):
    secret = "S3CR" + secret.replace("'", "")
    for sql in (f"select '{secret}' from t", f"select a from t where b = '{secret}", f"select 1 /* {secret} */"):
        if "*/" not in secret:
            assert "S3CR" not in normalise(sql, dialect).upper()
            assert "S3CR" not in redact(sql, dialect)


@given(st.binary(max_size=80), st.sampled_from(soup.DIALECTS))
def test_no_bytes_crash(raw, dialect):
    key(raw, dialect)
    text = raw.decode("utf-8", "surrogateescape")
    normalise(text, dialect)
    redact(text, dialect)
