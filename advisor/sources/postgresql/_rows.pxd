# What the compiled framers of PostgreSQL share: rows of a block in the making, and what a message says.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from advisor.fingerprint._tokenise cimport Scratch

cdef struct Span:            # a stretch of the block
    Py_ssize_t start
    Py_ssize_t end

cdef struct Hot:             # a complete execution; the same order as _HOT in _rows.pyx
    int64_t start, line, time, zone, duration, query_id, sql_start, sql_end, parameters_start, parameters_end
    uint64_t session, transaction, key, literals
    uint32_t keys[4]
    int32_t in_count, context, tag, flags

cdef struct Other:           # any other record; the same order as _OTHER
    int64_t start, end, line, time, zone, duration, kind
    uint64_t session

cdef struct Bad:             # lines that are no record
    int64_t line, count, reason

cdef struct Intern:          # distinct byte strings, numbered as they come
    uint8_t* arena
    Py_ssize_t used, room
    Py_ssize_t* ends         # of each string in the arena
    uint64_t* hashes
    int32_t* table
    int32_t count, slots

cdef struct Rows:
    Hot* hot
    Py_ssize_t hots, hot_room
    Other* other
    Py_ssize_t others, other_room
    Bad* bad
    Py_ssize_t bads, bad_room
    Intern zones
    Intern contexts
    Intern tags
    Scratch scratch          # of the tokeniser
    uint8_t* text            # a statement without its transport escapes
    Py_ssize_t text_room
    uint8_t* name            # a key being put together
    Py_ssize_t name_room
    bint failed              # out of memory

cdef struct Message:
    Py_ssize_t end           # where the statement begins
    int64_t duration         # microseconds, -1 none
    int kind                 # of record.py; -1 a complete execution
    int flags

cdef void rows_free(Rows* rows) noexcept nogil
cdef Hot* rows_hot(Rows* rows) noexcept nogil
cdef Other* rows_other(Rows* rows) noexcept nogil
cdef void rows_bad(Rows* rows, int64_t line, int64_t count, int64_t reason) noexcept nogil
cdef int32_t intern(Intern* table, const uint8_t* text, Py_ssize_t n, bint* failed) noexcept nogil
cdef int32_t rows_context(Rows* rows, const uint8_t* b, Span* four) noexcept nogil
cdef void rows_key(Rows* rows, Hot* hot, const uint8_t* sql, Py_ssize_t n) noexcept nogil
cdef void rows_parameters(Rows* rows, Hot* hot, const uint8_t* text, Py_ssize_t n) noexcept nogil
cdef uint8_t* rows_text(Rows* rows, Py_ssize_t n) noexcept nogil
cdef uint64_t name_hash(const uint8_t* text, Py_ssize_t n) noexcept nogil
cdef uint64_t session_hash(const uint8_t* first, Py_ssize_t n, const uint8_t* second, Py_ssize_t m) noexcept nogil
cdef uint64_t transaction_hash(const uint8_t* text, Py_ssize_t n) noexcept nogil
cdef int64_t clock_us(const uint8_t* text, Py_ssize_t n) noexcept nogil
cdef int64_t query_id(const uint8_t* text, Py_ssize_t n) noexcept nogil
cdef Py_ssize_t digits(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Py_ssize_t most) noexcept nogil
cdef Py_ssize_t stamp(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, uint8_t middle) noexcept nogil
cdef Py_ssize_t zone(const uint8_t* b, Py_ssize_t p, Py_ssize_t e) noexcept nogil
cdef void message(const uint8_t* b, Py_ssize_t p, Py_ssize_t e, Message* out) noexcept nogil
cdef bint parameters(const uint8_t* b, Py_ssize_t p, Py_ssize_t e) noexcept nogil
cdef object rows_python(Rows* rows)
