# distutils: language = c
"""The compiled scan of MySQL slow logs: the rules of starts.py, record.py and values.py over bytes, without the GIL.

Read those for the meaning; here is only the speed. tests/sources/mysql/test_frame.py fuzzes the two against each other.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memchr, memcmp, memcpy, memset

from advisor.fingerprint._tokenise cimport MYSQL, Keyed, Scratch, scratch_free, tokenise

import numpy as np

from advisor.sources.mysql.frame import COLUMNS, Rows
from advisor.sources.mysql.record import unquote

cdef extern from *:
    """
    #define MY_NO_TIME INT64_MIN
    """
    const int64_t NO_TIME "MY_NO_TIME"

cdef enum:
    WIDTH = 22            # len(COLUMNS)
    OTHER_WIDTH = 10      # len(OTHERS)
    LOCAL = 1
    MARIADB = 2
    CUT = 4
    INHERITED = 8
    SCHEMA = 16
    DETAIL = 32
    ABSURD = 64
    USE = 128

cdef int64_t UNKNOWN = -1
cdef int64_t ABSURD_US = 315360000000000
cdef int64_t TWELVE_DIGITS = 1000000000000

ctypedef const uint8_t* Bytes

cdef struct Range:
    Py_ssize_t start
    Py_ssize_t end

cdef struct Mark:            # a record start
    Py_ssize_t start
    Py_ssize_t line

cdef struct Marks:
    Mark* items
    Py_ssize_t count
    Py_ssize_t room

cdef struct Text:            # an interned (user, database) or tag
    uint64_t hash
    Range first
    Range second
    int kind                 # 0 no database, 1 from Schema, 2 from use

cdef struct Texts:           # distinct texts in order of appearance, with a hash table over them
    Text* items
    Py_ssize_t count
    Py_ssize_t room
    int* slots               # index + 1, 0 free
    Py_ssize_t mask

cdef struct Found:           # what one record says
    int64_t time_us
    int64_t duration_us
    int64_t lock_us
    int64_t rows_sent
    int64_t rows_examined
    int64_t rows_affected
    int64_t temp_bytes
    int64_t thread
    Range user
    Range database
    int kind
    Range sql
    int flags

cdef struct Scanned:
    int64_t* rows            # count x WIDTH
    Py_ssize_t count
    Py_ssize_t room
    int64_t* others          # other_count x OTHER_WIDTH
    Py_ssize_t other_count
    Py_ssize_t other_room
    Texts contexts
    Texts tags
    Py_ssize_t first
    Mark cut
    bint has_cut


cdef inline bint is_digit(uint8_t c) noexcept nogil:
    return c >= 48 and c <= 57


cdef inline bint is_blank(uint8_t c) noexcept nogil:
    return c == 32 or c == 9


cdef inline bint is_edge(uint8_t c) noexcept nogil:
    """What `strip` takes off a statement."""
    return c == 32 or c == 9 or c == 10 or c == 13 or c == 0


cdef inline bint is_space(uint8_t c) noexcept nogil:
    """What bytes.split() splits at."""
    return c == 32 or (c >= 9 and c <= 13)


cdef inline bint has(Bytes b, Py_ssize_t at, Py_ssize_t end, const char* text, Py_ssize_t n) noexcept nogil:
    return end - at >= n and memcmp(b + at, text, n) == 0


cdef inline Py_ssize_t line_end(Bytes b, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    cdef const void* hit
    if at >= end:
        return end
    hit = memchr(b + at, 10, end - at)
    return end if hit == NULL else <Bytes>hit - b


cdef Py_ssize_t find(Bytes b, Py_ssize_t at, Py_ssize_t end, const char* text, Py_ssize_t n) noexcept nogil:
    """Offset of the first occurrence in b[at:end], -1 when there is none."""
    cdef const void* hit
    while end - at >= n:
        hit = memchr(b + at, <uint8_t>text[0], end - at - n + 1)
        if hit == NULL:
            return -1
        at = <Bytes>hit - b
        if memcmp(b + at, text, n) == 0:
            return at
        at += 1
    return -1


# ---------------------------------------------------------------- starts.py

cdef bint two(Bytes b, Py_ssize_t at) noexcept nogil:
    return is_digit(b[at]) and is_digit(b[at + 1])


cdef bint is_time(Bytes b, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Whether b[at:end], a line, is `# Time: ` and a time."""
    cdef Py_ssize_t k
    if not has(b, at, end, b"# Time: ", 8):
        return False
    at += 8
    if end - at >= 19 and b[at + 4] == 45:
        return (two(b, at) and two(b, at + 2) and two(b, at + 5) and b[at + 7] == 45 and two(b, at + 8)
                and (b[at + 10] == 84 or b[at + 10] == 32) and two(b, at + 11) and b[at + 13] == 58
                and two(b, at + 14) and b[at + 16] == 58 and two(b, at + 17))
    if end - at < 14:
        return False
    for k in range(6):
        if not is_digit(b[at + k]):
            return False
    at += 6
    k = 0
    while at < end and k < 8 and is_blank(b[at]):
        at += 1
        k += 1
    if k == 0:
        return False
    k = 0
    while at < end and k < 2 and is_digit(b[at]):
        at += 1
        k += 1
    if k == 0 or end - at < 6:
        return False
    return b[at] == 58 and two(b, at + 1) and b[at + 3] == 58 and two(b, at + 4)


cdef inline bint is_user(Bytes b, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    return has(b, at, end, b"# User@Host: ", 13) and find(b, at + 13, end, b"] @ ", 4) >= 0


cdef inline bint is_fields(Bytes b, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    return (has(b, at, end, b"# Query_time: ", 14) or has(b, at, end, b"# Thread_id: ", 13)
            or has(b, at, end, b"# Schema: ", 10))


cdef bint is_banner(Bytes b, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Whether the line b[at:end] is `..., Version: ... started with:`."""
    cdef Py_ssize_t stop = end, here, last = -1
    if stop > at and b[stop - 1] == 13:
        stop -= 1
    if stop - at < 25 or b[stop - 1] != 58 or not has(b, stop - 14, stop, b" started with:", 14):
        return False
    here = find(b, at, end, b", Version: ", 11)
    while here >= 0:
        last = here
        here = find(b, here + 1, end, b", Version: ", 11)
    return last >= 0 and last + 11 <= stop - 14


cdef bint goes_on(Bytes b, Py_ssize_t end, Py_ssize_t n, bint user) noexcept nogil:
    """Whether what follows the line that ends at `end` makes it a header line."""
    cdef Py_ssize_t at = end + 1, stop
    if at >= n or b[at] == 0:
        return True
    stop = line_end(b, at, n)
    return (is_fields(b, at, stop) or is_time(b, at, stop) or (user and is_user(b, at, stop))
            or is_banner(b, at, stop))


cdef bint fields_go_on(Bytes b, Py_ssize_t end, Py_ssize_t n) noexcept nogil:
    """Whether what follows the F line that ends at `end` lets it start a record."""
    cdef Py_ssize_t at = end + 1
    if at >= n or b[at] == 0:
        return True
    return (has(b, at, n, b"SET timestamp=", 14) or has(b, at, n, b"SET insert_id=", 14)
            or has(b, at, n, b"SET last_insert_id=", 19) or has(b, at, n, b"use ", 4) or has(b, at, n, b"# ", 2)
            or has(b, at, n, b"#\n", 2) or has(b, at, n, b"#\r\n", 3) or is_banner(b, at, line_end(b, at, n)))


cdef bint push(Marks* marks, Py_ssize_t start, Py_ssize_t line) noexcept nogil:
    cdef Mark* grown
    if marks.count == marks.room:
        marks.room = marks.room * 2 if marks.room else 1024
        grown = <Mark*>realloc(marks.items, marks.room * sizeof(Mark))
        if grown == NULL:
            return False
        marks.items = grown
    marks.items[marks.count].start = start
    marks.items[marks.count].line = line
    marks.count += 1
    return True


cdef bint all_starts(Bytes b, Py_ssize_t n, Marks* marks) noexcept nogil:
    """Every record start, with its line. False when out of memory."""
    cdef Py_ssize_t at = 0, p, end, next_at, next_end, line = 0, banner, stop
    cdef bint start, consumed
    while at < n:
        end = line_end(b, at, n)
        p = at
        if at == 0 and n >= 3 and b[0] == 0xEF and b[1] == 0xBB and b[2] == 0xBF:
            p = 3
        while p < end and b[p] == 0:
            p += 1
        consumed = False
        start = False
        if end - p > 8 and b[p] == 35 and b[p + 1] == 32:
            if b[p + 2] == 84 and b[p + 3] == 105:  # Ti
                if is_time(b, p, end):
                    next_at = end + 1
                    if next_at < n:
                        next_end = line_end(b, next_at, n)
                        if is_user(b, next_at, next_end) and goes_on(b, next_end, n, True):
                            start = consumed = True
                    if not start:
                        start = goes_on(b, end, n, False)
            elif b[p + 2] == 85:
                start = is_user(b, p, end) and goes_on(b, end, n, True)
            elif (has(b, p, end, b"# Query_time: ", 14) and p + 14 < end and is_digit(b[p + 14])) or (
                has(b, p, end, b"# Thread_id: ", 13) and p + 13 < end and is_digit(b[p + 13])
            ):
                if at == 0:
                    start = True
                else:
                    stop = at - 1
                    if stop > 0 and b[stop - 1] == 13:
                        stop -= 1
                    start = stop <= 0 or b[stop - 1] == 59 or (stop >= 8 and memcmp(b + stop - 8, b"Argument", 8) == 0)
                start = start and fields_go_on(b, end, n)
        if end > at and (b[end - 1] == 58 or b[end - 1] == 13):
            banner = at
            while banner < end and b[banner] == 0:
                banner += 1
            if is_banner(b, banner, end) and not (start and banner == p):
                if not push(marks, banner, line):
                    return False
        if start and not push(marks, p, line):
            return False
        at = end + 1
        line += 1
        if consumed:
            # The U line that belongs to this T starts nothing; a banner it cannot be confused with.
            end = line_end(b, at, n)
            if end > at and (b[end - 1] == 58 or b[end - 1] == 13) and is_banner(b, at, end):
                if not push(marks, at, line):
                    return False
            at = end + 1
            line += 1
    return True


# ---------------------------------------------------------------- values.py

cdef int64_t number(Bytes b, Range r) noexcept nogil:
    cdef int64_t value = 0
    cdef Py_ssize_t at
    if r.end <= r.start or r.end - r.start > 18:
        return UNKNOWN
    for at in range(r.start, r.end):
        if not is_digit(b[at]):
            return UNKNOWN
        value = value * 10 + (b[at] - 48)
    return value


cdef int64_t fraction(Bytes b, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Digits b[at:end] as the microseconds after a decimal point."""
    cdef int64_t value = 0
    cdef int k
    for k in range(6):
        value *= 10
        if at + k < end:
            value += b[at + k] - 48
    return value


cdef int64_t micros(Bytes b, Range r) noexcept nogil:
    cdef Py_ssize_t at = r.start, dot, k
    cdef int64_t whole = 0
    while at < r.end and is_digit(b[at]):
        if whole < TWELVE_DIGITS:
            whole = whole * 10 + (b[at] - 48)
        at += 1
    dot = at
    if dot == r.start:
        return UNKNOWN
    if dot < r.end:
        if b[dot] != 46 and b[dot] != 44:
            return UNKNOWN
        for k in range(dot + 1, r.end):
            if not is_digit(b[k]):
                return UNKNOWN
    if dot - r.start > 12:
        return ABSURD_US
    return whole * 1000000 + fraction(b, dot + 1, r.end)


cdef inline int64_t num(Bytes b, Py_ssize_t at, int n) noexcept nogil:
    cdef int64_t value = 0
    cdef int k
    for k in range(n):
        value = value * 10 + (b[at + k] - 48)
    return value


cdef int64_t civil(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute, int64_t second) noexcept nogil:
    """Seconds since the epoch (days by Howard Hinnant's days_from_civil); NO_TIME when there is no such date."""
    cdef int64_t last, y, era, yoe, doy, doe, days
    if year < 1970 or year > 2999 or month < 1 or month > 12 or day < 1 or hour > 23 or minute > 59 or second > 60:
        return NO_TIME
    if month == 2:
        last = 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    else:
        last = 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31
    if day > last:
        return NO_TIME
    y = year - 1 if month <= 2 else year
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    doe = yoe * 365 + yoe // 4 - yoe // 100 + doy
    days = era * 146097 + doe - 719468
    return ((days * 24 + hour) * 60 + minute) * 60 + second


cdef bint at_end(Bytes b, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    while at < end and (is_blank(b[at]) or b[at] == 13):
        at += 1
    return at == end


cdef int64_t iso(Bytes b, Py_ssize_t at, Py_ssize_t end, bint zoned) noexcept nogil:
    """ISO time in b[at:end] with a zone, or without one, as microseconds; NO_TIME when it is none."""
    cdef int64_t micro = 0, seconds, shift = 0
    cdef Py_ssize_t start = at, k
    cdef bint zone = False, minus
    if end - at < 19 or not (two(b, at) and two(b, at + 2) and b[at + 4] == 45 and two(b, at + 5) and b[at + 7] == 45
                             and two(b, at + 8) and (b[at + 10] == 84 or b[at + 10] == 32) and two(b, at + 11)
                             and b[at + 13] == 58 and two(b, at + 14) and b[at + 16] == 58 and two(b, at + 17)):
        return NO_TIME
    at += 19
    if at + 1 < end and b[at] == 46 and is_digit(b[at + 1]):
        k = at + 1
        while k < end and is_digit(b[k]):
            k += 1
        micro = fraction(b, at + 1, k)
        at = k
    if at < end and b[at] == 90:
        zone = True
        at += 1
    elif end - at >= 5 and (b[at] == 43 or b[at] == 45) and two(b, at + 1):
        minus = b[at] == 45
        k = at + 3
        if b[k] == 58:
            k += 1
        if end - k >= 2 and two(b, k):
            zone = True
            shift = (num(b, at + 1, 2) * 60 + num(b, k, 2)) * 60
            if minus:
                shift = -shift
            at = k + 2
    if zone != zoned or not at_end(b, at, end):
        return NO_TIME
    seconds = civil(num(b, start, 4), num(b, start + 5, 2), num(b, start + 8, 2), num(b, start + 11, 2),
                    num(b, start + 14, 2), num(b, start + 17, 2))
    return NO_TIME if seconds == NO_TIME else (seconds - shift) * 1000000 + micro


cdef int64_t local(Bytes b, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    cdef Py_ssize_t start = at, k = 0
    cdef int64_t hour = 0, year, seconds, micro = 0
    cdef Py_ssize_t stop
    while k < 6:
        if at + k >= end or not is_digit(b[at + k]):
            return iso(b, start, end, False)
        k += 1
    at += 6
    if at >= end or not is_blank(b[at]):
        return NO_TIME
    while at < end and is_blank(b[at]):
        at += 1
    k = 0
    while at < end and k < 2 and is_digit(b[at]):
        hour = hour * 10 + (b[at] - 48)
        at += 1
        k += 1
    if k == 0 or end - at < 6 or not (b[at] == 58 and two(b, at + 1) and b[at + 3] == 58 and two(b, at + 4)):
        return NO_TIME
    stop = at + 6
    if stop + 1 < end and b[stop] == 46 and is_digit(b[stop + 1]):
        k = stop + 1
        while k < end and is_digit(b[k]):
            k += 1
        micro = fraction(b, stop + 1, k)
        stop = k
    if not at_end(b, stop, end):
        return NO_TIME
    year = num(b, start, 2)
    year += 1900 if year >= 70 else 2000
    seconds = civil(year, num(b, start + 2, 2), num(b, start + 4, 2), hour, num(b, at + 1, 2), num(b, at + 4, 2))
    return NO_TIME if seconds == NO_TIME else seconds * 1000000 + micro


# ---------------------------------------------------------------- record.py

cdef Py_ssize_t header_line(Bytes b, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """End (past its newline) of the header line at `at`, or -1 when it is none."""
    cdef Py_ssize_t k, m
    cdef uint8_t c
    if at >= end or b[at] != 35:
        return -1
    k = at + 1
    while k < end and is_blank(b[k]):
        k += 1
    if k == end:
        return end
    if b[k] == 10:
        return k + 1
    if b[k] == 13 and (k + 1 == end or b[k + 1] == 10):
        return end if k + 1 == end else k + 2
    if k == at + 1:
        return -1
    c = b[k]
    if (c | 32) >= 97 and (c | 32) <= 122 or c == 95:
        m = k + 1
        while m < end and m - k <= 63:
            c = b[m]
            if not ((c | 32) >= 97 and (c | 32) <= 122 or is_digit(c) or c == 95 or c == 64):
                break
            m += 1
        if ((m < end and b[m] == 58) or has(b, k, end, b"No InnoDB ", 10)
                or has(b, k, end, b"Stored routine: ", 16)):
            k = line_end(b, k, end)
            return end if k == end else k + 1
    return -1


cdef struct Fields:
    Range query_time
    Range lock_time
    Range rows_sent
    Range rows_examined
    Range rows_affected
    Range thread_id
    Range last_errno
    Range error
    Range killed
    Range rate_limit
    Range tmp_tables
    Range tmp_disk_tables
    Range tmp_table_sizes
    Range end
    bint qc_hit
    bint start


cdef inline void keep(Bytes b, Range name, Range value, Fields* f) noexcept nogil:
    """Keep the value if its name is one of ours."""
    cdef Py_ssize_t n = name.end - name.start
    cdef Bytes t = b + name.start
    if n < 4 or t[n - 1] != 58:
        return
    if n == 4:
        if memcmp(t, b"End:", 4) == 0:
            f.end = value
    elif n == 6:
        if memcmp(t, b"Errno:", 6) == 0:
            f.error = value
    elif n == 7:
        if memcmp(t, b"Killed:", 7) == 0:
            f.killed = value
    elif n == 10:
        if memcmp(t, b"Lock_time:", 10) == 0:
            f.lock_time = value
        elif memcmp(t, b"Rows_sent:", 10) == 0:
            f.rows_sent = value
        elif memcmp(t, b"Thread_id:", 10) == 0:
            f.thread_id = value
    elif n == 11:
        if memcmp(t, b"Query_time:", 11) == 0:
            f.query_time = value
        elif memcmp(t, b"Last_errno:", 11) == 0:
            f.last_errno = value
        elif memcmp(t, b"Tmp_tables:", 11) == 0:
            f.tmp_tables = value
    elif n == 14:
        if memcmp(t, b"Rows_examined:", 14) == 0:
            f.rows_examined = value
        elif memcmp(t, b"Rows_affected:", 14) == 0:
            f.rows_affected = value
    elif n == 16:
        if memcmp(t, b"Tmp_disk_tables:", 16) == 0:
            f.tmp_disk_tables = value
        elif memcmp(t, b"Tmp_table_sizes:", 16) == 0:
            f.tmp_table_sizes = value
    elif n == 20:
        if memcmp(t, b"Log_slow_rate_limit:", 20) == 0:
            f.rate_limit = value


cdef Py_ssize_t before_field(Bytes b, Range r) noexcept nogil:
    """End of a schema's name: where ` Name:` of the next field begins, else where the range ends."""
    cdef Py_ssize_t at, k
    cdef uint8_t c
    for at in range(r.start, r.end):
        if b[at] != 32:
            continue
        k = at + 1
        while k < r.end:
            c = b[k]
            if not ((c | 32) >= 97 and (c | 32) <= 122 or c == 95 or (k > at + 1 and is_digit(c))):
                break
            k += 1
        if k > at + 1 and k < r.end and b[k] == 58 and (k + 1 == r.end or b[k + 1] == 32):
            return at
    return r.end


cdef Py_ssize_t settings(Bytes b, Py_ssize_t at, Py_ssize_t end, int64_t* set_us) noexcept nogil:
    """Read `SET timestamp=...;`, whose first four bytes were seen at `at`. Returns its end, or -1 when it is other SQL."""
    cdef Py_ssize_t digits, stop
    cdef bint stamp, seen = False
    cdef int64_t found = NO_TIME
    at += 4
    while True:
        stamp = False
        if has(b, at, end, b"timestamp=", 10):
            stamp = True
            at += 10
        elif has(b, at, end, b"insert_id=", 10):
            at += 10
        elif has(b, at, end, b"last_insert_id=", 15):
            at += 15
        else:
            return -1
        digits = at
        while at < end and is_digit(b[at]):
            at += 1
        stop = at
        if stop == digits:
            return -1
        if at < end and b[at] == 46:
            at += 1
            while at < end and is_digit(b[at]):
                at += 1
        if stamp and not seen:
            seen = True
            if stop - digits <= 11:
                found = num(b, digits, <int>(stop - digits)) * 1000000
                if at > stop + 1:
                    found += fraction(b, stop + 1, at)
        if at < end and b[at] == 44:
            at += 1
            continue
        break
    if at >= end or b[at] != 59:
        return -1
    at += 1
    while at < end and is_blank(b[at]):
        at += 1
    if at < end and b[at] == 13:
        at += 1
    if at < end and b[at] != 10:
        return -1
    set_us[0] = found
    return end if at >= end else at + 1


cdef Range stripped(Bytes b, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    cdef Range r
    cdef Py_ssize_t stop = end
    while stop > start and is_edge(b[stop - 1]):
        stop -= 1
    if stop > start and b[stop - 1] == 59:
        stop -= 1
        while stop > start and is_edge(b[stop - 1]):
            stop -= 1
    r.start = start
    while r.start < stop and is_edge(b[r.start]):
        r.start += 1
    r.end = stop if stop > r.start else r.start
    return r


cdef void parse(Bytes b, Py_ssize_t start, Py_ssize_t end, Found* out) noexcept nogil:
    cdef Py_ssize_t at = start, stop, k, fields_start, fields_end, use_at = -1, use_end = -1, line
    cdef int flags = 0
    cdef int64_t iso_us = NO_TIME, local_us = NO_TIME, set_us = NO_TIME, ended, spent, time, disk
    cdef bint was_set = False, schema = False, any_explain = False
    cdef Fields f
    cdef Range name, value, empty
    empty.start = empty.end = 0
    memset(&f, 0, sizeof(Fields))
    if has(b, at, end, b"# Time: ", 8):
        stop = line_end(b, at, end)
        iso_us = iso(b, at + 8, stop, True)
        if iso_us == NO_TIME:
            local_us = local(b, at + 8, stop)
        at = stop + 1 if stop < end else end
    out.user = empty
    out.thread = UNKNOWN
    if has(b, at, end, b"# User@Host: ", 13):
        stop = line_end(b, at, end)
        k = stop
        while k > at and (is_blank(b[k - 1]) or b[k - 1] == 13):
            k -= 1
        out.user.start = at
        out.user.end = k
        line = k
        while line > at and is_digit(b[line - 1]):
            line -= 1
        value.start = line
        value.end = k
        if k > line and k - line <= 18:
            while line > at and is_blank(b[line - 1]):
                line -= 1
            if line - at > 4 and memcmp(b + line - 3, b"Id:", 3) == 0 and is_blank(b[line - 4]):
                out.thread = number(b, value)
                line -= 3
                while line > at and (is_blank(b[line - 1]) or b[line - 1] == 13):
                    line -= 1
                out.user.end = line
        at = stop + 1 if stop < end else end
    fields_start = at
    while True:
        k = header_line(b, at, end)
        if k < 0:
            break
        at = k
        if at >= end:
            break
    fields_end = at
    # tokens
    out.database = empty
    out.kind = 0
    name = empty
    line = fields_start
    while line < fields_end:
        stop = line_end(b, line, fields_end)
        if has(b, line, stop, b"# explain:", 10):
            flags |= DETAIL
            line = stop + 1
            continue
        k = line
        while k < stop:
            while k < stop and is_space(b[k]):
                k += 1
            if k == stop:
                break
            value.start = k
            while k < stop and not is_space(b[k]):
                k += 1
            value.end = k
            if name.end > name.start:
                keep(b, name, value, &f)
            name = value
            if value.end - value.start == 7 and memcmp(b + value.start, b"QC_hit:", 7) == 0:
                f.qc_hit = True
            elif value.end - value.start == 6 and memcmp(b + value.start, b"Start:", 6) == 0:
                f.start = True
        if not schema:
            k = find(b, line, stop, b"Schema: ", 8)
            if k >= 0:
                schema = True
                value.start = k + 8
                value.end = stop
                while value.end > value.start and (is_blank(b[value.end - 1]) or b[value.end - 1] == 13):
                    value.end -= 1
                k = find(b, value.start, value.end, b"  ", 2)
                if k >= 0:
                    value.end = k
                if value.end > value.start and b[value.start] == 32:
                    value.end = value.start
                value.end = before_field(b, value)
                out.database = value
                out.kind = 1
                flags |= SCHEMA
        if not any_explain and find(b, line, stop, b"# explain:", 10) >= 0:
            any_explain = True
        line = stop + 1
    if any_explain:
        flags |= DETAIL
    if f.qc_hit:
        flags |= MARIADB
    out.duration_us = micros(b, f.query_time)
    if out.duration_us >= ABSURD_US:
        out.duration_us = UNKNOWN
        flags |= ABSURD
    out.lock_us = micros(b, f.lock_time)
    if out.lock_us >= ABSURD_US:
        out.lock_us = UNKNOWN
    if out.thread == UNKNOWN:
        out.thread = number(b, f.thread_id)
    if (number(b, f.last_errno) > 0 or number(b, f.error) > 0 or number(b, f.killed) > 0
            or number(b, f.rate_limit) > 1):
        flags |= DETAIL
    ended = iso(b, f.end.start, f.end.end, True)

    while at < end:
        if not flags & USE and has(b, at, end, b"use ", 4):
            stop = line_end(b, at, end)
            name.start = at + 4
            name.end = stop
            while name.end > name.start and (is_blank(b[name.end - 1]) or b[name.end - 1] == 13):
                name.end -= 1
            if name.end == name.start or b[name.end - 1] != 59:
                break
            name.end -= 1
            if memchr(b + name.start, 59, name.end - name.start) != NULL:
                break
            flags |= USE
            if out.kind == 0:
                while name.end > name.start and is_blank(b[name.end - 1]):
                    name.end -= 1
                while name.start < name.end and is_blank(b[name.start]):
                    name.start += 1
                out.database = name
                out.kind = 2
            use_at = at
            use_end = stop
            at = stop + 1 if stop < end else end
        elif not was_set and has(b, at, end, b"SET ", 4):
            k = settings(b, at, end, &set_us)
            if k < 0:
                break
            was_set = True
            use_at = -1
            at = k
        else:
            break
    out.sql = stripped(b, at, end)
    if out.sql.start == out.sql.end and was_set and use_at >= 0:
        out.sql = stripped(b, use_at, use_end)

    spent = out.duration_us if out.duration_us > 0 else 0
    time = NO_TIME
    if flags & MARIADB:
        if set_us != NO_TIME:
            time = set_us
        elif iso_us != NO_TIME:
            time = iso_us
        elif local_us != NO_TIME:
            time = local_us
            flags |= LOCAL
    elif ended != NO_TIME:
        time = ended - spent
    elif iso_us != NO_TIME:
        time = iso_us - spent
    elif set_us != NO_TIME:
        time = set_us if f.start else set_us - spent
    elif local_us != NO_TIME:
        time = local_us - spent
        flags |= LOCAL
    if time == NO_TIME:
        flags |= INHERITED
    out.time_us = time
    out.rows_sent = number(b, f.rows_sent)
    out.rows_examined = number(b, f.rows_examined)
    out.rows_affected = number(b, f.rows_affected)
    disk = number(b, f.tmp_disk_tables)
    out.temp_bytes = UNKNOWN
    if disk == 0:
        out.temp_bytes = 0
    elif disk > 0 and disk == number(b, f.tmp_tables):
        out.temp_bytes = number(b, f.tmp_table_sizes)
    out.flags = flags


# ---------------------------------------------------------------- distinct texts

cdef uint64_t hashed(Bytes b, Range r, uint64_t seed) noexcept nogil:
    cdef uint64_t h = seed ^ <uint64_t>(r.end - r.start), w
    cdef Py_ssize_t at = r.start
    while r.end - at >= 8:
        memcpy(&w, b + at, 8)
        h = (h ^ w) * <uint64_t>0x9E3779B97F4A7C15
        h ^= h >> 29
        at += 8
    w = 0
    if r.end > at:
        memcpy(&w, b + at, r.end - at)
    h = (h ^ w) * <uint64_t>0xD6E8FEB86659FD93
    return h ^ (h >> 32)


cdef inline bint same(Bytes b, Range x, Range y) noexcept nogil:
    return x.end - x.start == y.end - y.start and memcmp(b + x.start, b + y.start, x.end - x.start) == 0


cdef Py_ssize_t intern(Bytes b, Texts* texts, Range first, Range second, int kind) noexcept nogil:
    """Index of the text among the distinct ones; -1 when out of memory."""
    cdef uint64_t h = hashed(b, second, hashed(b, first, <uint64_t>kind))
    cdef Py_ssize_t slot, k, room
    cdef Text* item
    cdef void* grown
    if texts.count * 2 >= texts.mask:
        room = (texts.mask + 1) * 2 if texts.mask else 256
        grown = calloc(room, sizeof(int))
        if grown == NULL:
            return -1
        free(texts.slots)
        texts.slots = <int*>grown
        texts.mask = room - 1
        for k in range(texts.count):
            slot = <Py_ssize_t>(texts.items[k].hash & <uint64_t>texts.mask)
            while texts.slots[slot]:
                slot = (slot + 1) & texts.mask
            texts.slots[slot] = <int>(k + 1)
    slot = <Py_ssize_t>(h & <uint64_t>texts.mask)
    while texts.slots[slot]:
        item = &texts.items[texts.slots[slot] - 1]
        if item.hash == h and item.kind == kind and same(b, item.first, first) and same(b, item.second, second):
            return texts.slots[slot] - 1
        slot = (slot + 1) & texts.mask
    if texts.count == texts.room:
        room = texts.room * 2 if texts.room else 128
        grown = realloc(texts.items, room * sizeof(Text))
        if grown == NULL:
            return -1
        texts.items = <Text*>grown
        texts.room = room
    item = &texts.items[texts.count]
    item.hash = h
    item.first = first
    item.second = second
    item.kind = kind
    texts.count += 1
    texts.slots[slot] = <int>texts.count
    return texts.count - 1


# ---------------------------------------------------------------- the scan

cdef int64_t* other(Scanned* s, Py_ssize_t start, Py_ssize_t end, Py_ssize_t line) noexcept nogil:
    """A new row for another record, filled as a banner's; NULL when out of memory."""
    cdef Py_ssize_t room
    cdef void* grown
    cdef int64_t* row
    if s.other_count == s.other_room:
        room = s.other_room * 2 if s.other_room else 1024
        grown = realloc(s.others, room * OTHER_WIDTH * sizeof(int64_t))
        if grown == NULL:
            return NULL
        s.others = <int64_t*>grown
        s.other_room = room
    row = s.others + s.other_count * OTHER_WIDTH
    s.other_count += 1
    row[0] = start
    row[1] = end
    row[2] = line
    row[3] = NO_TIME
    row[4] = row[5] = row[6] = UNKNOWN
    row[7] = 0
    row[8] = row[9] = start
    return row


cdef int run(Bytes b, Py_ssize_t n, bint final, Scanned* s) noexcept nogil:
    """Scan b[:n]. Returns 0, or -1 when out of memory."""
    cdef Marks marks
    cdef Scratch scratch
    cdef Keyed keyed
    cdef Found found
    cdef Range tag, nothing
    cdef Py_ssize_t k, start, end, context, number_of_tag, j, room
    cdef int64_t* row
    cdef void* grown
    cdef int result = -1
    memset(&marks, 0, sizeof(Marks))
    memset(&scratch, 0, sizeof(Scratch))
    nothing.start = nothing.end = 0
    if all_starts(b, n, &marks):
        result = 0
        s.first = marks.items[0].start if marks.count else n
        for k in range(marks.count):
            start = marks.items[k].start
            end = marks.items[k + 1].start if k + 1 < marks.count else n
            if b[start] != 35 and is_banner(b, start, line_end(b, start, end)):
                if other(s, start, end, marks.items[k].line) == NULL:
                    result = -1
                    break
                continue
            parse(b, start, end, &found)
            if (found.sql.start == found.sql.end or has(b, found.sql.start, found.sql.end, b"# administrator command: ", 25)
                    or has(b, found.sql.start, found.sql.end, b"throttle: ", 10)):
                if found.sql.start == found.sql.end and final and end == n:
                    s.has_cut = True
                    s.cut = marks.items[k]
                    continue
                row = other(s, start, end, marks.items[k].line)
                context = intern(b, &s.contexts, found.user, found.database, found.kind)
                if row == NULL or context < 0:
                    result = -1
                    break
                row[3] = found.time_us
                row[4] = found.duration_us
                row[5] = found.thread
                row[6] = context
                row[7] = found.flags
                row[8] = found.sql.start
                row[9] = found.sql.end
                continue
            if final and end == n and b[n - 1] != 10 and b[n - 1] != 59:
                found.flags |= CUT
            if tokenise(b + found.sql.start, found.sql.end - found.sql.start, MYSQL, &scratch, &keyed) != 0:
                result = -1
                break
            context = intern(b, &s.contexts, found.user, found.database, found.kind)
            number_of_tag = UNKNOWN
            if keyed.tag_start >= 0:
                tag.start = found.sql.start + keyed.tag_start
                tag.end = found.sql.start + keyed.tag_end
                number_of_tag = intern(b, &s.tags, tag, nothing, 0)
                if number_of_tag < 0:
                    result = -1
                    break
            if context < 0:
                result = -1
                break
            if s.count == s.room:
                room = s.room * 2 if s.room else 4096
                grown = realloc(s.rows, room * WIDTH * sizeof(int64_t))
                if grown == NULL:
                    result = -1
                    break
                s.rows = <int64_t*>grown
                s.room = room
            row = s.rows + s.count * WIDTH
            row[0] = start
            row[1] = marks.items[k].line
            row[2] = found.time_us
            row[3] = found.duration_us
            row[4] = found.lock_us
            row[5] = found.rows_sent
            row[6] = found.rows_examined
            row[7] = found.rows_affected
            row[8] = found.temp_bytes
            row[9] = found.thread
            row[10] = found.sql.start
            row[11] = found.sql.end
            row[12] = context
            row[13] = number_of_tag
            row[14] = found.flags
            row[15] = <int64_t>keyed.key
            row[16] = <int64_t>keyed.literals
            for j in range(4):
                row[17 + j] = keyed.keys[j]
            row[21] = keyed.in_count
            s.count += 1
    free(marks.items)
    scratch_free(&scratch)
    return result


def scan(bytes data, bint final):
    """`frame.scan`, compiled."""
    cdef Scanned s
    cdef Bytes b = data
    cdef Py_ssize_t n = len(data), k
    cdef int result
    cdef int64_t[:, ::1] target
    memset(&s, 0, sizeof(Scanned))
    try:
        with nogil:
            result = run(b, n, final, &s)
        if result != 0:
            raise MemoryError("framing a block of a slow log")
        table = np.empty((s.count, WIDTH), np.int64)
        if s.count:
            target = table
            memcpy(&target[0, 0], s.rows, s.count * WIDTH * sizeof(int64_t))
        others = np.empty((s.other_count, OTHER_WIDTH), np.int64)
        if s.other_count:
            target = others
            memcpy(&target[0, 0], s.others, s.other_count * OTHER_WIDTH * sizeof(int64_t))
        columns = {name: table[:, k].astype(dtype) for k, (name, dtype) in enumerate(COLUMNS)}
        # `use x` and Schema: x are one context, though their bytes differ.
        distinct = {}
        where = []
        for k in range(s.contexts.count):
            user = data[s.contexts.items[k].first.start:s.contexts.items[k].first.end]
            database = None
            if s.contexts.items[k].kind:
                database = data[s.contexts.items[k].second.start:s.contexts.items[k].second.end]
                if s.contexts.items[k].kind == 2:
                    database = unquote(database)
            where.append(distinct.setdefault((user, database), len(distinct)))
        if len(distinct) < len(where):
            columns["context"] = np.array(where, np.int32)[columns["context"]]
            known = others[:, 6] >= 0
            others[known, 6] = np.array(where, np.int64)[others[known, 6]]
        return Rows(
            columns,
            list(distinct),
            [data[s.tags.items[k].first.start:s.tags.items[k].first.end] for k in range(s.tags.count)],
            others,
            s.first,
            (s.cut.start, s.cut.line) if s.has_cut else None,
        )
    finally:
        free(s.rows)
        free(s.others)
        free(s.contexts.items)
        free(s.contexts.slots)
        free(s.tags.items)
        free(s.tags.slots)
