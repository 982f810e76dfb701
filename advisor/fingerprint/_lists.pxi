# Parentheses, brackets, lists and rows: as the methods of normal.Normal.

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
