# Where each token ends: as the regular expressions of lexer.py.

cdef inline Py_ssize_t find(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n, int byte) noexcept nogil:
    """Position of the byte from i on, n when there is none."""
    cdef const uint8_t* at
    if i >= n:
        return n
    at = <const uint8_t*>memchr(sql + i, byte, n - i)
    return n if at == NULL else at - sql


cdef inline Py_ssize_t string_end(const uint8_t* sql, Py_ssize_t i, Py_ssize_t n, int quote, int backslash) noexcept nogil:
    """Position of the closing quote of content that starts at i, n when there is none."""
    cdef Py_ssize_t q = -1, escape
    while i < n:
        if q < i:
            q = find(sql, i, n, quote)
        if backslash:
            escape = find(sql, i, q, 92)
            if escape < q:  # it may hide the quote
                i = escape + 2
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
