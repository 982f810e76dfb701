"""No credential leaves a reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.sources.secrets import mask, mask_optional

SECRETS = r"""
CREATE ROLE leaky LOGIN PASSWORD 'hunter2'
create user leaky password 'hunter2'
ALTER USER a WITH ENCRYPTED PASSWORD E'hunter2\'hunter2' VALID UNTIL '2030-01-01'
ALTER ROLE a PASSWORD 'it''s hunter2'
ALTER ROLE a PASSWORD $$hunter2$$
ALTER ROLE a PASSWORD $t$hunter2$t$
ALTER ROLE a PASSWORD U&'hunter2'
ALTER ROLE a PASSWORD 'hunter2
ALTER ROLE a /* c */ PASSWORD /* hi */ 'hunter2'
SELECT * FROM dblink('host=a user=b password=hunter2 dbname=c', 'select 1')
SELECT * FROM dblink('host=a password=''hunter2 hunter2'' dbname=c', 'select 1')
SELECT dblink_connect('postgres://u:hunter2@h:5432/db?x=1')
SELECT dblink_connect('postgresql://h/db?user=u&password=hunter2')
CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2' PUBLICATION p
CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'bob', password 'hunter2')
CREATE USER MAPPING FOR u SERVER s OPTIONS ("user" 'bob', "password" 'hunter2')
CREATE USER 'a'@'b' IDENTIFIED BY 'hunter2'
GRANT ALL ON *.* TO 'a'@'%' IDENTIFIED BY PASSWORD '*hunter2'
CREATE USER a IDENTIFIED WITH 'mysql_native_password' BY 'hunter2' REPLACE 'hunter2'
ALTER USER a IDENTIFIED WITH mysql_native_password AS 'hunter2'
SET PASSWORD FOR 'a'@'b' = 'hunter2'
SET PASSWORD FOR 'a'@'b' = PASSWORD('hunter2')
SET PASSWORD = 'hunter2'
CHANGE MASTER TO MASTER_HOST='h', MASTER_USER='u', MASTER_PASSWORD='hunter2'
CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD = "hunter2"
DO $$ BEGIN EXECUTE 'ALTER ROLE x PASSWORD ''hunter2'''; END $$
DO $$ BEGIN ALTER ROLE x PASSWORD 'hunter2'; END $$
SELECT pgp_sym_encrypt(data, 'hunter2') FROM t
SELECT AES_ENCRYPT('hunter2', "hunter2")
UPDATE users SET password = crypt('hunter2', gen_salt('bf')) WHERE id = 1
SELECT * FROM users WHERE email = 'a@b' AND password = 'hunter2'
SELECT '{"token": "hunter2", "a": 1}'::jsonb
SELECT jsonb_build_object('password', 'hunter2', 'x', 'y')
SELECT note FROM t WHERE note = 'x\' AND password = 'hunter2'
parameter "primary_conninfo" changed to "host=h user=u password=hunter2"
host=h user=u password=hunter2
COPY t FROM 's3://bucket' CREDENTIALS 'aws_access_key_id=AK;aws_secret_access_key=hunter2'
LOAD DATA FROM S3 's3://k:hunter2@bucket/x'
""".strip().splitlines()

KEPT = r"""
SELECT * FROM a JOIN b ON a.password=b.password WHERE a.token = $1
SELECT id FROM password_resets WHERE created > '2024-01-01' AND token IS NULL
SELECT "password"."id" FROM "password" WHERE x = 'keep'
UPDATE users SET password = $1, note = 'keep' WHERE id = 7
SELECT 'the password is wrong', 'http://example.org/x'
SELECT 1
""".strip().splitlines()


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_masked(text: str) -> None:
    masked = mask(text)
    assert "hunter2" not in masked
    assert "***" in masked
    assert mask(masked) == masked


@pytest.mark.parametrize("text", KEPT)
def test_ordinary_statements_stay_as_they_are(text: str) -> None:
    assert mask(text) == text


def test_a_masked_statement_keeps_its_form() -> None:
    assert mask("ALTER ROLE a PASSWORD 'x' CONNECTION LIMIT 3") == "ALTER ROLE a PASSWORD '***' CONNECTION LIMIT 3"
    assert mask("ALTER ROLE a PASSWORD -- why\n 'x'") == "ALTER ROLE a PASSWORD -- why\n '***'"
    assert mask_optional(None) is None


@given(
    before=st.sampled_from(
        ["", "SELECT 1; ", "/* x */ ", "SELECT 'it''s'; ", "-- y\n", 'SELECT "a b"; ', "SELECT $$ ' $$; "]
    ),
    verb=st.sampled_from(["PASSWORD ", "password\n\t", "PassWord = ", "ENCRYPTED PASSWORD ", "IDENTIFIED BY "]),
    secret=st.text(st.characters(codec="utf-8", exclude_characters="'\\"), min_size=12, max_size=40),
    after=st.sampled_from(["", ";", " VALID UNTIL 'infinity'", ", note = 'keep'", "\n-- password\n"]),
)
def test_any_password_in_any_place(before: str, verb: str, secret: str, after: str) -> None:
    masked = mask(f"{before}ALTER USER u {verb}'{secret}'{after}")
    assert masked == f"{before}ALTER USER u {verb}'***'{after}"


@given(
    st.lists(
        st.sampled_from(
            ["password", "'", '"', "\\", "=", " ", "$$", "$a$", "/*", "*/", "--", "\n", "://", "@", ":", "x"]
        )
    )
)
@settings(max_examples=300)
def test_token_soup_never_fails_and_settles(parts: list[str]) -> None:
    text = mask("".join(parts))
    assert isinstance(text, str)


@pytest.mark.timeout(60)  # linear work takes a moment, quadratic work would take hours
@pytest.mark.parametrize(
    "unit",
    [
        *("password ", "password='", "'", "password\\'", "://a:", "://a:@", "/*password", "password=((", "$a$password"),
        *(
            "$$password ",
            "IDENTIFIED BY '",
            "aes_encrypt(",
            "password'a',",
            "x=1 password = ",
            '"password" \'',
            "\\",
            "a",
        ),
        *("crypt(pgp_sym_encrypt", "set password = ", "password for "),
    ],
)
def test_work_is_linear(unit: str) -> None:
    assert isinstance(mask((unit * 40_000)[:400_000] + " password 'x' host="), str)
