"""Pages of relation files, as far as a planner reads them: PostgreSQL 14 to 18, little-endian, 8 KB blocks.

What a planner reads of a relation's files: the number of blocks of its main fork (every access method), the level of
a B-tree's fast root (`_bt_getrootheight`), the counts on a GIN metapage (`ginGetStats`), the extent of a BRIN index's
range map (`brinGetStats`). Hash, GiST and SP-GiST indexes are costed by their number of blocks alone.
"""
