# The compiled tokeniser: lexer and normaliser in one pass over the bytes.
#
# It is `lexer.tokens` and `normal.Normal` again, token by token, in C; they hold the rules and the reasons. The two
# are fuzzed against each other: same text, same hashes, for any bytes. It allocates nothing but the scratch buffer
# (twice the text and a little: no token is written longer than itself and one space).
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memchr, memcmp, memcpy, memmove, memset

from advisor.fingerprint import hashing as _hashing
from advisor.fingerprint import words as _words

cdef enum Class:  # of a byte, where a token starts
    OTHER = 0
    SPACE = 1
    LETTER = 2
    DIGIT = 3
    APOSTROPHE = 4
    DOUBLE = 5
    BACKTICK = 6
    DOLLAR = 7
    MARK = 8
    FULLSTOP = 9
    COLON = 10
    QUESTION = 11
    PERCENT = 12
    AT = 13
    HASH = 14
    MINUS = 15
    SLASH = 16
    STAR = 17

cdef enum Kind:  # as in lexer and normal
    WORD = 1
    QUOTED = 2
    STRING = 3
    NUMBER = 4
    LITERAL = 5
    OPERATOR = 6
    LPAREN = 7
    RPAREN = 8
    LBRACKET = 9
    RBRACKET = 10
    COMMA = 11
    DOT = 12
    CAST = 13
    SEMICOLON = 14
    CASTED = 17
    KEYWORD = 19
    SIGN = 20
    KINDS = 21

cdef enum FrameKind:
    PLAIN = 0
    LIST = 1
    TUPLE = 2

cdef enum:
    DEPTH = 64
    # flags and identities of words.py (checked when the module is loaded)
    W_START = 1
    W_PAREN = 2
    W_TYPE_POSTGRESQL = 4
    W_TYPE_MYSQL = 8
    W_CONST = 16
    W_SUBQUERY = 32
    W_IN = 1
    W_VALUES = 2
    W_ARRAY = 3
    W_ROW = 4
    W_TO = 5
    W_CURRENT = 6
    W_OF = 7
    W_WITH = 8
    W_TIME = 9
    W_ZONE = 10
    W_TIMESTAMP = 11
    W_DEFAULT = 12
    W_FETCH = 20
    W_NAME = 22
    W_PREPARE = 25
    W_EXECUTE = 26
    W_DEALLOCATE = 27
    W_CALL = 28
    W_SET = 29
    W_DROP = 30
    ARGUMENTS = 40
    TABLE = 1024

cdef struct Entry:
    uint64_t low
    uint64_t high
    uint32_t flags

cdef struct Frame:
    int kind
    int rows
    int32_t count
    int kept
    Py_ssize_t opened
    Py_ssize_t start
    Py_ssize_t at[4]
    Py_ssize_t size[4]

cdef struct State:
    uint8_t* out
    Py_ssize_t o
    int before
    int frames          # how many are open; the last is frame[frames - 1]
    int deep
    int mode
    int started
    int word
    int current
    int type
    int type_time
    int type_before
    Py_ssize_t type_at
    int sign_before
    Py_ssize_t sign_at
    int negative
    Py_ssize_t set_start
    Py_ssize_t set_tokens
    int set_literal
    int postgresql
    int semicolon
    int continues
    uint32_t last_value
    uint64_t literals_before
    int nliterals       # literal values so far, at most 5
    Keyed* keyed
    Frame frame[DEPTH]

cdef uint64_t K1 = <uint64_t>0x9E3779B97F4A7C15
cdef uint64_t K2 = <uint64_t>0xD6E8FEB86659FD93
cdef uint8_t CLASS[256]
cdef uint8_t IDENT[256]
cdef uint8_t TAGKEY[256]
cdef uint8_t PGOP[256]
cdef uint8_t FOLLOWS[256]
cdef uint8_t HEX[256]
cdef uint8_t SPACED[KINDS][KINDS]
cdef uint32_t CRC[8][256]
cdef Entry WORDS[TABLE]
cdef int KEEP[32]
cdef int ONCE[32]
cdef uint32_t MINUS_HASH = 0

include "_hash.pxi"
include "_write.pxi"
include "_lists.pxi"
include "_words.pxi"
include "_scan.pxi"
include "_tables.pxi"


cdef int tokenise(const uint8_t* sql, Py_ssize_t n, int dialect, Scratch* scratch, Keyed* out) noexcept nogil:
    cdef State state
    cdef State* s = &state
    cdef Py_ssize_t i = 0, start, end, inner, inner_end = 0, need = 2 * n + 64, before_end = -1
    cdef uint8_t* grown
    cdef int c, k, d, kind = 0, before = 0, value_end = 0, brackets = 0, in_version = 0, named_dot = 0, is_word = 0
    cdef int was_value_end, next_named_dot
    cdef uint32_t flags, type_flag
    cdef Frame* f
    cdef bint mysql = dialect == MYSQL, postgresql = dialect == POSTGRESQL, sqlite = dialect == SQLITE
    if scratch.capacity < need:
        need += need >> 1
        grown = <uint8_t*>realloc(scratch.data, need)
        if grown == NULL:
            return -1
        scratch.data = grown
        scratch.capacity = need
    memset(out, 0, sizeof(Keyed))
    out.tag_start = -1
    out.tag_end = -1
    s.out = scratch.data
    s.o = 0
    s.before = 0
    s.type_at = 0
    s.type_before = 0
    s.sign_before = 0
    s.set_tokens = 0
    s.set_literal = 0
    s.negative = 0
    s.semicolon = 0
    s.continues = 0
    s.last_value = 0
    s.literals_before = 0
    s.nliterals = 0
    s.keyed = out
    s.postgresql = postgresql
    type_flag = W_TYPE_POSTGRESQL if postgresql else W_TYPE_MYSQL if mysql else 0
    reset(s)
    while i < n:
        c = sql[i]
        k = CLASS[c]
        if k == SPACE:
            i += 1
            continue
        start = i
        inner = i
        kind = 0
        d = sql[i + 1] if i + 1 < n else -1
        # 1. Which token, and where does it end?
        if mysql and named_dot and before_end == i and IDENT[c]:
            end = i + 1
            while end < n and IDENT[sql[end]]:
                end += 1
            kind = WORD
        elif k == LETTER:
            if d == 39:
                if postgresql and c | 32 == 101:
                    inner = i + 2
                    inner_end = string_end(sql, inner, n, 39, 1)
                    kind = STRING
                elif c | 32 == 120 or (not sqlite and (c | 32 == 98 or c | 32 == 110)):
                    inner = i + 2
                    inner_end = string_end(sql, inner, n, 39, mysql)
                    kind = STRING
            elif postgresql and d == 38 and c | 32 == 117 and i + 2 < n:
                if sql[i + 2] == 39:
                    inner = i + 3
                    inner_end = string_end(sql, inner, n, 39, 0)
                    kind = STRING
                elif sql[i + 2] == 34:
                    inner = i + 3
                    inner_end = string_end(sql, inner, n, 34, 0)
                    kind = QUOTED
            if kind == 0:
                kind = WORD
                end = i + 1
                while end < n and IDENT[sql[end]]:
                    end += 1
                if mysql and c == 95 and end < n and end > i + 1 and (sql[end] == 39 or sql[end] == 34):
                    inner = i + 1
                    while inner < end and IDENT[sql[inner]] == 1 and sql[inner] < 128:
                        inner += 1
                    if inner == end:
                        c = sql[end]
                        inner = end + 1
                        inner_end = string_end(sql, inner, n, c, 1)
                        kind = STRING
            if kind == STRING:
                end = inner_end + 1 if inner_end < n else n
            elif kind == QUOTED:
                end = inner_end + 1
                if inner_end >= n:
                    kind = STRING
                    end = n
        elif k == MARK:
            end = i + 1
            if c == 44:
                kind = COMMA
            elif c == 40:
                kind = LPAREN
            elif c == 41:
                kind = RPAREN
            elif c == 59:
                kind = SEMICOLON
            elif c == 91:
                if sqlite:
                    inner = i + 1
                    inner_end = find(sql, inner, n, 93)
                    kind = QUOTED if inner_end < n else STRING
                    end = inner_end + 1 if inner_end < n else n
                else:
                    kind = LBRACKET
            else:
                kind = RBRACKET
        elif k == DIGIT:
            end = number_end(sql, i, n, mysql, &is_word)
            kind = WORD if is_word else NUMBER
        elif k == FULLSTOP:
            if d >= 48 and d <= 57 and not (
                    before_end == i and value_end and (before == WORD or before == QUOTED or before == LITERAL)):
                end = number_end(sql, i, n, mysql, &is_word)
                kind = NUMBER
            else:
                end = i + 1
                kind = DOT if value_end or before == WORD else OPERATOR
        elif k == APOSTROPHE or (k == DOUBLE and mysql):
            inner = i + 1
            inner_end = string_end(sql, inner, n, c, mysql)
            end = inner_end + 1 if inner_end < n else n
            kind = STRING
        elif k == DOUBLE or (k == BACKTICK and not postgresql):
            inner = i + 1
            inner_end = string_end(sql, inner, n, c, 0)
            kind = QUOTED if inner_end < n else STRING
            end = inner_end + 1 if inner_end < n else n
        elif k == MINUS:
            if d == 45 and (not mysql or i + 2 >= n or sql[i + 2] <= 32):
                end = line_end(sql, i, n)
                if is_tag(sql, i + 2, end):
                    out.tag_start = i + 2
                    out.tag_end = end
                i = end
                continue
            end = operator_end(sql, i, n, dialect)
            kind = OPERATOR
        elif k == SLASH:
            if d == 42:
                if mysql and i + 2 < n and (sql[i + 2] == 33 or (sql[i + 2] == 77 and i + 3 < n and sql[i + 3] == 33)):
                    i += 3 if sql[i + 2] == 33 else 4
                    end = i
                    while end < n and end < i + 6 and CLASS[sql[end]] == DIGIT:
                        end += 1
                    if end - i >= 5:
                        i = end
                    in_version = 1
                    continue
                end = comment_end(sql, i + 2, n, postgresql, &inner_end)
                if is_tag(sql, i + 2, inner_end):
                    out.tag_start = i + 2
                    out.tag_end = inner_end
                i = end
                continue
            end = operator_end(sql, i, n, dialect)
            kind = OPERATOR
        elif k == HASH and mysql:
            end = line_end(sql, i, n)
            if is_tag(sql, i + 1, end):
                out.tag_start = i + 1
                out.tag_end = end
            i = end
            continue
        elif k == DOLLAR:
            if mysql:
                end = i + 1
                while end < n and IDENT[sql[end]]:
                    end += 1
                kind = WORD
            elif postgresql:
                if d >= 48 and d <= 57:
                    end = i + 2
                    while end < n and CLASS[sql[end]] == DIGIT:
                        end += 1
                    kind = LITERAL
                else:
                    end = i + 1
                    while end < n and IDENT[sql[end]] == 1:
                        end += 1
                    if end < n and sql[end] == 36:
                        inner = end + 1
                        inner_end = dollar_end(sql, i, inner, n)
                        end = inner_end + (inner - i) if inner_end < n else n
                        kind = STRING
                    else:
                        end = i + 1
                        kind = OPERATOR
            else:
                end = i + 1
                while end < n and IDENT[sql[end]]:
                    end += 1
                kind = LITERAL if end > i + 1 else OPERATOR
        elif k == QUESTION:
            end = i + 1
            kind = LITERAL
            if sqlite:
                while end < n and CLASS[sql[end]] == DIGIT:
                    end += 1
            elif postgresql and value_end:
                if (d == 124 and not (i + 2 < n and sql[i + 2] == 124)) or d == 38:
                    end = i + 2
                    kind = OPERATOR
                else:
                    inner = end
                    while inner < n and CLASS[sql[inner]] == SPACE:
                        inner += 1
                    if inner < n and FOLLOWS[sql[inner]]:
                        kind = OPERATOR
        elif k == COLON:
            if d == 58:
                if STRING <= before <= LITERAL or before == CASTED:
                    end = casted_end(sql, i + 2, n)
                    if end >= 0:
                        before = CASTED
                        before_end = end
                        value_end = 1
                        named_dot = 0
                        s.continues = 0
                        i = end
                        continue
                end = i + 2
                kind = CAST
            elif d >= 0 and IDENT[d] == 1 and d < 128:
                end = i + 1
                if value_end and brackets > 0:
                    kind = OPERATOR
                else:
                    kind = LITERAL
                    while end < n and IDENT[sql[end]] == 1 and sql[end] < 128:
                        end += 1
            else:
                end = operator_end(sql, i, n, dialect)
                kind = OPERATOR
        elif k == PERCENT:
            if d == 115 and not (i + 2 < n and IDENT[sql[i + 2]]):
                end = i + 1 if value_end else i + 2
                kind = OPERATOR if value_end else LITERAL
            else:
                if d == 40:
                    end = i + 2
                    while end < n and end < i + 67 and (TAGKEY[sql[end]] and sql[end] != 37 and sql[end] != 45):
                        end += 1
                    if end > i + 2 and end <= i + 66 and end + 1 < n and sql[end] == 41 and sql[end + 1] == 115:
                        end += 2
                        kind = LITERAL
                if kind == 0:
                    end = operator_end(sql, i, n, dialect)
                    kind = OPERATOR
        elif k == AT and not postgresql:
            end = i + 1
            if mysql and end < n and sql[end] == 64:
                end += 1
            inner = end
            while end < n and (IDENT[sql[end]] or (
                    mysql and end > inner and sql[end] == 46 and end + 1 < n and IDENT[sql[end + 1]])):
                end += 1
            if end == inner:
                end = i + 1
                kind = OPERATOR
            else:
                kind = WORD if mysql else LITERAL
        elif k == STAR and in_version and d == 47:
            in_version = 0
            i += 2
            continue
        else:
            end = operator_end(sql, i, n, dialect)
            kind = OPERATOR
        i = end
        # 2. What does it do to the text?
        if kind == SEMICOLON:
            end_statement(s)
            reset(s)
            s.semicolon = 1
            s.continues = 0
            value_end = 0
            brackets = 0
            named_dot = 0
            before = SEMICOLON
            before_end = end
            continue
        if s.semicolon:
            s.semicolon = 0
            if s.o > 0:
                s.out[s.o] = 59
                s.o += 1
                s.before = SEMICOLON
        f = &s.frame[s.frames - 1]
        was_value_end = value_end
        next_named_dot = 0
        if kind == WORD:
            flags = write_word(s, sql + start, end - start, n - start, value_end, type_flag)
            value_end = not flags & W_START
            s.continues = 0
        else:
            if f.rows and not s.deep and kind != LPAREN and kind != COMMA:
                f.rows = 0
            if kind != LPAREN and not (kind == OPERATOR and sql[start] == 123):  # JDBC's "{call"
                s.started = 1
            if kind == STRING:
                string_value(s, sql, start, inner, inner_end, dialect)
                value_end = 1
                s.continues = 1
            else:
                s.continues = 0
                value_end = 1
                if kind == NUMBER:
                    unsign(s)
                    value(s, crc(sql + start, end - start, MINUS_HASH if s.negative else 0))
                    literal(s)
                elif kind == LITERAL:
                    unsign(s)
                    literal(s)
                elif kind == QUOTED:
                    if (s.mode and s.mode < 32 and KEEP[s.mode] >= 0) or s.current == 2:
                        unsign(s)
                        literal(s)
                    else:
                        put_raw(s, QUOTED, sql + start, end - start)
                elif kind == RPAREN:
                    close_paren(s, RPAREN, 41)
                elif kind == RBRACKET:
                    close_paren(s, RBRACKET, 93)
                    if brackets > 0:
                        brackets -= 1
                else:
                    value_end = 0
                    if kind == OPERATOR:
                        write_operator(s, sql + start, end - start, was_value_end)
                    elif kind == COMMA:
                        comma(s)
                    elif kind == LPAREN:
                        open_paren(s)
                    elif kind == LBRACKET:
                        open_bracket(s)
                        brackets += 1
                    elif kind == DOT:
                        put(s, DOT, 46)
                        next_named_dot = before_end == start and (before == WORD or before == QUOTED or before == LITERAL)
                    else:
                        put_raw(s, CAST, <const uint8_t*>b"::", 2)
                s.word = 0
                s.current = 0
                s.type = 0
        named_dot = next_named_dot
        before = kind
        before_end = end
    end_statement(s)
    out.length = s.o
    out.key = hash_text(s.out, s.o)
    return 0


cdef int tokenise_parameters(const uint8_t* text, Py_ssize_t n, Keyed* out) noexcept nogil:
    cdef Py_ssize_t i = 0, end
    cdef int count = 0
    cdef uint32_t c
    memset(out, 0, sizeof(Keyed))
    out.tag_start = -1
    out.tag_end = -1
    while i < n:
        i = find(text, i, n, 61)  # "$1 = "
        i += 1
        while i < n and CLASS[text[i]] == SPACE:
            i += 1
        if i >= n:
            break
        if text[i] == 39:
            end = string_end(text, i + 1, n, 39, 0)
            c = crc(text + i + 1, end - i - 1, 0)
            i = end + 1
        else:
            end = i
            while end < n and text[end] != 44:
                end += 1
            if end - i == 4 and memcmp(text + i, <const uint8_t*>b"NULL", 4) == 0:
                c = crc(<const uint8_t*>b"\0NULL", 5, 0)
            else:
                c = crc(text + i, end - i, 0)
            i = end
        out.literals = combine(out.literals, c)
        if count < 4:
            out.keys[count] = c if c != 0 else 1
            count += 1
    return 0


cdef void scratch_free(Scratch* scratch) noexcept nogil:
    free(scratch.data)
    scratch.data = NULL
    scratch.capacity = 0


# Python

_DIALECTS = {"postgresql": POSTGRESQL, "mysql": MYSQL, "sqlite": SQLITE}


def normalise(const uint8_t[::1] sql, str dialect):
    """The normalised text of a statement, as bytes."""
    cdef Scratch scratch
    cdef Keyed keyed
    cdef const uint8_t* p = &sql[0] if sql.shape[0] else NULL
    scratch.data = NULL
    scratch.capacity = 0
    try:
        if tokenise(p, sql.shape[0], _DIALECTS[dialect], &scratch, &keyed) < 0:
            raise MemoryError
        return (<char*>scratch.data)[:keyed.length]
    finally:
        scratch_free(&scratch)


def key(const uint8_t[::1] sql, str dialect):
    """(shape key, literals hash, four value hashes, longest list, (start, end) of the tag or None)."""
    cdef Scratch scratch
    cdef Keyed keyed
    cdef const uint8_t* p = &sql[0] if sql.shape[0] else NULL
    scratch.data = NULL
    scratch.capacity = 0
    try:
        if tokenise(p, sql.shape[0], _DIALECTS[dialect], &scratch, &keyed) < 0:
            raise MemoryError
    finally:
        scratch_free(&scratch)
    tag = (keyed.tag_start, keyed.tag_end) if keyed.tag_start >= 0 else None
    return keyed.key, keyed.literals, (keyed.keys[0], keyed.keys[1], keyed.keys[2], keyed.keys[3]), keyed.in_count, tag


def key_parameters(const uint8_t[::1] text):
    """(literals hash, four value hashes) of a list of bound parameters."""
    cdef Keyed keyed
    cdef const uint8_t* p = &text[0] if text.shape[0] else NULL
    tokenise_parameters(p, text.shape[0], &keyed)
    return keyed.literals, (keyed.keys[0], keyed.keys[1], keyed.keys[2], keyed.keys[3])


def throughput(list texts, str dialect, int rounds):
    """Tokenise all texts ``rounds`` times without touching Python objects in between; returns the bytes read."""
    cdef Scratch scratch
    cdef Keyed keyed
    cdef bytes joined = b"".join(texts)
    cdef const uint8_t* p = <const uint8_t*>(<char*>joined)
    cdef Py_ssize_t total = 0, offset, size
    cdef int code = _DIALECTS[dialect], r
    scratch.data = NULL
    scratch.capacity = 0
    sizes = [len(text) for text in texts]
    for r in range(rounds):
        offset = 0
        for size in sizes:
            tokenise(p + offset, size, code, &scratch, &keyed)
            offset += size
        total += offset
    scratch_free(&scratch)
    return total
