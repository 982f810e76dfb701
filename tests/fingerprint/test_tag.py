"""Tag comments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.fingerprint import tags
from advisor.fingerprint.tag import is_tag


@pytest.mark.parametrize(
    ("comment", "wanted"),
    [
        ("route='%2Fpolls%201',traceparent='00-5bd66ef5-01'", {"route": "/polls 1", "traceparent": "00-5bd66ef5-01"}),
        (" app:shop,controller:orders,line:/app/models/a.rb:12:in `x' ", {"app": "shop", "controller": "orders"}),
        ("name='it\\'s'", {"name": "it's"}),
        ("a:b, c:d", {"a": "b", "c": "d"}),
        ("TODO: fix this", {}),
        ("just words", {}),
        ("", {}),
    ],
)
def test_tags(comment, wanted):
    found = tags(comment)
    assert {key: found.get(key) for key in wanted} == wanted
    if not wanted:
        assert not is_tag(comment.encode())


@pytest.mark.parametrize("comment", ["https://example.org", "a = 'b'", "x:", ":x", "='x'", "note : x", "+ index(t)"])
def test_prose_is_no_tag(comment):
    assert not is_tag(comment.encode())


@given(st.text(max_size=60))
def test_never_fails(comment):
    tags(comment)
    is_tag(comment.encode("utf-8", "surrogatepass"))
