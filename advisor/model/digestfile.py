"""How a digest file is recognised. Kept here because readers of inputs and the digest both need it."""

#: First bytes of every digest file. The high bit and the line ends betray a transfer that damaged it (as in PNG).
MAGIC = b"\x8fadvisor-digest\r\n\x1a\n"
#: Version of the layout that follows. A reader refuses what is newer than itself.
VERSION = 3
