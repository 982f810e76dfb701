"""Schema files: lexer, parser, and the draft that statements are applied to."""
