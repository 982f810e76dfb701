"""What the compiled framers of PostgreSQL share; the same results as `columns.py` and `record.py`."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memchr, memcmp, memcpy, memset

from advisor.fingerprint._tokenise cimport Keyed, POSTGRESQL, scratch_free, tokenise, tokenise_parameters

import numpy as np

cdef enum:
    OTHER = 0
    STEP = 1
    DURATION = 2
    STATEMENT = 3
    PLAN = 4

_HOT = np.dtype(
    [(name, "<i8") for name in (
        "start", "line", "time", "zone", "duration", "query_id", "sql_start", "sql_end", "parameters_start", "parameters_end"
    )]
    + [(name, "<u8") for name in ("session", "transaction", "key", "literals")]
    + [("keys", "<u4", (4,))]
    + [(name, "<i4") for name in ("in_count", "context", "tag", "flags")]
)
_OTHER = np.dtype(
    [(name, "<i8") for name in ("start", "end", "line", "time", "zone", "duration", "kind")] + [("session", "<u8")]
)


# Memory

cdef void rows_free(Rows* rows) noexcept nogil:
    free(rows.hot)
    free(rows.other)
    free(rows.bad)
    free(rows.text)
    free(rows.name)
    intern_free(&rows.zones)
    intern_free(&rows.contexts)
    intern_free(&rows.tags)
    scratch_free(&rows.scratch)
    memset(rows, 0, sizeof(Rows))


cdef Hot* rows_hot(Rows* rows) noexcept nogil:
    """A fresh row; NULL when out of memory."""
    cdef Py_ssize_t room
    cdef void* grown
    if rows.hots == rows.hot_room:
        room = rows.hot_room * 2 if rows.hot_room else 4096
        grown = realloc(rows.hot, room * sizeof(Hot))
        if grown == NULL:
            rows.failed = True
            return NULL
        rows.hot = <Hot*> grown
        rows.hot_room = room
    rows.hots += 1
    return &rows.hot[rows.hots - 1]


cdef Other* rows_other(Rows* rows) noexcept nogil:
    cdef Py_ssize_t room
    cdef void* grown
    if rows.others == rows.other_room:
        room = rows.other_room * 2 if rows.other_room else 1024
        grown = realloc(rows.other, room * sizeof(Other))
        if grown == NULL:
            rows.failed = True
            return NULL
        rows.other = <Other*> grown
        rows.other_room = room
    rows.others += 1
    return &rows.other[rows.others - 1]


cdef void rows_bad(Rows* rows, int64_t line, int64_t count, int64_t reason) noexcept nogil:
    """Count unreadable lines; neighbours of one reason become one stretch when the caller passes them line by line."""
    cdef Py_ssize_t room
    cdef void* grown
    if rows.bads == rows.bad_room:
        room = rows.bad_room * 2 if rows.bad_room else 64
        grown = realloc(rows.bad, room * sizeof(Bad))
        if grown == NULL:
            rows.failed = True
            return
        rows.bad = <Bad*> grown
        rows.bad_room = room
    rows.bad[rows.bads].line = line
    rows.bad[rows.bads].count = count
    rows.bad[rows.bads].reason = reason
    rows.bads += 1


cdef uint8_t* rows_text(Rows* rows, Py_ssize_t n) noexcept nogil:
    """Room for an unescaped text of at most n bytes; NULL when out of memory."""
    cdef void* grown
    if n > rows.text_room:
        grown = realloc(rows.text, n * 2)
        if grown == NULL:
            rows.failed = True
            return NULL
        rows.text = <uint8_t*> grown
        rows.text_room = n * 2
    return rows.text


cdef void intern_free(Intern* table) noexcept nogil:
    free(table.arena)
    free(table.ends)
    free(table.hashes)
    free(table.table)


cdef inline uint64_t mix(const uint8_t* text, Py_ssize_t n) noexcept nogil:
    cdef uint64_t value = <uint64_t> 0x9E3779B97F4A7C15 ^ <uint64_t> n, word
    while n >= 8:
        memcpy(&word, text, 8)
        value = (value ^ word) * <uint64_t> 0x9E3779B97F4A7C15
        value ^= value >> 29
        text += 8
        n -= 8
    if n:
        word = 0
        memcpy(&word, text, n)
        value = (value ^ word) * <uint64_t> 0x9E3779B97F4A7C15
        value ^= value >> 29
    return value ^ (value >> 32)


cdef int32_t intern(Intern* t, const uint8_t* text, Py_ssize_t n, bint* failed) noexcept nogil:
    """The number of a byte string, its first occurrence giving it one; 0 with ``failed`` set when out of memory."""
    cdef uint64_t value = mix(text, n)
    cdef int32_t slot, at, number
    cdef Py_ssize_t begin, room
    cdef void* grown
    if t.count * 2 >= t.slots:
        number = t.slots * 2 if t.slots else 64
        grown = realloc(t.table, number * sizeof(int32_t))
        if grown == NULL:
            failed[0] = True
            return 0
        t.table = <int32_t*> grown
        grown = realloc(t.ends, number * sizeof(Py_ssize_t))
        if grown == NULL:
            failed[0] = True
            return 0
        t.ends = <Py_ssize_t*> grown
        grown = realloc(t.hashes, number * sizeof(uint64_t))
        if grown == NULL:
            failed[0] = True
            return 0
        t.hashes = <uint64_t*> grown
        t.slots = number
        memset(t.table, 0xFF, number * sizeof(int32_t))
        for at in range(t.count):
            slot = <int32_t> (t.hashes[at] & <uint64_t> (number - 1))
            while t.table[slot] >= 0:
                slot = (slot + 1) & (number - 1)
            t.table[slot] = at
    slot = <int32_t> (value & <uint64_t> (t.slots - 1))
    while t.table[slot] >= 0:
        at = t.table[slot]
        if t.hashes[at] == value:
            begin = t.ends[at - 1] if at else 0
            if t.ends[at] - begin == n and memcmp(t.arena + begin, text, n) == 0:
                return at
        slot = (slot + 1) & (t.slots - 1)
    if t.used + n > t.room:
        room = (t.used + n) * 2 + 256
        grown = realloc(t.arena, room)
        if grown == NULL:
            failed[0] = True
            return 0
        t.arena = <uint8_t*> grown
        t.room = room
    if n:
        memcpy(t.arena + t.used, text, n)
    t.used += n
    t.table[slot] = t.count
    t.ends[t.count] = t.used
    t.hashes[t.count] = value
    t.count += 1
    return t.count - 1


cdef int32_t rows_context(Rows* rows, const uint8_t* b, Span* four) noexcept nogil:
    """The number of (user, database, application, host); the key holds the four lengths and the four texts."""
    cdef Py_ssize_t n = 4 * sizeof(uint32_t)
    cdef int at
    cdef uint32_t length
    cdef void* grown
    for at in range(4):
        n += four[at].end - four[at].start
    if n > rows.name_room:
        grown = realloc(rows.name, n * 2)
        if grown == NULL:
            rows.failed = True
            return 0
        rows.name = <uint8_t*> grown
        rows.name_room = n * 2
    n = 4 * sizeof(uint32_t)
    for at in range(4):
        length = <uint32_t> (four[at].end - four[at].start)
        memcpy(rows.name + at * sizeof(uint32_t), &length, sizeof(uint32_t))
        if length:
            memcpy(rows.name + n, b + four[at].start, length)
        n += length
    return intern(&rows.contexts, rows.name, n, &rows.failed)


# Statements

cdef void rows_key(Rows* rows, Hot* hot, const uint8_t* sql, Py_ssize_t n) noexcept nogil:
    """Fingerprint a statement (transport escapes removed) into its row."""
    cdef Keyed keyed
    cdef int at
    if tokenise(sql, n, POSTGRESQL, &rows.scratch, &keyed) < 0:
        rows.failed = True
        return
    hot.key = keyed.key
    hot.literals = keyed.literals
    for at in range(4):
        hot.keys[at] = keyed.keys[at]
    hot.in_count = keyed.in_count
    hot.tag = -1
    if keyed.tag_start >= 0:
        hot.tag = intern(&rows.tags, sql + keyed.tag_start, keyed.tag_end - keyed.tag_start, &rows.failed)


cdef void rows_parameters(Rows* rows, Hot* hot, const uint8_t* text, Py_ssize_t n) noexcept nogil:
    """The literals of a row are its bound parameters."""
    cdef Keyed keyed
    cdef int at
    if tokenise_parameters(text, n, &keyed) < 0:
        rows.failed = True
        return
    hot.literals = keyed.literals
    for at in range(4):
        hot.keys[at] = keyed.keys[at]


# Names and numbers

cdef uint64_t session_hash(const uint8_t* first, Py_ssize_t n, const uint8_t* second, Py_ssize_t m) noexcept nogil:
    """`record.name_hash` of ``first``, or of ``first + b" " + second`` when there is a second."""
    cdef uint64_t value = <uint64_t> 0xCBF29CE484222325
    cdef Py_ssize_t at
    if not n and not m:
        return 0
    for at in range(n):
        value = (value ^ first[at]) * <uint64_t> 0x100000001B3
    if m:
        value = (value ^ 32) * <uint64_t> 0x100000001B3
        for at in range(m):
            value = (value ^ second[at]) * <uint64_t> 0x100000001B3
    value ^= value >> 32
    value *= <uint64_t> 0xD6E8FEB86659FD93
    value ^= value >> 32
    return value if value else 1


cdef uint64_t name_hash(const uint8_t* text, Py_ssize_t n) noexcept nogil:
    return session_hash(text, n, NULL, 0)


cdef uint64_t transaction_hash(const uint8_t* text, Py_ssize_t n) noexcept nogil:
    if n >= 2 and text[n - 1] == c"0" and text[n - 2] == c"/":
        return 0
    return session_hash(text, n, NULL, 0)


cdef inline int64_t two(const uint8_t* text) noexcept nogil:
    return (<int64_t> text[0] - 48) * 10 + (<int64_t> text[1] - 48)


cdef int64_t clock_us(const uint8_t* text, Py_ssize_t n) noexcept nogil:
    """Microseconds of a time (`columns.local_times`): 19 to 26 bytes, or 14 of epoch seconds."""
    cdef int64_t year, month, day, result, fraction = 0, scale = 100000
    cdef Py_ssize_t at
    if n == 14:
        result = 0
        for at in range(10):
            result = result * 10 + (text[at] - 48)
        for at in range(11, 14):
            fraction = fraction * 10 + (text[at] - 48)
        return result * 1000000 + fraction * 1000
    if n < 19:
        return -<int64_t> 0x7FFFFFFFFFFFFFFF - 1
    year = two(text) * 100 + two(text + 2) + 400
    month = two(text + 5)
    day = two(text + 8)
    if month <= 2:
        year -= 1
    result = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    fraction = year % 400
    result += (year // 400 - 1) * 146097 + fraction * 365 + fraction // 4 - fraction // 100 - 719468
    result = ((result * 24 + two(text + 11)) * 60 + two(text + 14)) * 60 + two(text + 17)
    fraction = 0
    for at in range(20, n if n < 26 else 26):
        fraction += (text[at] - 48) * scale
        scale //= 10
    return result * 1000000 + fraction


cdef int64_t query_id(const uint8_t* text, Py_ssize_t n) noexcept nogil:
    """`record.query_id`: 0 for what is no 64-bit number."""
    cdef Py_ssize_t at = 0
    cdef uint64_t value = 0
    cdef bint negative = n > 0 and text[0] == c"-"
    if negative:
        at = 1
    if at == n or n - at > 19:
        return 0
    while at < n:
        if text[at] < 48 or text[at] > 57:
            return 0
        value = value * 10 + (text[at] - 48)
        at += 1
    if negative:
        return <int64_t> (0 - value) if value <= <uint64_t> 0x8000000000000000 else 0
    return <int64_t> value if value < <uint64_t> 0x8000000000000000 else 0


cdef Py_ssize_t digits(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Py_ssize_t most) noexcept nogil:
    """Where a run of at most ``most`` digits ends."""
    if e - p > most:
        e = p + most
    while p < e and 48 <= b[p] <= 57:
        p += 1
    return p


cdef Py_ssize_t stamp(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, uint8_t middle) noexcept nogil:
    """Where `YYYY-MM-DD HH:MM:SS[.ffffff]` ends; -1 when it is none. ``middle``: what stands before the hours."""
    cdef int at
    cdef const uint8_t* t = b + p
    cdef Py_ssize_t q
    if e - p < 19:
        return -1
    if t[4] != c"-" or t[7] != c"-" or t[10] != middle or t[13] != c":" or t[16] != c":":
        return -1
    for at in range(19):
        if at != 4 and at != 7 and at != 10 and at != 13 and at != 16 and (t[at] < 48 or t[at] > 57):
            return -1
    p += 19
    if p < e and b[p] == c".":
        q = digits(b, p + 1, e, 6)
        if q > p + 1:
            return q
    return p


cdef Py_ssize_t zone(const uint8_t* b, Py_ssize_t p, Py_ssize_t e) noexcept nogil:
    """Where a numeric zone (`+03`, `-0330`) ends; -1 when it is none."""
    cdef int pairs = 0
    if e - p < 3 or (b[p] != c"+" and b[p] != c"-") or digits(b, p + 1, e, 2) != p + 3:
        return -1
    p += 3
    while pairs < 2 and digits(b, p, e, 2) == p + 2:
        p += 2
        pairs += 1
    return p


# Messages

cdef inline bint begins(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, const char* text, Py_ssize_t n) noexcept nogil:
    return e - p >= n and memcmp(b + p, text, n) == 0


cdef Py_ssize_t after_name(const uint8_t* b, Py_ssize_t p, Py_ssize_t e) noexcept nogil:
    """Behind the first `: ` of the line; -1 when there is none."""
    cdef const uint8_t* found
    cdef const uint8_t* feed
    feed = <const uint8_t*> memchr(b + p, 10, e - p)
    if feed != NULL:
        e = feed - b
    while p < e:
        found = <const uint8_t*> memchr(b + p, c":", e - p)
        if found == NULL:
            return -1
        p = found - b + 1
        if p < e and b[p] == c" ":
            return p + 1
    return -1


cdef void message(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Message* out) noexcept nogil:
    """What a LOG message says, as `record.MESSAGE` reads it."""
    cdef Py_ssize_t q
    cdef int at
    cdef bint coded = e - p >= 7 and b[p + 5] == c":" and b[p + 6] == c" "
    out.end = -1
    out.duration = -1
    out.kind = OTHER
    out.flags = 0
    if coded:
        for at in range(5):
            if not (48 <= b[p + at] <= 57 or 65 <= b[p + at] <= 90):
                coded = False
        if coded:
            p += 7
    if begins(b, p, e, "duration: ", 10):
        p += 10
        q = digits(b, p, e, 15)
        if q == p:
            return
        out.duration = 0
        while p < q:
            out.duration = out.duration * 10 + (b[p] - 48)
            p += 1
        out.duration *= 1000
        if p < e and b[p] == c"." and digits(b, p + 1, e, 3) == p + 4:
            out.duration += two(b + p + 1) * 10 + (b[p + 3] - 48)
            p += 4
        if not begins(b, p, e, " ms", 3):
            out.duration = -1
            return
        p += 3
        out.kind = DURATION
        if not begins(b, p, e, "  ", 2):
            return
        p += 2
        if begins(b, p, e, "statement: ", 11):
            out.kind = -1
            out.end = p + 11
        elif begins(b, p, e, "execute ", 8):
            p += 8
            out.flags = 1
            if begins(b, p, e, "fetch from ", 11):
                p += 11
                out.flags = 3
            q = after_name(b, p, e)
            if q >= 0:
                out.kind = -1
                out.end = q
        elif begins(b, p, e, "parse ", 6) or begins(b, p, e, "bind ", 5):
            out.kind = STEP
        elif begins(b, p, e, "plan:", 5):
            out.kind = PLAN
    elif begins(b, p, e, "statement: ", 11):
        out.kind = -1
        out.flags = 16
        out.end = p + 11
    elif begins(b, p, e, "execute ", 8):
        p += 8
        out.flags = 17
        if begins(b, p, e, "fetch from ", 11):
            p += 11
            out.flags = 19
        q = after_name(b, p, e)
        if q >= 0:
            out.kind = -1
            out.end = q


cdef bint parameters(const uint8_t* b, Py_ssize_t p, Py_ssize_t e) noexcept nogil:
    """Whether a DETAIL is a list of bound parameters; it begins 12 bytes on."""
    return e - p >= 12 and (b[p] | 32) == c"p" and memcmp(b + p + 1, <const char*> "arameters: ", 11) == 0


# To Python

cdef object _strings(Intern* t):
    cdef list out = []
    cdef Py_ssize_t begin = 0
    cdef int32_t at
    for at in range(t.count):
        out.append((<char*> t.arena)[begin:t.ends[at]] if t.ends[at] > begin else b"")
        begin = t.ends[at]
    return out


cdef object rows_python(Rows* rows):
    """(hot, other, unreadable, zones, contexts, tags); the first two are structured arrays that own their memory."""
    cdef Py_ssize_t at
    if rows.failed:
        raise MemoryError
    hot = np.frombuffer((<char*> rows.hot)[: rows.hots * sizeof(Hot)], _HOT) if rows.hots else np.zeros(0, _HOT)
    other = np.frombuffer((<char*> rows.other)[: rows.others * sizeof(Other)], _OTHER) if rows.others else np.zeros(0, _OTHER)
    bad = [(rows.bad[at].line, rows.bad[at].count, rows.bad[at].reason) for at in range(rows.bads)]
    contexts = []
    for raw in _strings(&rows.contexts):
        lengths = np.frombuffer(raw[:16], np.uint32).tolist()
        begin, four = 16, []
        for length in lengths:
            four.append(raw[begin : begin + length])
            begin += length
        contexts.append(tuple(four))
    return hot, other, bad, _strings(&rows.zones), contexts, _strings(&rows.tags)


assert sizeof(Hot) == _HOT.itemsize and sizeof(Other) == _OTHER.itemsize
