"""The compiled framer of stderr logs: the same records as `StderrFramer.frame`, several times as fast.

A prefix arrives as a program: the ops of `prefix.PrefixTemplate`, one template behind the other. The matcher tries what
the pattern tries, in the same order, so both always agree.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy, memset

from advisor.sources.postgresql._rows cimport (
    Hot, Message, Other, Rows, Span, clock_us, digits, intern, message, parameters, query_id, rows_bad, rows_context,
    rows_free, rows_hot, rows_key, rows_other, rows_parameters, rows_python, rows_text, session_hash, stamp, transaction_hash, zone,
)

cdef enum:  # of prefix.py
    LITERAL = 0
    TIME = 1
    ZONE = 2
    EPOCH = 3
    DIGITS = 4
    SESSION = 5
    VXID = 6
    STATE = 7
    REMOTE = 8
    LAZY = 9
    QUIT = 10
    ISO = 11

cdef enum:
    ANY = 0
    NO_SPACE = 1
    NUMERIC = 2
    LETTERS_ONLY = 3
    BUT = 256

cdef enum:
    FIELDS = 32
    OP = 7  # numbers an op: kind, field, low, high, class, start and length of its literal

cdef enum:  # what a word is
    LOG = 0
    FAULT = 1
    PRIMARY = 2
    LABEL = 3
    DETAIL = 4

cdef struct Program:
    const int32_t* ops
    const int32_t* templates   # first op of each, and the end of the last
    int count
    const uint8_t* texts
    const uint8_t* words       # behind each other
    const int32_t* word_ends
    const int32_t* word_kinds
    int word_count
    bint first[256]            # bytes that words begin with

cdef struct Match:
    Span field[FIELDS]
    int word
    Py_ssize_t text            # where the message begins


cdef inline bint space(uint8_t c) noexcept nogil:
    return c == 32 or 9 <= c <= 13


cdef inline bint in_class(uint8_t c, int of) noexcept nogil:
    if of == ANY:
        return c != 10
    if of == NO_SPACE:
        return not space(c)
    if of >= BUT:
        return c != 10 and c != <uint8_t> ((of - BUT) & 255) and c != <uint8_t> ((of - BUT) >> 8)
    if of == LETTERS_ONLY:
        return 97 <= (c | 32) <= 122 or c == 32 or c == c"(" or c == c")"
    return 48 <= c <= 57 or c == c"-" or c == c" "


cdef bint word(Program* g, const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Match* m) noexcept nogil:
    """Whether a severity or label with its `:  ` stands at p."""
    cdef int at, begin = 0, n
    cdef Py_ssize_t q
    if p >= e or not g.first[b[p]]:
        return False
    for at in range(g.word_count):
        n = g.word_ends[at] - begin
        if p + n < e and g.words[begin] == b[p] and memcmp(b + p, g.words + begin, n) == 0:
            q = p + n
            if b[q] == c" ":
                q += 1
            elif b[q] == 0xC2 and q + 1 < e and b[q + 1] == 0xA0:
                q += 2
            if q + 3 <= e and b[q] == c":" and b[q + 1] == c" " and b[q + 2] == c" ":
                m.word = g.word_kinds[at]
                m.text = q + 3
                return True
        begin = g.word_ends[at]
    return False


cdef inline void take(Match* m, const int32_t* op, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    m.field[op[1]].start = start
    m.field[op[1]].end = end


cdef bint match(Program* g, int at, int stop, const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Match* m) noexcept nogil:
    """Whether the ops from ``at`` on and a severity match at p. Fields of ops that were not reached are empty."""
    cdef const int32_t* op
    cdef Py_ssize_t q, r
    cdef int kind, of, later
    cdef bint literal
    cdef uint8_t first
    while at < stop:
        op = g.ops + at * OP
        kind = op[0]
        if kind == LITERAL:
            if e - p < op[6] or memcmp(b + p, g.texts + op[5], op[6]):
                return False
            p += op[6]
        elif kind == TIME or kind == ISO:
            q = stamp(b, p, e, c" " if kind == TIME else c"T")
            if q < 0:
                return False
            if kind == ISO:
                q = p + 19
                if q < e and b[q] == c"." and digits(b, q + 1, e, 9) > q + 1:
                    q = digits(b, q + 1, e, 9)
                if q < e and b[q] == c"Z":
                    q += 1
                elif q + 3 <= e and (b[q] == c"+" or b[q] == c"-") and digits(b, q + 1, e, 2) == q + 3:
                    r = q + 3
                    if r < e and b[r] == c":":
                        r += 1
                    if digits(b, r, e, 2) == r + 2:
                        q = r + 2
            take(m, op, p, q)
            p = q
        elif kind == EPOCH:
            if digits(b, p, e, 10) != p + 10 or p + 14 > e or b[p + 10] != c"." or digits(b, p + 11, e, 3) != p + 14:
                return False
            take(m, op, p, p + 14)
            p += 14
        elif kind == DIGITS:
            q = p
            if q < e and b[q] == c"-":
                q += 1
            r = digits(b, q, e, 20)
            if r - q < op[2]:
                return False
            take(m, op, p, r)
            p = r
        elif kind == SESSION:
            q = hexadecimal(b, p, e, 16)
            if q == p or q >= e or b[q] != c".":
                return False
            r = hexadecimal(b, q + 1, e, 8)
            if r == q + 1:
                return False
            take(m, op, p, r)
            p = r
        elif kind == VXID:
            q = p
            if q < e and b[q] == c"-":
                q += 1
            r = digits(b, q, e, 10)
            if r > q and r < e and b[r] == c"/" and digits(b, r + 1, e, 20) > r + 1:
                r = digits(b, r + 1, e, 20)
                take(m, op, p, r)
                p = r
            else:
                take(m, op, p, p)
        elif kind == STATE:
            if e - p < 5:
                return False
            for later in range(5):
                if not (48 <= b[p + later] <= 57 or 65 <= b[p + later] <= 90):
                    return False
            take(m, op, p, p + 5)
            p += 5
        elif kind == ZONE and p < e and (b[p] == c"+" or b[p] == c"-"):
            q = zone(b, p, e)
            if q < 0:
                return False
            take(m, op, p, q)
            p = q
        elif kind == ZONE:
            q = p
            while q < e and q < p + 8 and (97 <= (b[q] | 32) <= 122):
                q += 1
                take(m, op, p, q)
                if match(g, at + 1, stop, b, q, e, m):
                    return True
            return False
        elif kind == QUIT:
            if word(g, b, p, e, m):
                for later in range(at + 1, stop):
                    op = g.ops + later * OP
                    if op[0] != LITERAL and op[0] != QUIT and not taken_before(g, g_start(g, at), at, op[1]):
                        m.field[op[1]].start = m.field[op[1]].end = 0
                return True
        else:
            if kind == REMOTE:
                q = p
                if e - p >= 7 and memcmp(b + p, <const char*> "[local]", 7) == 0 and not remote_with_port(b, p, e, op[3]):
                    q = p + 7
                else:
                    q = remote_with_port(b, p, e, op[3])
                if q > p:
                    take(m, op, p, q)
                    if match(g, at + 1, stop, b, q, e, m):
                        return True
                of = NO_SPACE
            else:
                of = op[4]
            q = p
            while q - p < op[2]:
                if q >= e or not in_class(b[q], of):
                    return False
                q += 1
            literal = at + 1 < stop and g.ops[(at + 1) * OP] == LITERAL
            first = g.texts[g.ops[(at + 1) * OP + 5]] if literal else 0
            while True:
                if not literal or (q < e and b[q] == first):
                    take(m, op, p, q)
                    if match(g, at + 1, stop, b, q, e, m):
                        return True
                if q - p >= op[3] or q >= e or not in_class(b[q], of):
                    return False
                q += 1
        at += 1
    return word(g, b, p, e, m)


cdef int g_start(Program* g, int op) noexcept nogil:
    """The first op of the template that an op is part of."""
    cdef int at
    for at in range(g.count):
        if op < g.templates[at + 1]:
            return g.templates[at]
    return 0


cdef bint taken_before(Program* g, int start, int stop, int field) noexcept nogil:
    cdef int at
    for at in range(start, stop):
        if g.ops[at * OP] != LITERAL and g.ops[at * OP + 1] == field:
            return True
    return False


cdef inline Py_ssize_t hexadecimal(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Py_ssize_t most) noexcept nogil:
    if e - p > most:
        e = p + most
    while p < e and (48 <= b[p] <= 57 or 97 <= b[p] <= 102):
        p += 1
    return p


cdef Py_ssize_t remote_with_port(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Py_ssize_t most) noexcept nogil:
    """Where `host(port)` ends; 0 when it does not stand at p."""
    cdef Py_ssize_t q = p, r
    while q < e and q - p < most and not space(b[q]) and b[q] != c"(" and b[q] != c")":
        q += 1
    if q >= e or b[q] != c"(":
        return 0
    r = digits(b, q + 1, e, 5)
    if r == q + 1 or r >= e or b[r] != c")":
        return 0
    return r + 1


cdef inline Span stripped(const uint8_t* b, Span s) noexcept nogil:
    while s.start < s.end and space(b[s.start]):
        s.start += 1
    while s.end > s.start and space(b[s.end - 1]):
        s.end -= 1
    return s


cdef inline Span get(const uint8_t* b, Match* m, int field) noexcept nogil:
    return stripped(b, m.field[field])


cdef inline Span host(const uint8_t* b, Span s) noexcept nogil:
    """`record.host`: without the port."""
    cdef Py_ssize_t q
    if s.end > s.start and b[s.end - 1] == c")":
        q = s.end - 2
        while q >= s.start and 48 <= b[q] <= 57:
            q -= 1
        if q >= s.start and b[q] == c"(" and q < s.end - 2:
            s.end = q
    return s


cdef inline Py_ssize_t trimmed(const uint8_t* b, Py_ssize_t start, Py_ssize_t end) noexcept nogil:
    if end > start and b[end - 1] == 10:
        end -= 1
    if end > start and b[end - 1] == 13:
        end -= 1
    return end


cdef Py_ssize_t untabbed(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, uint8_t* out) noexcept nogil:
    """Copy a text without the tabs of its continuation lines; its length."""
    cdef Py_ssize_t n = 0, stop
    cdef const uint8_t* feed
    while p < e:
        feed = <const uint8_t*> memchr(b + p, 10, e - p)
        stop = feed - b + 1 if feed != NULL else e
        memcpy(out + n, b + p, stop - p)
        n += stop - p
        p = stop
        if feed != NULL and p < e and b[p] == 9:
            p += 1
    return n


cdef const uint8_t* plain_text(Rows* rows, const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Py_ssize_t* n) noexcept nogil:
    """The text b[p:e] as it was before the server put tabs in; NULL when out of memory."""
    cdef uint8_t* out
    n[0] = e - p
    if memchr(b + p, 10, e - p) == NULL:
        return b + p
    out = rows_text(rows, e - p)
    if out != NULL:
        n[0] = untabbed(b, p, e, out)
    return out


cdef struct Fields:  # numbers of the fields of prefix.FIELDS
    int a, c, d, h, m, n, p, r, s, t, u, v, z, T, Q


cdef struct Open:            # the record that lines are being added to
    bint open
    Py_ssize_t start, line
    Match match
    uint64_t session
    Py_ssize_t labels        # where its first label line begins, 0 none yet
    bint detailed            # its first DETAIL was seen...
    bint detail_open         # ... and has not ended yet
    Py_ssize_t detail, detail_end


cdef uint64_t session_of(const uint8_t* b, Fields* f, Match* m) noexcept nogil:
    cdef Span key, start
    if m.field[f.c].end > m.field[f.c].start:
        key = get(b, m, f.c)
        if key.end > key.start:
            return session_hash(b + key.start, key.end - key.start, NULL, 0)
    key = get(b, m, f.p)
    start = get(b, m, f.s)
    if key.end > key.start and start.end > start.start:
        return session_hash(b + key.start, key.end - key.start, b + start.start, start.end - start.start)
    return session_hash(b + key.start, key.end - key.start, NULL, 0)


cdef void close_record(Rows* rows, Fields* f, const uint8_t* b, Open* o, Py_ssize_t end) noexcept nogil:
    """Add the open record, which ends at ``end``, as a row."""
    cdef Match* m = &o.match
    cdef Message said
    cdef Py_ssize_t sql_end, at, n
    cdef const uint8_t* sql
    cdef Span when = m.field[f.m], place, vxid, query
    cdef Span who[4]
    cdef int64_t time, area
    cdef Hot* hot
    cdef Other* other
    o.open = False
    if when.end == when.start:
        when = m.field[f.t]
    place.start = place.end = 0
    if when.end > when.start:
        place = get(b, m, f.z)
    else:
        when = m.field[f.T]
        if when.end == when.start:
            when = m.field[f.n]
    when = stripped(b, when)
    time = clock_us(b + when.start, when.end - when.start)
    if when.end - when.start == 14:
        area = intern(&rows.zones, <const uint8_t*> "epoch", 5, &rows.failed)
    else:
        area = intern(&rows.zones, b + place.start, place.end - place.start, &rows.failed)
    message(b, m.text, end, &said)
    sql_end = trimmed(b, m.text, o.labels if o.labels else end)
    if m.word == LOG and said.kind == -1:
        at = said.end
        while at < sql_end and space(b[at]):
            at += 1
        if at < sql_end:
            hot = rows_hot(rows)
            if hot == NULL:
                return
            vxid = get(b, m, f.v)
            query = get(b, m, f.Q)
            hot.start = o.start
            hot.line = o.line
            hot.time = time
            hot.zone = area
            hot.duration = said.duration
            hot.query_id = query_id(b + query.start, query.end - query.start)
            hot.sql_start = said.end
            hot.sql_end = sql_end
            hot.session = o.session
            hot.transaction = transaction_hash(b + vxid.start, vxid.end - vxid.start)
            hot.flags = said.flags
            who[0] = get(b, m, f.u)
            who[1] = get(b, m, f.d)
            who[2] = get(b, m, f.a)
            who[3] = m.field[f.r]
            if who[3].end == who[3].start:
                who[3] = m.field[f.h]
            who[3] = host(b, stripped(b, who[3]))
            hot.context = rows_context(rows, b, who)
            sql = plain_text(rows, b, hot.sql_start, sql_end, &n)
            if sql == NULL:
                return
            rows_key(rows, hot, sql, n)
            hot.parameters_start = hot.parameters_end = -1
            if o.detailed:
                at = trimmed(b, o.detail, end if o.detail_open else o.detail_end)
                if parameters(b, o.detail, at):
                    hot.parameters_start = o.detail + 12
                    hot.parameters_end = at
                    sql = plain_text(rows, b, hot.parameters_start, at, &n)
                    if sql == NULL:
                        return
                    rows_parameters(rows, hot, sql, n)
            return
    other = rows_other(rows)
    if other == NULL:
        return
    other.start = o.start
    other.end = end
    other.line = o.line
    other.time = time
    other.zone = area
    other.session = o.session
    other.duration = said.duration
    if m.word >= LABEL:
        other.kind = 6
        other.duration = -1
    elif m.word == FAULT:
        other.kind = 5
    else:
        other.kind = said.kind if said.kind > 0 else 0


cdef int64_t scan(
    Rows* rows, Program* g, Fields* f, const uint8_t* b, Py_ssize_t n, bint loose, Rows* strangers
) noexcept nogil:
    """Frame b[:n]; returns the number of lines. Starts of lines that may have another prefix go to ``strangers.bad``."""
    cdef Py_ssize_t p = 0, e, line = 0, bad_line = 0
    cdef int reason = -1, why, at
    cdef Match m
    cdef Open o
    cdef bint found, plain
    cdef uint64_t session
    cdef const uint8_t* feed
    memset(&o, 0, sizeof(Open))
    while p < n:
        plain = b[p] != 9 and b[p] != 10 and b[p] != 13
        found = False
        if plain:
            for at in range(g.count):
                memset(&m, 0, sizeof(Match))
                if match(g, g.templates[at], g.templates[at + 1], b, p, n, &m):
                    found = True
                    break
        if found:
            if reason >= 0:
                rows_bad(rows, bad_line, line - bad_line, reason)
                reason = -1
            session = session_of(b, f, &m)
            if o.open and m.word >= LABEL and session == o.session:
                if not o.labels:
                    o.labels = p
                if o.detail_open:
                    o.detail_open = False
                    o.detail_end = p
                if m.word == DETAIL and not o.detailed:
                    o.detailed = o.detail_open = True
                    o.detail = m.text
            else:
                if o.open:
                    close_record(rows, f, b, &o, p)
                memset(&o, 0, sizeof(Open))
                o.open = True
                o.start = p
                o.line = line
                o.match = m
                o.session = session
        elif not o.open or (plain and not loose):
            if o.open:
                close_record(rows, f, b, &o, p)
            why = 1 if plain else 0
            if why != reason:
                if reason >= 0:
                    rows_bad(rows, bad_line, line - bad_line, reason)
                reason = why
                bad_line = line
        if plain and not found:
            rows_bad(strangers, p, 0, 0)
        feed = <const uint8_t*> memchr(b + p, 10, n - p)
        line += 1
        p = feed - b + 1 if feed != NULL else n
    if o.open:
        close_record(rows, f, b, &o, n)
    if reason >= 0:
        rows_bad(rows, bad_line, line - bad_line, reason)
    return line


def frame(bytes data, const int32_t[::1] ops, const int32_t[::1] templates, bytes texts, bytes words,
          const int32_t[::1] word_ends, const int32_t[::1] word_kinds, str fields, bint loose):
    """Frame a block: (lines, starts of lines of unknown prefix, rows as `_rows.rows_python` gives them)."""
    cdef Program g
    cdef Fields f
    cdef Rows rows, strangers
    cdef const uint8_t* b = <const uint8_t*> <const char*> data
    cdef Py_ssize_t n = len(data), at, begin = 0
    cdef int64_t lines
    memset(&g, 0, sizeof(Program))
    memset(&rows, 0, sizeof(Rows))
    memset(&strangers, 0, sizeof(Rows))
    g.ops = &ops[0]
    g.templates = &templates[0]
    g.count = len(templates) - 1
    g.texts = <const uint8_t*> <const char*> texts
    g.words = <const uint8_t*> <const char*> words
    g.word_ends = &word_ends[0]
    g.word_kinds = &word_kinds[0]
    g.word_count = len(word_ends)
    for at in range(g.word_count):
        g.first[g.words[begin]] = True
        begin = word_ends[at]
    f.a, f.c, f.d, f.h, f.m, f.n, f.p, f.r = [fields.index(letter) for letter in "acdhmnpr"]
    f.s, f.t, f.u, f.v, f.z, f.T, f.Q = [fields.index(letter) for letter in "stuvzTQ"]
    try:
        with nogil:
            lines = scan(&rows, &g, &f, b, n, loose, &strangers)
        if strangers.failed:
            raise MemoryError
        return lines, [strangers.bad[at].line for at in range(strangers.bads)], rows_python(&rows)
    finally:
        rows_free(&rows)
        rows_free(&strangers)
