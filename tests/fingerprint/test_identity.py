"""Fingerprints are a promise: they are stored, compared and quoted."""

import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from advisor.fingerprint import brief, fingerprint_of, identify, key, key_parameters, normalise, tokeniser

CODE = """
from advisor.fingerprint import identify, key, tokeniser
k = key(b"select * from t where a = 7 and b in ('x', 'y') /*route='a'*/", "mysql")
print(tokeniser(), identify("select a from t where b = 5", "postgresql").fingerprint, *k)
"""


def test_a_fingerprint_never_changes():
    identity = identify("SELECT a FROM t WHERE b = 5", "postgresql")
    assert identity.text == "select a from t where b = ?"
    assert identity.fingerprint == "091231dbaea81927" == fingerprint_of(identity.text)
    assert identity.kind == "select"
    assert identity.checksum is None


def test_hints_stand_apart():
    identity = identify("select /*+ INDEX(t i) */ /*!40001 SQL_NO_CACHE */ 1 from t /* plain */", "mysql")
    assert identity.hints == ("+ INDEX(t i)", "!40001 SQL_NO_CACHE")
    assert identity.text == "select sql_no_cache ? from t"
    assert identify("select /*!40001 1", "mysql").hints == ("!40001 1",)


def test_pure_python_gives_the_same_numbers():
    def run(**environment):
        done = subprocess.run(
            [sys.executable, "-c", CODE], env={**os.environ, **environment}, capture_output=True, text=True, check=True
        )
        return done.stdout.split(" ", 1)

    name, pure = run(ADVISOR_PURE="1")
    assert name == "python"
    environment = {"ADVISOR_PURE": ""}
    assert run(**environment)[1] == pure


def test_value_hashes_join_texts_and_parameters():
    bare, quoted = key(b"select 7", "mysql"), key(b"select '7'", "mysql")
    assert bare.keys[0] == quoted.keys[0] == key_parameters(b"$1 = '7'")[1][0] != 0
    assert key(b"select -7", "mysql").keys[0] == key(b"select '-7'", "mysql").keys[0] != bare.keys[0]
    assert key(b"select 7, 8", "mysql").literals == key_parameters(b"$1 = '7', $2 = '8'")[0]
    assert key(b"select 8, 7", "mysql").literals != key(b"select 7, 8", "mysql").literals
    assert key(b"select a", "mysql")[1:] == (0, (0, 0, 0, 0), 0, None)
    assert key(b"select ''", "mysql").keys[0] != 0


def test_list_lengths_and_tags():
    assert key(b"select 1 where a in (1,2,3) and b in (1,2)", "mysql").in_count == 3
    assert key(b"insert into t values (1,2),(3,4)", "mysql").in_count == 2
    assert key(b"select 1 where a in (select 1, 2)", "mysql").in_count == 0
    assert key(b"/* x */ select 1 /* app:a,job:b */ -- no tag: here", "mysql").tag == b" app:a,job:b "
    assert key(b"select '/*a=''b''*/'", "postgresql").tag is None


def test_text_that_is_no_text():
    assert normalise("select '\udcff\ud800' from \udce9", "postgresql").startswith("select ? from ")
    assert key(b"select '\xff' from \xe9", "postgresql").key != 0
    assert tokeniser() in ("compiled", "python")


@given(
    st.lists(
        st.sampled_from(["with x as (", "select", "1", "'a'", "begin", "; ", "update", "é", "\ud800", ")", "t", "/*"])
    ),
    st.sampled_from(["postgresql", "mysql", "sqlite"]),
)
def test_brief_says_what_identify_says(words, dialect):
    sql = " ".join(words)
    whole = identify(sql, dialect)
    assert brief(sql, dialect) == (int(whole.fingerprint, 16), whole.text.encode(), whole.kind)
