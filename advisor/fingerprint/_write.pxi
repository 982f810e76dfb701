# Writing tokens, literals and the values of SET: as the methods of normal.Normal.

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
