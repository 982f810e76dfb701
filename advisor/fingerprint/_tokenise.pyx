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


# Hashes

cdef inline uint64_t load8(const uint8_t* p) noexcept nogil:
    cdef uint64_t w
    memcpy(&w, p, 8)
    return w


cdef inline uint64_t load_part(const uint8_t* p, Py_ssize_t n) noexcept nogil:
    """The first n < 8 bytes, zero-padded, without reading past them."""
    cdef uint64_t w = 0
    cdef Py_ssize_t i
    for i in range(n):
        w |= <uint64_t>p[i] << (8 * i)
    return w


cdef uint64_t hash_text(const uint8_t* p, Py_ssize_t n) noexcept nogil:
    """hashing.shape_key."""
    cdef uint64_t h = <uint64_t>n * K1
    while n >= 8:
        h = (h ^ load8(p)) * K2
        h ^= h >> 32
        p += 8
        n -= 8
    if n > 0:
        h = (h ^ load_part(p, n)) * K2
        h ^= h >> 32
    h *= K1
    h ^= h >> 29
    h *= K2
    return h ^ (h >> 32)


cdef uint32_t crc(const uint8_t* p, Py_ssize_t n, uint32_t c) noexcept nogil:
    """CRC-32 as zlib's, eight bytes a step."""
    cdef uint64_t w
    c = ~c
    while n >= 8:
        w = load8(p) ^ c
        c = (CRC[7][w & 255] ^ CRC[6][(w >> 8) & 255] ^ CRC[5][(w >> 16) & 255] ^ CRC[4][(w >> 24) & 255]
             ^ CRC[3][(w >> 32) & 255] ^ CRC[2][(w >> 40) & 255] ^ CRC[1][(w >> 48) & 255] ^ CRC[0][w >> 56])
        p += 8
        n -= 8
    while n > 0:
        c = CRC[0][(c ^ p[0]) & 255] ^ (c >> 8)
        p += 1
        n -= 1
    return ~c


cdef inline uint64_t combine(uint64_t h, uint32_t value) noexcept nogil:
    h = (h ^ (value if value != 0 else 1)) * K2
    return h ^ (h >> 32)


# Writing

cdef inline void put_space(State* s, int kind) noexcept nogil:
    if SPACED[s.before][kind]:
        s.out[s.o] = 32
        s.o += 1
    s.before = kind
    s.set_tokens += 1


cdef inline void put(State* s, int kind, uint8_t byte) noexcept nogil:
    put_space(s, kind)
    s.out[s.o] = byte
    s.o += 1


cdef inline void put_raw(State* s, int kind, const uint8_t* p, Py_ssize_t n) noexcept nogil:
    put_space(s, kind)
    memcpy(s.out + s.o, p, n)
    s.o += n


cdef inline void named(State* s) noexcept nogil:
    if s.mode < 32 and ONCE[s.mode]:
        s.mode = ARGUMENTS if s.mode == W_EXECUTE else 0


cdef inline void literal(State* s) noexcept nogil:
    named(s)
    put(s, LITERAL, 63)


cdef inline void unsign(State* s) noexcept nogil:
    cdef Py_ssize_t i
    s.negative = 0
    if s.before == SIGN:
        for i in range(s.sign_at, s.o):
            if s.out[i] == 45:
                s.negative ^= 1
        s.o = s.sign_at
        s.before = s.sign_before


cdef inline void value(State* s, uint32_t c) noexcept nogil:
    cdef Keyed* k = s.keyed
    s.literals_before = k.literals
    k.literals = combine(k.literals, c)
    if s.nliterals < 4:
        k.keys[s.nliterals] = c if c != 0 else 1
    if s.nliterals < 5:
        s.nliterals += 1
    s.last_value = c


cdef void string_value(State* s, const uint8_t* sql, Py_ssize_t start, Py_ssize_t inner, Py_ssize_t end,
                       int dialect) noexcept nogil:
    cdef uint32_t c
    if s.continues and dialect != SQLITE and inner == start + 1 and (sql[start] == 39 or sql[start] == 34):
        c = crc(sql + inner, end - inner, s.last_value)
        s.keyed.literals = combine(s.literals_before, c)
        if s.nliterals <= 4:
            s.keyed.keys[s.nliterals - 1] = c if c != 0 else 1
        s.last_value = c
        return
    if s.type == 1 or s.type == 4:
        s.o = s.type_at
        s.before = s.type_before
    unsign(s)
    value(s, crc(sql + inner, end - inner, MINUS_HASH if s.negative else 0))
    literal(s)
    s.word = 0
    s.current = 0
    s.type = 0


# Settings

cdef inline void set_value(State* s) noexcept nogil:
    s.set_start = s.o + 1
    s.set_tokens = 0
    s.set_literal = 0


cdef void end_set_value(State* s) noexcept nogil:
    cdef Py_ssize_t start = s.set_start
    cdef int is_literal
    if start < 0:
        return
    s.set_start = -1
    if s.set_tokens == 1 and (s.before == QUOTED or (
            (s.before == WORD or s.before == KEYWORD) and s.out[start] != 64 and s.word != W_DEFAULT)):
        s.out[start] = 63
        s.o = start + 1
    is_literal = s.set_tokens == 1 and s.o == start + 1 and s.out[start] == 63
    if is_literal and s.set_literal:
        s.o = start - 2
    s.set_literal = is_literal


# Lists

cdef inline Py_ssize_t text_at(const uint8_t* p, Py_ssize_t i, Py_ssize_t n, const char* text, Py_ssize_t size) noexcept nogil:
    """Where the text ends if it stands at i, else -1."""
    if n - i >= size and memcmp(p + i, text, size) == 0:
        return i + size
    return -1


cdef Py_ssize_t word_constant(const uint8_t* p, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    if i >= n:
        return -1
    if p[i] == 63:
        return i + 1
    j = text_at(p, i, n, b"null", 4)
    if j < 0:
        j = text_at(p, i, n, b"true", 4)
    if j < 0:
        j = text_at(p, i, n, b"false", 5)
    if j < 0:
        j = text_at(p, i, n, b"default", 7)
    return j


cdef Py_ssize_t type_part(const uint8_t* p, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    if i >= n:
        return -1
    if p[i] == 34:
        i += 1
        while i < n:
            if p[i] == 34:
                if i + 1 < n and p[i + 1] == 34:
                    i += 2
                    continue
                return i + 1
            i += 1
        return -1
    if not (97 <= p[i] <= 122 or p[i] == 95 or p[i] >= 128):
        return -1
    i += 1
    while i < n and IDENT[p[i]] and not 65 <= p[i] <= 90:
        i += 1
    return i


cdef Py_ssize_t type_name(const uint8_t* p, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    i = type_part(p, i, n)
    if i < 0:
        return -1
    if i < n and p[i] == 46:
        j = type_part(p, i + 1, n)
        if j >= 0:
            i = j
    j = text_at(p, i, n, b" precision", 10)
    if j < 0:
        j = text_at(p, i, n, b" varying", 8)
    if j >= 0:
        i = j
    j = text_at(p, i, n, b"(?)", 3)
    if j < 0:
        j = text_at(p, i, n, b"(?, ?)", 6)
    if j >= 0:
        i = j
    j = text_at(p, i, n, b" with time zone", 15)
    if j < 0:
        j = text_at(p, i, n, b" without time zone", 18)
    if j >= 0:
        i = j
    while True:
        j = text_at(p, i, n, b"[]", 2)
        if j < 0:
            j = text_at(p, i, n, b"[?]", 3)
        if j < 0:
            return i
        i = j


cdef Py_ssize_t casts(const uint8_t* p, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t j
    while True:
        j = text_at(p, i, n, b"::", 2)
        if j < 0:
            return i
        j = type_name(p, j, n)
        if j < 0:
            return i
        i = j


cdef int constant(const uint8_t* p, Py_ssize_t n) noexcept nogil:
    """normal._CONSTANT."""
    cdef Py_ssize_t i = text_at(p, 0, n, b"interval ?", 10)
    if i < 0:
        i = word_constant(p, 0, n)
    if i < 0:
        i = text_at(p, 0, n, b"cast(", 5)
        if i < 0:
            return 0
        i = word_constant(p, i, n)
        if i < 0:
            return 0
        i = casts(p, i, n)
        i = text_at(p, i, n, b" as ", 4)
        if i < 0:
            return 0
        i = type_name(p, i, n)
        if i < 0:
            return 0
        i = text_at(p, i, n, b")", 1)
        if i < 0:
            return 0
    return casts(p, i, n) == n


cdef inline void drop_or_keep(State* s, Frame* f, Py_ssize_t start, Py_ssize_t n) noexcept nogil:
    cdef int i, kept = f.kept if f.kept < 4 else 4
    for i in range(kept):
        if f.size[i] == n and memcmp(s.out + f.at[i], s.out + start, n) == 0:
            s.o = start - 2
            return
    i = f.kept & 3
    f.at[i] = start
    f.size[i] = n
    f.kept = f.kept + 1 if f.kept < 7 else 4  # a ring of four: 4..7 stand for "full, next is 0..3"


cdef inline void finish(State* s, Frame* f, int drop) noexcept nogil:
    cdef Py_ssize_t start = f.start, n = s.o - start
    if n <= 0:
        return
    if n > 1 and constant(s.out + start, n):
        s.out[start] = 63
        s.o = start + 1
        n = 1
    elif n == 1 and s.out[start] != 63 and constant(s.out + start, n):
        s.out[start] = 63
    f.count += 1
    if drop:
        drop_or_keep(s, f, start, n)


cdef inline void push(State* s, int kind, int token, uint8_t mark) noexcept nogil:
    cdef Frame* f
    put(s, token, mark)
    f = &s.frame[s.frames]
    s.frames += 1
    f.kind = kind
    f.rows = 0
    f.count = 0
    f.kept = 0
    f.opened = s.o - 1
    f.start = s.o


cdef void open_paren(State* s) noexcept nogil:
    cdef Frame* f
    cdef int kind = PLAIN, b = s.before
    if s.deep or s.frames == DEPTH:
        s.deep += 1
        put(s, LPAREN, 40)
        return
    f = &s.frame[s.frames - 1]
    if f.rows == 1:
        kind = TUPLE
    elif s.word == W_IN:
        kind = LIST
    elif s.mode == ARGUMENTS and (b == WORD or b == KEYWORD or b == QUOTED or b == LITERAL):
        kind = LIST
        s.mode = 0
    elif f.kind != PLAIN and (b == LPAREN or b == LBRACKET or b == COMMA):
        kind = TUPLE
    elif f.rows == 2:
        f.rows = 0
    push(s, kind, LPAREN, 40)
    if f.rows == 1 and f.start >= 0:
        s.frame[s.frames - 1].opened = f.start
        f.start = -1


cdef void open_bracket(State* s) noexcept nogil:
    cdef int kind = PLAIN
    if s.deep or s.frames == DEPTH:
        s.deep += 1
        put(s, LBRACKET, 91)
        return
    if s.word == W_ARRAY or (s.frame[s.frames - 1].kind == LIST and (s.before == LBRACKET or s.before == COMMA)):
        kind = LIST
    push(s, kind, LBRACKET, 91)


cdef void close_paren(State* s, int token, uint8_t mark) noexcept nogil:
    cdef Frame* f
    if s.deep:
        s.deep -= 1
        put(s, token, mark)
        return
    if s.frames == 1:
        put(s, token, mark)
        return
    s.frames -= 1
    f = &s.frame[s.frames]
    if f.kind != PLAIN:
        finish(s, f, f.kind == LIST)
        if f.kind == LIST and f.count > s.keyed.in_count:
            s.keyed.in_count = f.count
    put(s, token, mark)
    cdef Py_ssize_t opened = f.opened
    f = &s.frame[s.frames - 1]
    if f.rows == 1:
        f.rows = 2
        f.count += 1
        if f.count > s.keyed.in_count:
            s.keyed.in_count = f.count
        drop_or_keep(s, f, opened, s.o - opened)


cdef void comma(State* s) noexcept nogil:
    cdef Frame* f = &s.frame[s.frames - 1]
    cdef int setting, is_literal = 0
    if s.deep:
        put(s, COMMA, 44)
        return
    if f.kind != PLAIN:
        finish(s, f, f.kind == LIST)
        f.rows = 0
        put(s, COMMA, 44)
        f.start = s.o + 1
        return
    setting = s.set_start >= 0 and s.frames == 1
    if setting:
        end_set_value(s)
        is_literal = s.set_literal
    put(s, COMMA, 44)
    f.rows = 1 if f.rows == 2 else 0
    if setting and s.postgresql:
        set_value(s)
        s.set_literal = is_literal


cdef void end_statement(State* s) noexcept nogil:
    cdef int i
    cdef Frame* f
    for i in range(1, s.frames):
        f = &s.frame[i - 1]
        if f.rows == 1 and f.kept:
            s.o = s.frame[i].opened - 2
            return
    if s.deep:
        return
    f = &s.frame[s.frames - 1]
    if s.before == COMMA and (f.kind != PLAIN or f.rows == 1) and s.o > 0 and s.out[s.o - 1] == 44:
        while s.o > 0 and s.out[s.o - 1] == 44:
            s.o -= 1
    else:
        for i in range(s.frames - 1, 0, -1):
            if s.frame[i].kind != PLAIN:
                finish(s, &s.frame[i], s.frame[i].kind == LIST)
    for i in range(1, s.frames):
        if s.frame[i].kind == LIST and s.frame[i].count > s.keyed.in_count:
            s.keyed.in_count = s.frame[i].count
    if s.frames == 1:
        end_set_value(s)


cdef void reset(State* s) noexcept nogil:
    s.frames = 1
    s.frame[0].kind = PLAIN
    s.frame[0].rows = 0
    s.frame[0].count = 0
    s.frame[0].kept = 0
    s.frame[0].opened = 0
    s.frame[0].start = -1
    s.deep = 0
    s.mode = 0
    s.started = 0
    s.word = 0
    s.current = 0
    s.type = 0
    s.type_time = 0
    s.sign_at = -1
    s.set_start = -1


# Words

cdef inline uint32_t lookup(uint64_t low, uint64_t high) noexcept nogil:
    cdef uint64_t slot = ((low * K1) ^ (high * K2)) >> 54
    while WORDS[slot].low:
        if WORDS[slot].low == low and WORDS[slot].high == high:
            return WORDS[slot].flags
        slot = (slot + 1) & (TABLE - 1)
    return 0


cdef inline uint64_t lower8(uint64_t w) noexcept nogil:
    """Lower-case the ASCII capitals among eight bytes."""
    cdef uint64_t seven = w & <uint64_t>0x7F7F7F7F7F7F7F7F
    cdef uint64_t above = seven + <uint64_t>0x2525252525252525
    cdef uint64_t from_a = seven + <uint64_t>0x3F3F3F3F3F3F3F3F
    return w | (((~w) & <uint64_t>0x8080808080808080 & (from_a ^ above)) >> 2)


cdef inline void put_lower(State* s, int kind, const uint8_t* p, Py_ssize_t n, Py_ssize_t readable) noexcept nogil:
    """Write a word; `readable` bytes may be read from p. Writes up to seven bytes past it, into the slack."""
    cdef Py_ssize_t i = 0
    cdef uint64_t w
    put_space(s, kind)
    cdef uint8_t* out = s.out + s.o
    while i + 8 <= readable and i < n:
        w = lower8(load8(p + i))
        memcpy(out + i, &w, 8)
        i += 8
    while i < n:
        out[i] = p[i] | 32 if 65 <= p[i] <= 90 else p[i]
        i += 1
    s.o += n


cdef uint32_t write_word(State* s, const uint8_t* p, Py_ssize_t n, Py_ssize_t readable, int value_end,
                         uint32_t type_flag) noexcept nogil:
    cdef uint64_t low = 0, high = 0, caps = <uint64_t>0x2020202020202020
    cdef uint32_t flags = 0
    cdef int identity, type_before, mode = s.mode
    cdef Py_ssize_t type_at
    cdef Frame* f = &s.frame[s.frames - 1]
    if n <= 16:
        if readable >= 16:
            if n <= 8:
                low = load8(p) | caps
                if n < 8:
                    low &= (<uint64_t>1 << (8 * n)) - 1
            else:
                low = load8(p) | caps
                high = load8(p + 8) | caps
                if n < 16:
                    high &= (<uint64_t>1 << (8 * (n - 8))) - 1
        elif n < 8:
            low = (load_part(p, n) | caps) & ((<uint64_t>1 << (8 * n)) - 1)
        elif n == 8:
            low = load8(p) | caps
        else:
            low = load8(p) | caps
            if n < 16:
                high = (load_part(p + 8, n - 8) | caps) & ((<uint64_t>1 << (8 * (n - 8))) - 1)
            else:
                high = load8(p + 8) | caps
        flags = lookup(low, high)
    identity = (flags >> 8) & 255
    if not s.deep:
        if f.rows and not (identity == W_ROW and f.rows == 1):
            f.rows = 0
        if flags & W_SUBQUERY and s.before == LPAREN and f.kind != PLAIN:
            f.kind = PLAIN
    if not s.started:
        s.started = 1
        if identity >= W_FETCH:
            s.mode = ARGUMENTS if identity == W_CALL else identity
    elif mode:
        if mode < 32 and KEEP[mode] >= 0 and not flags & KEEP[mode]:
            unsign(s)
            literal(s)
            s.word = 0
            s.current = 0
            s.type = 0
            return flags
        if s.current == 2:
            unsign(s)
            put(s, LITERAL, 63)
            s.word = 0
            s.current = 0
            s.type = 0
            return flags
        if mode == W_DROP:
            s.mode = W_NAME if identity == W_PREPARE else 0
    elif s.current == 2:
        unsign(s)
        put(s, LITERAL, 63)
        s.word = 0
        s.current = 0
        s.type = 0
        return flags
    type_at = s.o
    type_before = s.before
    put_lower(s, KEYWORD if flags & W_PAREN else WORD, p, n, readable)
    if flags == 0:
        s.word = 0
        s.current = 0
        s.type = 0
        return 0
    s.word = identity
    if flags & W_CONST and not s.deep and f.kind != PLAIN:
        s.keyed.literals = combine(s.keyed.literals, crc(s.out + s.o - n, n, 0))
    if identity == W_ROW and f.rows and not s.deep:
        f.start = s.o - 3
    elif identity == W_VALUES and not s.deep:
        f.rows = 1
        f.count = 0
        f.kept = 0
        f.start = -1
    elif identity == W_TO and mode == W_SET and s.set_start < 0 and s.frames == 1 and not s.deep:
        set_value(s)
    s.current = 1 if identity == W_CURRENT else 2 if identity == W_OF and s.current == 1 else 0
    if flags & type_flag and not value_end and type_before != DOT and s.type != 2:
        s.type = 1
        s.type_at = type_at
        s.type_before = type_before
        s.type_time = identity == W_TIME or identity == W_TIMESTAMP
    elif s.type == 1 and s.type_time and identity == W_WITH:
        s.type = 2
    elif s.type == 2 and identity == W_TIME:
        s.type = 3
    elif s.type == 3 and identity == W_ZONE:
        s.type = 4
    else:
        s.type = 0
    return flags


cdef void write_operator(State* s, const uint8_t* p, Py_ssize_t n, int value_end) noexcept nogil:
    if n == 1 and (p[0] == 45 or p[0] == 43) and s.before != DOT and (not value_end or s.mode == W_FETCH):
        if s.before != SIGN:
            s.sign_at = s.o
            s.sign_before = s.before
        put(s, SIGN, p[0])
        return
    if n == 1 and p[0] == 63:
        named(s)
    put_raw(s, OPERATOR, p, n)
    if s.mode == W_SET and s.set_start < 0 and s.frames == 1 and not s.deep:
        if (n == 1 and p[0] == 61) or (n == 2 and p[0] == 58 and p[1] == 61):
            set_value(s)


# Reading

cdef inline Py_ssize_t find(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n, int byte) noexcept nogil:
    """Position of the byte from i on, n when there is none."""
    cdef const uint8_t* at
    if i >= n:
        return n
    at = <const uint8_t*>memchr(sql + i, byte, n - i)
    return n if at == NULL else at - sql


cdef inline Py_ssize_t string_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n, int quote, int backslash) noexcept nogil:
    """Position of the closing quote of content that starts at i, n when there is none."""
    cdef Py_ssize_t q
    while i < n:
        q = find(sql, i, n, quote)
        if backslash:
            i = find(sql, i, q, 92)
            if i < q:  # an escape: it may hide the quote
                i += 2
                while i < n and sql[i] != quote and sql[i] != 92:
                    i += 1
                continue
        if q + 1 < n and sql[q + 1] == quote:
            i = q + 2
            continue
        return q
    return n


cdef inline Py_ssize_t digits_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    """End of [0-9](?:_?[0-9])* that starts at i."""
    while i < n and (CLASS[sql[i]] == DIGIT or (sql[i] == 95 and i + 1 < n and CLASS[sql[i + 1]] == DIGIT)):
        i += 1
    return i


cdef inline Py_ssize_t based_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n, int base) noexcept nogil:
    """End of (?:_?D)* in the base 16, 8 or 2."""
    cdef Py_ssize_t j
    while i < n:
        j = i + 1 if sql[i] == 95 else i
        if j >= n or HEX[sql[j]] >= base:
            return i
        i = j + 1
    return i


cdef Py_ssize_t number_end(const uint8_t* sql, Py_ssize_t start, Py_ssize_t n, int mysql, int* is_word) noexcept nogil:
    """End of the number (or, in MySQL, of the name) that starts with a digit, or with "." before a digit."""
    cdef Py_ssize_t i = start, j
    cdef int c, base
    is_word[0] = 0
    if sql[i] == 48 and i + 2 < n:
        c = sql[i + 1] | 32
        base = 16 if c == 120 else 2 if c == 98 else 8 if c == 111 and not mysql else 0
        if base:
            if mysql:
                j = i + 2
                while j < n and HEX[sql[j]] < base:
                    j += 1
                if j > i + 2 and not (j < n and IDENT[sql[j]]):
                    return j
            else:
                j = based_end(sql, i + 2, n, base)
                if j > i + 2:
                    return j
    if not mysql:
        i = digits_end(sql, i, n)
        if i < n and sql[i] == 46 and not (i > start and i + 1 < n and sql[i + 1] == 46):
            i += 1
            if i < n and CLASS[sql[i]] == DIGIT:
                i = digits_end(sql, i, n)
        if i < n and sql[i] | 32 == 101:
            j = i + 1
            if j < n and (sql[j] == 43 or sql[j] == 45):
                j += 1
            if j < n and CLASS[sql[j]] == DIGIT:
                i = digits_end(sql, j, n)
        return i
    while i < n and CLASS[sql[i]] == DIGIT:
        i += 1
    if i < n and sql[i] == 46 and (i == start or not (i + 1 < n and sql[i + 1] == 46)):
        i += 1
        while i < n and CLASS[sql[i]] == DIGIT:
            i += 1
        if i < n and sql[i] | 32 == 101:
            j = i + 1
            if j < n and (sql[j] == 43 or sql[j] == 45):
                j += 1
            if j < n and CLASS[sql[j]] == DIGIT:
                while j < n and CLASS[sql[j]] == DIGIT:
                    j += 1
                return j
        return i
    if i < n and sql[i] | 32 == 101 and i + 1 < n:
        j = i + 1
        if CLASS[sql[j]] == DIGIT:
            while j < n and CLASS[sql[j]] == DIGIT:
                j += 1
            if not (j < n and IDENT[sql[j]]):
                return j
        elif (sql[j] == 43 or sql[j] == 45) and j + 1 < n and CLASS[sql[j + 1]] == DIGIT:
            j += 1
            while j < n and CLASS[sql[j]] == DIGIT:
                j += 1
            return j
    if i < n and IDENT[sql[i]]:
        is_word[0] = 1
        while i < n and IDENT[sql[i]]:
            i += 1
    return i


cdef Py_ssize_t comment_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n, int nested, Py_ssize_t* inner_end) noexcept nogil:
    """End of a block comment whose "/*" ends at i."""
    cdef int depth = 1
    while i < n:
        if nested:
            while i < n and sql[i] != 42 and sql[i] != 47:
                i += 1
        else:
            i = find(sql, i, n, 42)
        if i + 1 >= n:
            break
        if sql[i] == 42 and sql[i + 1] == 47:
            depth -= 1
            if depth == 0:
                inner_end[0] = i
                return i + 2
            i += 2
        elif nested and sql[i] == 47 and sql[i + 1] == 42:
            depth += 1
            i += 2
        else:
            i += 1
    inner_end[0] = n
    return n


cdef int is_tag(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    """tag.is_tag."""
    cdef Py_ssize_t start
    while i < n and CLASS[sql[i]] == SPACE:
        i += 1
    start = i
    while i < n and TAGKEY[sql[i]]:
        i += 1
    if i == start or i + 1 >= n:
        return 0
    if sql[i] == 61:
        return sql[i + 1] == 39
    if sql[i] != 58 or CLASS[sql[i + 1]] == SPACE or sql[i + 1] == 44:
        return 0
    return not (sql[i + 1] == 47 and i + 2 < n and sql[i + 2] == 47)


cdef inline Py_ssize_t line_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    while i < n and sql[i] != 10 and sql[i] != 13:
        i += 1
    return i


cdef inline Py_ssize_t operator_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n, int dialect) noexcept nogil:
    cdef Py_ssize_t j
    cdef int c = sql[i], d
    if i + 1 >= n:
        return i + 1
    d = sql[i + 1]
    if dialect == POSTGRESQL:
        if c == 58 and d == 61:
            return i + 2
        if c == 64 and d == 63:
            return i + 2
        if not PGOP[c]:
            return i + 1
        j = i + 1
        while j < n and j < i + 16 and PGOP[sql[j]] and not (j + 1 < n and (
                (sql[j] == 45 and sql[j + 1] == 45) or (sql[j] == 47 and sql[j + 1] == 42))):
            j += 1
        if j - i == 2 and c == 35 and d == 45:
            return j
        if j - i == 3 and c == 45 and d == 124 and sql[i + 2] == 45:
            return j
        while j - i > 1 and (sql[j - 1] == 45 or sql[j - 1] == 43):
            j -= 1
        return j
    if c == 60:  # <
        if d == 61:
            return i + 3 if dialect == MYSQL and i + 2 < n and sql[i + 2] == 62 else i + 2
        return i + 2 if d == 62 or d == 60 else i + 1
    if c == 45 and d == 62:
        return i + 3 if i + 2 < n and sql[i + 2] == 62 else i + 2
    if c == 62 and (d == 61 or d == 62):
        return i + 2
    if (c == 33 or c == 61) and d == 61:
        return i + 2
    if c == 124 and d == 124:
        return i + 2
    if dialect == MYSQL:
        if (c == 38 and d == 38) or (c == 58 and d == 61):
            return i + 2
    elif c == 38 and d == 38:
        return i + 2
    return i + 1


cdef inline Py_ssize_t blank_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    while i < n and CLASS[sql[i]] == SPACE:
        i += 1
    return i


cdef inline Py_ssize_t phrase_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n, const char* word, Py_ssize_t size) noexcept nogil:
    """Where the word (lower case, letters only) ends if it stands at i in any case, after which anything may follow; else -1."""
    cdef Py_ssize_t j
    if n - i < size:
        return -1
    for j in range(size):
        if sql[i + j] | 32 != word[j]:
            return -1
    return i + size


cdef Py_ssize_t name_part(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    if i >= n:
        return -1
    if sql[i] == 34:
        i = string_end(sql, i + 1, n, 34, 0)
        return i + 1 if i < n else -1
    if CLASS[sql[i]] != LETTER:
        return -1
    while i < n and IDENT[sql[i]]:
        i += 1
    return i


cdef Py_ssize_t modifier(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    """End of a number or "?" and of the white space around it; -1 if there is none."""
    i = blank_end(sql, i, n)
    if i < n and sql[i] == 63:
        return blank_end(sql, i + 1, n)
    if i >= n or CLASS[sql[i]] != DIGIT:
        return -1
    while i < n and CLASS[sql[i]] == DIGIT:
        i += 1
    return blank_end(sql, i, n)


cdef Py_ssize_t casted_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    """lexer._CASTED after its "::": end of the type's name, -1 if there is none."""
    cdef Py_ssize_t j, k
    i = name_part(sql, blank_end(sql, i, n), n)
    if i < 0:
        return -1
    if i < n and sql[i] == 46:
        j = name_part(sql, i + 1, n)
        if j >= 0:
            i = j
    j = blank_end(sql, i, n)
    if j > i:
        k = phrase_end(sql, j, n, b"precision", 9)
        if k < 0:
            k = phrase_end(sql, j, n, b"varying", 7)
        if k >= 0 and not (k < n and IDENT[sql[k]]):
            i = k
    j = blank_end(sql, i, n)
    if j < n and sql[j] == 40:
        j = modifier(sql, j + 1, n)
        if j >= 0 and j < n and sql[j] == 44:
            k = modifier(sql, j + 1, n)
            if k >= 0:
                j = k
        if j >= 0 and j < n and sql[j] == 41:
            i = j + 1
    j = blank_end(sql, i, n)
    if j > i:
        k = phrase_end(sql, j, n, b"without", 7)
        if k < 0:
            k = phrase_end(sql, j, n, b"with", 4)
        if k >= 0:
            j = blank_end(sql, k, n)
            if j > k:
                k = phrase_end(sql, j, n, b"time", 4)
                if k >= 0:
                    j = blank_end(sql, k, n)
                    if j > k:
                        k = phrase_end(sql, j, n, b"zone", 4)
                        if k >= 0 and not (k < n and IDENT[sql[k]]):
                            i = k
    while True:
        j = blank_end(sql, i, n)
        if j >= n or sql[j] != 91:
            return i
        k = modifier(sql, j + 1, n)
        if k < 0:
            k = blank_end(sql, j + 1, n)
        if k >= n or sql[k] != 93:
            return i
        i = k + 1


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


cdef Py_ssize_t dollar_end(const uint8_t* sql, Py_ssize_t tag, Py_ssize_t i, Py_ssize_t n) noexcept nogil:
    """Where the closing $tag$ stands, n when there is none. A tag holds no "$", so no byte is compared twice."""
    cdef Py_ssize_t size = i - tag
    while True:
        i = find(sql, i, n, 36)
        if i + size > n:
            return n
        if memcmp(sql + i, sql + tag, size) == 0:
            return i
        i += 1


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


# Tables

cdef _load():
    global MINUS_HASH
    cdef int i, j
    cdef uint32_t c
    for i in range(256):
        c = i
        for j in range(8):
            c = (c >> 1) ^ (0xEDB88320 if c & 1 else 0)
        CRC[0][i] = c
    for i in range(256):
        for j in range(1, 8):
            CRC[j][i] = CRC[0][CRC[j - 1][i] & 255] ^ (CRC[j - 1][i] >> 8)
    MINUS_HASH = crc(<const uint8_t*>b"-", 1, 0)
    named = {
        "'": APOSTROPHE, '"': DOUBLE, "`": BACKTICK, "$": DOLLAR, ".": FULLSTOP, ":": COLON, "?": QUESTION,
        "%": PERCENT, "@": AT, "#": HASH, "-": MINUS, "/": SLASH, "*": STAR,
        **dict.fromkeys("(),;[]", MARK), **dict.fromkeys("\0\t\n\x0b\x0c\r ", SPACE),
    }
    for i in range(256):
        char = chr(i)
        letter = i >= 128 or char.isalpha() or char == "_"
        CLASS[i] = LETTER if letter else DIGIT if char.isdigit() else named.get(char, OTHER)
        IDENT[i] = 1 if letter or char.isdigit() else 2 if char == "$" else 0  # 2: not in a dollar tag
        TAGKEY[i] = i < 128 and (char.isalnum() or char in "_.%-")
        PGOP[i] = char in "-+*/<>=~!@#%^&|"
        FOLLOWS[i] = letter or char.isdigit() or char in "'\"$(@%"
        HEX[i] = int(char, 16) if i < 128 and char in "0123456789abcdefABCDEF" else 255
    ends = (WORD, KEYWORD, QUOTED, RPAREN, RBRACKET, LITERAL)
    for i in range(KINDS):
        for j in range(KINDS):
            if j in (COMMA, RPAREN, RBRACKET) or i in (0, LPAREN, LBRACKET, DOT):
                spaced = False
            elif j == DOT or j == CAST:
                spaced = i not in ends
            elif i == CAST:
                spaced = j in (OPERATOR, SIGN)
            elif j == LPAREN:
                spaced = i not in (WORD, QUOTED, SIGN)
            elif j == LBRACKET:
                spaced = i not in (WORD, KEYWORD, QUOTED, RPAREN, RBRACKET)
            elif i == SIGN:
                spaced = j not in (WORD, KEYWORD, QUOTED)
            else:
                spaced = True
            SPACED[i][j] = spaced
    memset(WORDS, 0, sizeof(WORDS))
    for word, flags in _words.WORDS.items():
        raw = bytes(b | 32 for b in word).ljust(16, b"\0")
        low, high = int.from_bytes(raw[:8], "little"), int.from_bytes(raw[8:], "little")
        slot = (((low * K1) ^ (high * K2)) & 0xFFFFFFFFFFFFFFFF) >> 54
        while WORDS[slot].low:
            slot = (slot + 1) % TABLE
        WORDS[slot].low = low
        WORDS[slot].high = high
        WORDS[slot].flags = flags
    for i in range(32):
        KEEP[i] = -1
        ONCE[i] = 0
    for identity, (keep, once) in _words.NAMED.items():
        KEEP[identity] = keep
        ONCE[identity] = once
    for name, number in (
        ("START", W_START), ("PAREN", W_PAREN), ("TYPE_POSTGRESQL", W_TYPE_POSTGRESQL), ("TYPE_MYSQL", W_TYPE_MYSQL),
        ("CONST", W_CONST), ("SUBQUERY", W_SUBQUERY), ("IN", W_IN), ("VALUES", W_VALUES), ("ARRAY", W_ARRAY),
        ("ROW", W_ROW), ("TO", W_TO), ("CURRENT", W_CURRENT), ("OF", W_OF), ("WITH", W_WITH), ("TIME", W_TIME),
        ("ZONE", W_ZONE), ("TIMESTAMP", W_TIMESTAMP), ("DEFAULT", W_DEFAULT), ("FETCH", W_FETCH), ("NAME", W_NAME),
        ("PREPARE", W_PREPARE), ("EXECUTE", W_EXECUTE), ("CALL", W_CALL), ("SET", W_SET), ("DROP", W_DROP),
    ):
        if getattr(_words, name) != number:
            raise ImportError(f"the compiled tokeniser is older than words.{name}: rebuild it")


_load()


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
