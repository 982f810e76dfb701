# The hashes of hashing.py.

cdef inline uint64_t load8(const uint8_t* p) noexcept nogil:
    cdef uint64_t w
    memcpy(&w, p, 8)
    return w


cdef inline uint64_t load_part(const uint8_t* p, Py_ssize_t n) noexcept nogil:
    """The first n < 8 bytes, zero-padded, without reading past them."""
    cdef uint64_t w = 0
    cdef Py_ssize_t i
    for i in range(n):
        w |= <uint64_t>p[i] << (8 * i)
    return w


cdef uint64_t hash_text(const uint8_t* p, Py_ssize_t n) noexcept nogil:
    """hashing.shape_key."""
    cdef uint64_t h = <uint64_t>n * K1
    while n >= 8:
        h = (h ^ load8(p)) * K2
        h ^= h >> 32
        p += 8
        n -= 8
    if n > 0:
        h = (h ^ load_part(p, n)) * K2
        h ^= h >> 32
    h *= K1
    h ^= h >> 29
    h *= K2
    return h ^ (h >> 32)


cdef uint32_t crc(const uint8_t* p, Py_ssize_t n, uint32_t c) noexcept nogil:
    """CRC-32 as zlib's, eight bytes a step."""
    cdef uint64_t w
    c = ~c
    while n >= 8:
        w = load8(p) ^ c
        c = (CRC[7][w & 255] ^ CRC[6][(w >> 8) & 255] ^ CRC[5][(w >> 16) & 255] ^ CRC[4][(w >> 24) & 255]
             ^ CRC[3][(w >> 32) & 255] ^ CRC[2][(w >> 40) & 255] ^ CRC[1][(w >> 48) & 255] ^ CRC[0][w >> 56])
        p += 8
        n -= 8
    while n > 0:
        c = CRC[0][(c ^ p[0]) & 255] ^ (c >> 8)
        p += 1
        n -= 1
    return ~c


cdef inline uint64_t combine(uint64_t h, uint32_t value) noexcept nogil:
    h = (h ^ (value if value != 0 else 1)) * K2
    return h ^ (h >> 32)
