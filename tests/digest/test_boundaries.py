"""A block may end anywhere: the digest of a small log is the same for every block size there is, with one job or two."""

import gzip
from pathlib import Path

import pytest

from advisor.digest.digest import Digest
from advisor.sources.options import ReadOptions
from advisor.sources.read import Reading

SHOP = Path(__file__).parents[2] / "fixtures" / "shop"
LOGS = {
    "stderr": SHOP / "postgresql" / "shop.log.gz",
    "csv": SHOP / "postgresql" / "shop.csv.gz",
    "json": SHOP / "postgresql" / "shop.json.gz",
    "slow": SHOP / "mariadb" / "slow.log.gz",
}


def digested(path: Path, block_bytes: int, jobs: int) -> bytes:
    reading = Reading([str(path)], ReadOptions(block_bytes=block_bytes, jobs=jobs))
    digest = Digest(reading.summaries)
    for batch in reading:
        digest.add(batch)
    digest.capture = reading.capture
    return digest.to_bytes()


@pytest.mark.parametrize("form", list(LOGS))
def test_every_block_size_gives_the_same_digest(tmp_path: Path, form: str) -> None:
    lines = gzip.decompress(LOGS[form].read_bytes()).splitlines(keepends=True)
    # Where the prepared statements begin: durations, parameters in lines of their own, parse and bind lines between.
    first = 0 if form == "slow" else next(n for n, line in enumerate(lines) if b"execute _pg3" in line)
    small = b"".join(lines[first : first + (14 if form == "slow" else 4)])
    path = tmp_path / f"small.{form}"
    path.write_bytes(small)
    whole = digested(path, len(small) + 1, 1)
    for size in range(1, len(small) + 1):
        assert digested(path, size, 1 + size % 2) == whole, size
