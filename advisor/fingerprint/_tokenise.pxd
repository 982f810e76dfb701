# C interface of the compiled tokeniser, for the framing kernels in advisor/sources.
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t

cdef enum Dialect:
    POSTGRESQL = 0
    MYSQL = 1
    SQLITE = 2

cdef struct Keyed:
    uint64_t key            # hash of the normalised text: equal keys, equal normalised text
    uint64_t literals       # hash over all literal values, in order
    uint32_t keys[4]        # hashes of the first four literal values (0: none); a value hashes alike quoted or bare
    int32_t in_count        # elements of the longest collapsed list, 0 none
    Py_ssize_t tag_start    # inside of the last comment that looks like tags (sqlcommenter, marginalia); -1 none
    Py_ssize_t tag_end
    Py_ssize_t length       # bytes of normalised text in the scratch buffer

cdef struct Scratch:        # grows as needed; one per thread; zero-initialise, free with scratch_free
    uint8_t* data
    Py_ssize_t capacity

# Normalise sql[0:n] into scratch and key it. Returns 0, or -1 when out of memory. Needs no GIL.
cdef int tokenise(const uint8_t* sql, Py_ssize_t n, int dialect, Scratch* scratch, Keyed* out) noexcept nogil
# The same for a list of bound parameters as PostgreSQL logs it ("$1 = '7', $2 = NULL"): fills literals and keys only.
cdef int tokenise_parameters(const uint8_t* text, Py_ssize_t n, Keyed* out) noexcept nogil
cdef void scratch_free(Scratch* scratch) noexcept nogil
