"""Lines behind a container's name, as `docker compose logs` and `kubectl logs --prefix` print them."""

import gzip
from pathlib import Path

import pytest

import advisor
from advisor.model.analysis import Analysis

SHOP = Path(__file__).parents[3] / "fixtures" / "shop"
LOGS = {"postgresql": SHOP / "postgresql" / "shop.log.gz", "mariadb": SHOP / "mariadb" / "slow.log.gz"}


def shapes(result: Analysis) -> list[tuple[str, int, float]]:
    return [(shape.fingerprint, shape.calls, shape.total_seconds) for shape in result.shapes]


@pytest.mark.parametrize("engine", list(LOGS))
@pytest.mark.parametrize("prefix", [b"db-1  | ", b"[pod/db-0/postgres] "])
def test_the_log_inside_reads_as_the_bare_one(tmp_path: Path, engine: str, prefix: bytes) -> None:
    bare = gzip.decompress(LOGS[engine].read_bytes())
    wrapped = tmp_path / "compose.log"
    wrapped.write_bytes(b"".join(prefix + line for line in bare.splitlines(keepends=True)))
    assert shapes(advisor.analyze(wrapped)) == shapes(advisor.analyze(LOGS[engine]))


def test_lines_of_other_containers_are_counted_as_theirs(tmp_path: Path) -> None:
    bare = gzip.decompress(LOGS["postgresql"].read_bytes()).splitlines(keepends=True)
    mixed = tmp_path / "mixed.log"
    mixed.write_bytes(
        b"".join(
            (b"web-1 | GET /orders 200\n" if n % 5 == 0 else b"") + b"db-1  | " + line for n, line in enumerate(bare)
        )
    )
    result = advisor.analyze(mixed)
    assert result.workload.events == advisor.analyze(LOGS["postgresql"]).workload.events
    assert result.sources[0].unreadable.count == len(range(0, len(bare), 5))
    assert result.sources[0].unreadable.examples[0].reason == "a line of the container web-1"
