"""The compiled framer of jsonlog: the same records as `JsonFramer.frame`, several times as fast.

Reads flat objects, which is what the server writes. A block with any other object is left to the Python framer.
"""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memchr, memcmp, memset

from advisor.sources.postgresql._rows cimport (
    Bad, Hot, Message, Other, Rows, Span, clock_us, digits, intern, message, name_hash, parameters, query_id, rows_bad,
    rows_context, rows_free, rows_hot, rows_key, rows_other, rows_parameters, rows_python, rows_text, stamp,
    transaction_hash,
)

cdef enum:
    TIMESTAMP, USER, DBNAME, PID, REMOTE, SESSION, VXID, SEVERITY, APPLICATION, QUERY_ID, MESSAGE, DETAIL, KEYS

cdef struct Object:
    Span value[KEYS]
    bint has_message, has_detail


cdef inline int key(const uint8_t* t, Py_ssize_t n) noexcept nogil:
    """Which of our keys it is; KEYS for another."""
    if n == 3:
        return PID if memcmp(t, <const char*> "pid", 3) == 0 else KEYS
    if n == 4:
        return USER if memcmp(t, <const char*> "user", 4) == 0 else VXID if memcmp(t, <const char*> "vxid", 4) == 0 else KEYS
    if n == 6:
        return DBNAME if memcmp(t, <const char*> "dbname", 6) == 0 else DETAIL if memcmp(t, <const char*> "detail", 6) == 0 else KEYS
    if n == 7:
        return MESSAGE if memcmp(t, <const char*> "message", 7) == 0 else KEYS
    if n == 8:
        return QUERY_ID if memcmp(t, <const char*> "query_id", 8) == 0 else KEYS
    if n == 9:
        return TIMESTAMP if memcmp(t, <const char*> "timestamp", 9) == 0 else KEYS
    if n == 10:
        return SESSION if memcmp(t, <const char*> "session_id", 10) == 0 else KEYS
    if n == 11:
        return REMOTE if memcmp(t, <const char*> "remote_host", 11) == 0 else KEYS
    if n == 14:
        return SEVERITY if memcmp(t, <const char*> "error_severity", 14) == 0 else KEYS
    if n == 16:
        return APPLICATION if memcmp(t, <const char*> "application_name", 16) == 0 else KEYS
    return KEYS


cdef inline Py_ssize_t gap(const uint8_t* b, Py_ssize_t p, Py_ssize_t e) noexcept nogil:
    while p < e and (b[p] == 32 or b[p] == 9):
        p += 1
    return p


cdef Py_ssize_t closing(const uint8_t* b, Py_ssize_t p, Py_ssize_t e) noexcept nogil:
    """The quote that ends a string; -1 when the line ends first."""
    cdef const uint8_t* quote
    cdef Py_ssize_t q, back
    cdef Py_ssize_t start = p
    while p < e:
        quote = <const uint8_t*> memchr(b + p, c'"', e - p)
        if quote == NULL:
            return -1
        q = quote - b
        back = q
        while back > start and b[back - 1] == c"\\":
            back -= 1
        if (q - back) % 2 == 0:
            return q
        p = q + 1
    return -1


cdef bint flat(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Object* out) noexcept nogil:
    """Whether b[p:e], a line with its end, is a flat object; fills in its values."""
    cdef Py_ssize_t q, k
    cdef int which
    cdef bint text
    memset(out, 0, sizeof(Object))
    if e > p and b[e - 1] == 10:
        e -= 1
    if p >= e or b[p] != c"{":
        return False
    p = gap(b, p + 1, e)
    while p < e and b[p] == c'"':
        k = p + 1
        q = k
        while q < e and b[q] != c'"' and b[q] != c"\\":
            q += 1
        if q == k or q >= e or b[q] != c'"':
            return False
        which = key(b + k, q - k)
        p = gap(b, q + 1, e)
        if p >= e or b[p] != c":":
            return False
        p = gap(b, p + 1, e)
        if p >= e:
            return False
        text = b[p] == c'"'
        if text:
            k = p + 1
            q = closing(b, k, e)
            if q < 0:
                return False
            p = q + 1
        else:
            k = p
            if e - p >= 4 and (memcmp(b + p, <const char*> "null", 4) == 0 or memcmp(b + p, <const char*> "true", 4) == 0):
                q = p + 4
            elif e - p >= 5 and memcmp(b + p, <const char*> "false", 5) == 0:
                q = p + 5
            else:
                q = p
                while q < e and (48 <= b[q] <= 57 or b[q] == c"." or b[q] == c"e" or b[q] == c"E" or b[q] == c"+" or b[q] == c"-"):
                    q += 1
                if q == p:
                    return False
            p = q
        if which == MESSAGE or which == DETAIL:
            if text and which == MESSAGE and not out.has_message:
                out.has_message = True
                out.value[which].start = k
                out.value[which].end = q
            elif text and which == DETAIL and not out.has_detail:
                out.has_detail = True
                out.value[which].start = k
                out.value[which].end = q
        elif which != KEYS:
            out.value[which].start = k
            out.value[which].end = q
        p = gap(b, p, e)
        if p < e and b[p] == c",":
            p = gap(b, p + 1, e)
            if p >= e or b[p] != c'"':
                return False
        elif p >= e or b[p] != c"}":
            return False
    if p >= e or b[p] != c"}":
        return False
    p += 1
    while p < e and (b[p] == 32 or b[p] == 9 or b[p] == 13):
        p += 1
    return p == e


cdef inline int hexadecimal(uint8_t c) noexcept nogil:
    if 48 <= c <= 57:
        return c - 48
    c |= 32
    return c - 87 if 97 <= c <= 102 else -1


cdef inline int code(const uint8_t* t) noexcept nogil:
    """The number of four hexadecimal digits; -1 when they are not."""
    cdef int at, value = 0, digit
    for at in range(4):
        digit = hexadecimal(t[at])
        if digit < 0:
            return -1
        value = value * 16 + digit
    return value


cdef Py_ssize_t unescape(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, uint8_t* out) noexcept nogil:
    """Copy a JSON string without its escapes, as `jsonlog.unescape` does; its length."""
    cdef Py_ssize_t n = 0
    cdef uint8_t c
    cdef int value, low
    while p < e:
        c = b[p]
        if c != c"\\" or p + 1 >= e:
            out[n] = c
            n += 1
            p += 1
            continue
        c = b[p + 1]
        if c == c"u" and p + 6 <= e:
            value = code(b + p + 2)
            if value >= 0:
                p += 6
                if 0xD800 <= value < 0xDC00 and p + 6 <= e and b[p] == c"\\" and b[p + 1] == c"u":
                    low = code(b + p + 2)
                    if 0xDC00 <= low < 0xE000:
                        value = 0x10000 + ((value - 0xD800) << 10) + low - 0xDC00
                        p += 6
                if 0xD800 <= value < 0xE000:
                    value = c"?"
                if value < 0x80:
                    out[n] = <uint8_t> value
                    n += 1
                elif value < 0x800:
                    out[n] = <uint8_t> (0xC0 | (value >> 6))
                    out[n + 1] = <uint8_t> (0x80 | (value & 0x3F))
                    n += 2
                elif value < 0x10000:
                    out[n] = <uint8_t> (0xE0 | (value >> 12))
                    out[n + 1] = <uint8_t> (0x80 | ((value >> 6) & 0x3F))
                    out[n + 2] = <uint8_t> (0x80 | (value & 0x3F))
                    n += 3
                else:
                    out[n] = <uint8_t> (0xF0 | (value >> 18))
                    out[n + 1] = <uint8_t> (0x80 | ((value >> 12) & 0x3F))
                    out[n + 2] = <uint8_t> (0x80 | ((value >> 6) & 0x3F))
                    out[n + 3] = <uint8_t> (0x80 | (value & 0x3F))
                    n += 4
                continue
        if c == c"n":
            c = 10
        elif c == c"t":
            c = 9
        elif c == c"r":
            c = 13
        elif c == c"b":
            c = 8
        elif c == c"f":
            c = 12
        elif c != c'"' and c != c"\\" and c != c"/":
            out[n] = c"\\"  # no escape: it stays
            n += 1
            p += 1
            continue
        out[n] = c
        n += 1
        p += 2
    return n


cdef bint blank(const uint8_t* b, Py_ssize_t p, Py_ssize_t e) noexcept nogil:
    while p < e:
        if b[p] == 32 or 9 <= b[p] <= 13:
            p += 1
        elif b[p] == c"\\" and p + 1 < e and (b[p + 1] == c"n" or b[p + 1] == c"t" or b[p + 1] == c"r" or b[p + 1] == c"f"):
            p += 2
        else:
            return False
    return True


cdef Py_ssize_t time_end(const uint8_t* b, Span s, uint8_t* area, int* area_length) noexcept nogil:
    """Where the time of a timestamp ends, its zone in ``area`` without colons; s.start when it is none."""
    cdef Py_ssize_t p, q, end
    cdef int pairs = 0
    area_length[0] = 0
    p = stamp(b, s.start, s.end, c" ")
    if p < 0:
        p = stamp(b, s.start, s.end, c"T")
    if p < 0:
        return s.start
    end = p
    if p < s.end and b[p] == c" ":
        p += 1
    if p == s.end:
        return end
    if b[p] == c"+" or b[p] == c"-":
        if digits(b, p + 1, s.end, 2) != p + 3:
            return s.start
        area[0] = b[p]
        area[1] = b[p + 1]
        area[2] = b[p + 2]
        area_length[0] = 3
        p += 3
        while pairs < 2 and p < s.end:
            q = p + 1 if b[p] == c":" else p
            if digits(b, q, s.end, 2) != q + 2:
                break
            area[area_length[0]] = b[q]
            area[area_length[0] + 1] = b[q + 1]
            area_length[0] += 2
            p = q + 2
            pairs += 1
    else:
        while p < s.end and area_length[0] < 8 and 97 <= (b[p] | 32) <= 122:
            area[area_length[0]] = b[p]
            area_length[0] += 1
            p += 1
    if p != s.end:
        area_length[0] = 0
        return s.start
    return end


cdef inline bint is_word(const uint8_t* b, Span s, const char* word, Py_ssize_t n) noexcept nogil:
    return s.end - s.start == n and memcmp(b + s.start, word, n) == 0


cdef void record(Rows* rows, const uint8_t* b, Py_ssize_t start, Py_ssize_t end, int64_t line, Object* o) noexcept nogil:
    """Add a whole record as a row."""
    cdef Message said
    cdef Span text = o.value[MESSAGE], detail = o.value[DETAIL], severity = o.value[SEVERITY], span
    cdef Span who[4]
    cdef uint8_t area[8]
    cdef int area_length
    cdef int64_t time, zone
    cdef uint8_t* clean
    cdef Hot* hot
    cdef Other* other
    span = o.value[TIMESTAMP]
    span.end = time_end(b, span, area, &area_length)
    time = clock_us(b + span.start, span.end - span.start)
    zone = intern(&rows.zones, area, area_length, &rows.failed)
    message(b, text.start, text.end, &said)
    span = o.value[SESSION]
    if span.end == span.start:
        span = o.value[PID]
    if said.kind == -1 and is_word(b, severity, "LOG", 3) and not blank(b, said.end, text.end):
        hot = rows_hot(rows)
        if hot == NULL:
            return
        hot.start = start
        hot.line = line
        hot.time = time
        hot.zone = zone
        hot.duration = said.duration
        hot.query_id = query_id(b + o.value[QUERY_ID].start, o.value[QUERY_ID].end - o.value[QUERY_ID].start)
        hot.sql_start = said.end
        hot.sql_end = text.end
        hot.session = name_hash(b + span.start, span.end - span.start)
        hot.transaction = transaction_hash(b + o.value[VXID].start, o.value[VXID].end - o.value[VXID].start)
        hot.flags = said.flags
        who[0] = o.value[USER]
        who[1] = o.value[DBNAME]
        who[2] = o.value[APPLICATION]
        who[3] = o.value[REMOTE]
        hot.context = rows_context(rows, b, who)
        if memchr(b + said.end, c"\\", text.end - said.end) != NULL:
            clean = rows_text(rows, text.end - said.end)
            if clean == NULL:
                return
            rows_key(rows, hot, clean, unescape(b, said.end, text.end, clean))
        else:
            rows_key(rows, hot, b + said.end, text.end - said.end)
        hot.parameters_start = hot.parameters_end = -1
        if o.has_detail and parameters(b, detail.start, detail.end):
            hot.parameters_start = detail.start + 12
            hot.parameters_end = detail.end
            if detail.end > hot.parameters_start and memchr(b + hot.parameters_start, c"\\", detail.end - hot.parameters_start) != NULL:
                clean = rows_text(rows, detail.end - hot.parameters_start)
                if clean == NULL:
                    return
                rows_parameters(rows, hot, clean, unescape(b, hot.parameters_start, detail.end, clean))
            else:
                rows_parameters(rows, hot, b + hot.parameters_start, detail.end - hot.parameters_start)
        return
    other = rows_other(rows)
    if other == NULL:
        return
    other.start = start
    other.end = end
    other.line = line
    other.time = time
    other.zone = zone
    other.session = name_hash(b + span.start, span.end - span.start)
    other.duration = said.duration
    if is_word(b, severity, "LOG", 3):
        other.kind = said.kind if said.kind > 0 else 0
    elif is_word(b, severity, "ERROR", 5) or is_word(b, severity, "FATAL", 5) or is_word(b, severity, "PANIC", 5):
        other.kind = 5
    else:
        other.kind = -2


cdef int64_t scan(Rows* rows, const uint8_t* b, Py_ssize_t n) noexcept nogil:
    """Frame b[:n]; returns the number of lines, or -1 when an object is not flat."""
    cdef Py_ssize_t p = 0, end, first, last
    cdef int64_t line = 0
    cdef int reason
    cdef Bad* before
    cdef Object o
    cdef const uint8_t* feed
    while p < n:
        feed = <const uint8_t*> memchr(b + p, 10, n - p)
        end = feed - b + 1 if feed != NULL else n
        reason = -1
        if flat(b, p, end, &o):
            if o.has_message and o.value[SEVERITY].end > o.value[SEVERITY].start:
                record(rows, b, p, end, line, &o)
            else:
                reason = 1
        else:
            first = p
            last = end
            while first < last and (b[first] == 32 or b[first] == 9 or b[first] == 13 or b[first] == 10 or b[first] == 0):
                first += 1
            if first < last and b[first] == c"{":
                return -1
            reason = 0 if first < last else -1
        if reason >= 0:
            before = &rows.bad[rows.bads - 1] if rows.bads else NULL
            if before != NULL and before.reason == reason and before.line + before.count == line:
                before.count += 1
            else:
                rows_bad(rows, line, 1, reason)
        line += 1
        p = end
    return line


def frame(bytes data):
    """Frame a block: (lines, rows as `_rows.rows_python` gives them); lines is -1 when Python must do it.

    An other of kind -2 has a severity to look up.
    """
    cdef Rows rows
    cdef const uint8_t* b = <const uint8_t*> <const char*> data
    cdef Py_ssize_t n = len(data)
    cdef int64_t lines
    memset(&rows, 0, sizeof(Rows))
    try:
        with nogil:
            lines = scan(&rows, b, n)
        return lines, rows_python(&rows)
    finally:
        rows_free(&rows)
