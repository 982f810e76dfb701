# Words and operators: as the methods of normal.Normal.

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
    if n <= 16 and s.before != DOT:  # after a dot every word is a name
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
