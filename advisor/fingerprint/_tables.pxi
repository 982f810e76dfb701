# The tables, filled when the module is loaded, from words.py where they hold SQL.

cdef _load():
    global MINUS_HASH
    cdef int i, j
    cdef uint32_t c
    for i in range(256):
        c = i
        for j in range(8):
            c = (c >> 1) ^ (0xEDB88320 if c & 1 else 0)
        CRC[0][i] = c
    for i in range(256):
        for j in range(1, 8):
            CRC[j][i] = CRC[0][CRC[j - 1][i] & 255] ^ (CRC[j - 1][i] >> 8)
    MINUS_HASH = crc(<const uint8_t*>b"-", 1, 0)
    named = {
        "'": APOSTROPHE, '"': DOUBLE, "`": BACKTICK, "$": DOLLAR, ".": FULLSTOP, ":": COLON, "?": QUESTION,
        "%": PERCENT, "@": AT, "#": HASH, "-": MINUS, "/": SLASH, "*": STAR,
        **dict.fromkeys("(),;[]", MARK), **dict.fromkeys("\0\t\n\x0b\x0c\r ", SPACE),
    }
    for i in range(256):
        char = chr(i)
        letter = i >= 128 or char.isalpha() or char == "_"
        CLASS[i] = LETTER if letter else DIGIT if char.isdigit() else named.get(char, OTHER)
        IDENT[i] = 1 if letter or char.isdigit() else 2 if char == "$" else 0  # 2: not in a dollar tag
        TAGKEY[i] = i < 128 and (char.isalnum() or char in "_.%-")
        PGOP[i] = char in "-+*/<>=~!@#%^&|"
        FOLLOWS[i] = letter or char.isdigit() or char in "'\"$(@%"
        HEX[i] = int(char, 16) if i < 128 and char in "0123456789abcdefABCDEF" else 255
    ends = (WORD, KEYWORD, QUOTED, RPAREN, RBRACKET, LITERAL)
    for i in range(KINDS):
        for j in range(KINDS):
            if j in (COMMA, RPAREN, RBRACKET) or i in (0, LPAREN, LBRACKET, DOT):
                spaced = False
            elif j == DOT or j == CAST:
                spaced = i not in ends
            elif i == CAST:
                spaced = j in (OPERATOR, SIGN)
            elif j == LPAREN:
                spaced = i not in (WORD, QUOTED, SIGN)
            elif j == LBRACKET:
                spaced = i not in (WORD, KEYWORD, QUOTED, RPAREN, RBRACKET)
            elif i == SIGN:
                spaced = j not in (WORD, KEYWORD, QUOTED)
            else:
                spaced = True
            SPACED[i][j] = spaced
    memset(WORDS, 0, sizeof(WORDS))
    for word, flags in _words.WORDS.items():
        raw = bytes(b | 32 for b in word).ljust(16, b"\0")
        low, high = int.from_bytes(raw[:8], "little"), int.from_bytes(raw[8:], "little")
        slot = (((low * K1) ^ (high * K2)) & 0xFFFFFFFFFFFFFFFF) >> 54
        while WORDS[slot].low:
            slot = (slot + 1) % TABLE
        WORDS[slot].low = low
        WORDS[slot].high = high
        WORDS[slot].flags = flags
    for i in range(32):
        KEEP[i] = -1
        ONCE[i] = 0
    for identity, (keep, once) in _words.NAMED.items():
        KEEP[identity] = keep
        ONCE[identity] = once
    for name, number in (
        ("START", W_START), ("PAREN", W_PAREN), ("TYPE_POSTGRESQL", W_TYPE_POSTGRESQL), ("TYPE_MYSQL", W_TYPE_MYSQL),
        ("CONST", W_CONST), ("SUBQUERY", W_SUBQUERY), ("IN", W_IN), ("VALUES", W_VALUES), ("ARRAY", W_ARRAY),
        ("ROW", W_ROW), ("TO", W_TO), ("CURRENT", W_CURRENT), ("OF", W_OF), ("WITH", W_WITH), ("TIME", W_TIME),
        ("ZONE", W_ZONE), ("TIMESTAMP", W_TIMESTAMP), ("DEFAULT", W_DEFAULT), ("FETCH", W_FETCH), ("NAME", W_NAME),
        ("PREPARE", W_PREPARE), ("EXECUTE", W_EXECUTE), ("CALL", W_CALL), ("SET", W_SET), ("DROP", W_DROP),
    ):
        if getattr(_words, name) != number:
            raise ImportError(f"the compiled tokeniser is older than words.{name}: rebuild it")


_load()
