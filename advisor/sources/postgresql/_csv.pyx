"""The compiled framer of csvlog: the same records as `CsvFramer.frame`, several times as fast."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memchr, memcmp, memset

from advisor.sources.postgresql._rows cimport (
    Hot, Message, Other, Rows, Span, clock_us, digits, intern, message, name_hash, parameters, query_id, rows_bad,
    rows_context, rows_free, rows_hot, rows_key, rows_other, rows_parameters, rows_python, rows_text, stamp,
    transaction_hash, zone,
)

cdef struct Head:
    Span time, zone, user, database, remote, session, vxid, severity
    Py_ssize_t end           # where the message column begins

cdef struct Field:
    Span text
    bint quoted


cdef inline Py_ssize_t name(const uint8_t* b, Py_ssize_t p, Py_ssize_t n, Span* out) noexcept nogil:
    """A column of one line, and the comma behind it; -1 when it is none."""
    if p < n and b[p] == c'"':
        p += 1
        out.start = p
        while p < n and b[p] != 10:
            if b[p] == c'"':
                if p + 1 < n and b[p + 1] == c'"':
                    p += 2
                    continue
                out.end = p
                p += 1
                return p + 1 if p < n and b[p] == c"," else -1
            p += 1
        return -1
    out.start = p
    while p < n and b[p] != c"," and b[p] != 10 and b[p] != c'"':
        p += 1
    out.end = p
    return p + 1 if p < n and b[p] == c"," else -1


cdef Py_ssize_t when(const uint8_t* b, Py_ssize_t p, Py_ssize_t n, Span* time, Span* area) noexcept nogil:
    """A time, its zone and the comma; -1 when it is none."""
    cdef Py_ssize_t q = stamp(b, p, n, c" ")
    if q < 0:
        return -1
    time.start = p
    time.end = q
    if q >= n or b[q] != c" ":
        return -1
    p = q + 1
    area.start = p
    if p < n and (b[p] == c"+" or b[p] == c"-"):
        q = zone(b, p, n)
        if q < 0:
            return -1
    else:
        q = p
        while q < n and q < p + 8 and 97 <= (b[q] | 32) <= 122:
            q += 1
        if q == p:
            return -1
    area.end = q
    return q + 1 if q < n and b[q] == c"," else -1


cdef inline Py_ssize_t number(const uint8_t* b, Py_ssize_t p, Py_ssize_t n) noexcept nogil:
    p = digits(b, p, n, n)
    return p + 1 if p < n and b[p] == c"," else -1


cdef inline Py_ssize_t hexadecimal(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Py_ssize_t most) noexcept nogil:
    if e - p > most:
        e = p + most
    while p < e and (48 <= b[p] <= 57 or 97 <= b[p] <= 102):
        p += 1
    return p


cdef bint head(const uint8_t* b, Py_ssize_t p, Py_ssize_t n, Head* out) noexcept nogil:
    """Whether a record begins at p: `csvlog.HEAD`."""
    cdef Span skipped, skipped_zone
    cdef Py_ssize_t q, r
    cdef int at
    if n - p < 40 or b[p + 4] != c"-" or b[p + 7] != c"-":
        return False
    p = when(b, p, n, &out.time, &out.zone)
    if p >= 0:
        p = name(b, p, n, &out.user)
    if p >= 0:
        p = name(b, p, n, &out.database)
    if p >= 0:
        p = number(b, p, n)
    if p >= 0:
        p = name(b, p, n, &out.remote)
    if p < 0:
        return False
    q = hexadecimal(b, p, n, 16)
    if q == p or q >= n or b[q] != c".":
        return False
    r = hexadecimal(b, q + 1, n, 8)
    if r == q + 1 or r >= n or b[r] != c",":
        return False
    out.session.start = p
    out.session.end = r
    p = number(b, r + 1, n)
    if p >= 0:
        p = name(b, p, n, &skipped)
    if p < 0 or p >= n:
        return False
    if b[p] == c",":
        p += 1
    else:
        p = when(b, p, n, &skipped, &skipped_zone)
        if p < 0:
            return False
    # virtual transaction
    out.vxid.start = p
    q = p
    if q < n and b[q] == c"-":
        q += 1
    r = digits(b, q, n, 10)
    if r > q and r < n and b[r] == c"/" and digits(b, r + 1, n, 20) > r + 1:
        p = digits(b, r + 1, n, 20)
    out.vxid.end = p
    if p >= n or b[p] != c",":
        return False
    p = number(b, p + 1, n)
    if p >= 0:
        p = name(b, p, n, &out.severity)
    if p < 0 or n - p < 6 or b[p + 5] != c",":
        return False
    for at in range(5):
        if not (48 <= b[p + at] <= 57 or 65 <= b[p + at] <= 90):
            return False
    p += 6
    out.end = p
    # A quoted text opens with an odd run of quotes, or is empty.
    if p >= n:
        return False
    if b[p] == c",":
        return True
    q = p
    while q < n and b[q] == c'"':
        q += 1
    if q >= n:
        return False
    return (q - p) % 2 == 1 or (q - p == 2 and b[q] == c",")


cdef Py_ssize_t field(const uint8_t* b, Py_ssize_t p, Py_ssize_t n, Field* out, int64_t* feeds) noexcept nogil:
    """A column; where it ends, or -1 when its quote is not closed before another record begins.

    ``feeds`` counts the line ends within.
    """
    cdef const uint8_t* quote
    cdef const uint8_t* feed
    cdef Py_ssize_t from_, end
    cdef Head other
    if p < n and b[p] == c'"':
        p += 1
        out.quoted = True
        out.text.start = p
        while True:
            quote = <const uint8_t*> memchr(b + p, c'"', n - p)
            end = quote - b if quote != NULL else n
            from_ = p
            while from_ < end:
                feed = <const uint8_t*> memchr(b + from_, 10, end - from_)
                if feed == NULL:
                    break
                from_ = feed - b + 1
                feeds[0] += 1
                if from_ < n and 48 <= b[from_] <= 57 and head(b, from_, n, &other):
                    return -1
            if quote == NULL:
                return -1
            if end + 1 < n and b[end + 1] == c'"':
                p = end + 2
                continue
            out.text.end = end
            return end + 1
    out.quoted = False
    out.text.start = p
    while p < n and b[p] != c"," and b[p] != 10 and b[p] != c'"':
        p += 1
    out.text.end = p
    return p


cdef inline bint escaped(const uint8_t* b, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    return end > start and memchr(b + start, c'"', end - start) != NULL


cdef Py_ssize_t unescape(const uint8_t* b, Py_ssize_t start, Py_ssize_t end, uint8_t* out) noexcept nogil:
    """Copy a text with doubled quotes made single; its length."""
    cdef Py_ssize_t n = 0
    while start < end:
        out[n] = b[start]
        if b[start] == c'"' and start + 1 < end and b[start + 1] == c'"':
            start += 1
        n += 1
        start += 1
    return n


cdef Span host(const uint8_t* b, Span s) noexcept nogil:
    """`csvlog._host`: without the port."""
    cdef Py_ssize_t q = s.end - 1
    while q >= s.start and 48 <= b[q] <= 57:
        q -= 1
    if q > s.start and q < s.end - 1 and b[q] == c":" and b[q - 1] != c":":
        s.end = q
    return s


cdef inline bint space(uint8_t c) noexcept nogil:
    return c == 32 or 9 <= c <= 13


cdef void record(Rows* rows, const uint8_t* b, Py_ssize_t start, Py_ssize_t end, int64_t line, Head* h, Field* f, Span query) noexcept nogil:
    """Add a whole record as a row."""
    cdef Message said
    cdef Span text = f[0].text, detail = f[1].text
    cdef Span who[4]
    cdef Py_ssize_t at, n
    cdef int64_t time, area
    cdef uint8_t* clean
    cdef Hot* hot
    cdef Other* other
    time = clock_us(b + h.time.start, h.time.end - h.time.start)
    area = intern(&rows.zones, b + h.zone.start, h.zone.end - h.zone.start, &rows.failed)
    message(b, text.start, text.end, &said)
    n = h.severity.end - h.severity.start
    if said.kind == -1 and n == 3 and memcmp(b + h.severity.start, <const char*> "LOG", 3) == 0:
        at = said.end
        while at < text.end and space(b[at]):
            at += 1
        if at < text.end:
            hot = rows_hot(rows)
            if hot == NULL:
                return
            hot.start = start
            hot.line = line
            hot.time = time
            hot.zone = area
            hot.duration = said.duration
            hot.query_id = query_id(b + query.start, query.end - query.start)
            hot.sql_start = said.end
            hot.sql_end = text.end
            hot.session = name_hash(b + h.session.start, h.session.end - h.session.start)
            hot.transaction = transaction_hash(b + h.vxid.start, h.vxid.end - h.vxid.start)
            hot.flags = said.flags
            who[0] = h.user
            who[1] = h.database
            who[2] = f[9].text
            who[3] = host(b, h.remote)
            hot.context = rows_context(rows, b, who)
            if escaped(b, said.end, text.end):
                clean = rows_text(rows, text.end - said.end)
                if clean == NULL:
                    return
                rows_key(rows, hot, clean, unescape(b, said.end, text.end, clean))
            else:
                rows_key(rows, hot, b + said.end, text.end - said.end)
            hot.parameters_start = hot.parameters_end = -1
            if f[1].quoted and parameters(b, detail.start, detail.end):
                hot.parameters_start = detail.start + 12
                hot.parameters_end = detail.end
                if escaped(b, hot.parameters_start, detail.end):
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
    other.zone = area
    other.session = name_hash(b + h.session.start, h.session.end - h.session.start)
    other.duration = said.duration
    other.kind = -2 if not known(b, h.severity) else 5 if fault(b, h.severity) else said.kind if said.kind > 0 else 0


cdef inline bint known(const uint8_t* b, Span s) noexcept nogil:
    """Whether a severity is plain English; Python knows the others."""
    cdef Py_ssize_t at
    for at in range(s.start, s.end):
        if not (65 <= b[at] <= 90 or 48 <= b[at] <= 57):
            return False
    cdef Py_ssize_t n = s.end - s.start
    return (n == 3 and memcmp(b + s.start, <const char*> "LOG", 3) == 0) or fault(b, s)


cdef inline bint fault(const uint8_t* b, Span s) noexcept nogil:
    cdef const uint8_t* t = b + s.start
    if s.end - s.start != 5:
        return False
    return memcmp(t, <const char*> "ERROR", 5) == 0 or memcmp(t, <const char*> "FATAL", 5) == 0 or memcmp(t, <const char*> "PANIC", 5) == 0


cdef Py_ssize_t tail(const uint8_t* b, Py_ssize_t p, Py_ssize_t n, Field* f, Span* query, int64_t* feeds) noexcept nogil:
    """The columns from the message on: where the record ends, or -1 when it is cut or broken."""
    cdef int at
    cdef Py_ssize_t q
    cdef Field extra
    cdef int64_t more = 0
    for at in range(10):
        if at:
            if p >= n or b[p] != c",":
                return -1
            p += 1
        p = field(b, p, n, &f[at], feeds)
        if p < 0:
            return -1
    query.start = query.end = 0
    if p < n and b[p] == c",":  # backend type, since 13
        q = field(b, p + 1, n, &extra, &more)
        if q < 0:
            q = -1
        if q >= 0:
            p = q
            feeds[0] += more
            if p < n and b[p] == c",":  # leader pid and query id, since 14
                q = digits(b, p + 1, n, n)
                if q < n and b[q] == c",":
                    p = q + 1
                    query.start = p
                    if p < n and b[p] == c"-":
                        p += 1
                    p = digits(b, p, n, n)
                    query.end = p
    if p < n and b[p] == 13:
        p += 1
    if p == n:
        return n
    return p + 1 if b[p] == 10 else -1


cdef int64_t scan(Rows* rows, const uint8_t* b, Py_ssize_t n) noexcept nogil:
    """Frame b[:n]; returns the number of lines."""
    cdef Py_ssize_t p = 0, end
    cdef int64_t line = 0, feeds, bad_line = 0
    cdef int reason = -1, cut
    cdef Head h
    cdef Field f[10]
    cdef Span query
    cdef const uint8_t* feed
    cut = 0  # reason of lines before the first record
    while p < n:
        if 48 <= b[p] <= 57 and head(b, p, n, &h):
            if reason >= 0:
                rows_bad(rows, bad_line, line - bad_line, reason)
                reason = -1
            feeds = 0
            end = tail(b, h.end, n, f, &query, &feeds)
            if end >= 0:
                record(rows, b, p, end, line, &h, f, query)
                line += feeds + 1
                p = end
                cut = 2
                continue
            cut = 1
        if reason < 0:
            reason = cut
            bad_line = line
        feed = <const uint8_t*> memchr(b + p, 10, n - p)
        line += 1
        p = feed - b + 1 if feed != NULL else n
    if reason >= 0:
        rows_bad(rows, bad_line, line - bad_line, reason)
    return line


def frame(bytes data):
    """Frame a block: (lines, rows as `_rows.rows_python` gives them). An other of kind -2 has a severity to look up."""
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
