"""`advisor digest` against pgBadger and pt-query-digest: CPU seconds and peak memory of whole processes, in one run.

    python -m benchmarks.digest [--sizes 20 300] [--kinds stderr csv json slow] [--repeat 3] [-o results.json]

Logs are generated (see generate.py) unless they are there already. Ours, compiled and pure, runs `--repeat` times between
the peers and the median counts; a peer runs once at sizes over 100 MB (it takes minutes). `wc -l` and `zcat` are printed
as the floor. Figures are ratios within this run; absolute seconds belong to the machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.generate import generate
from benchmarks.measure import Use, run

WORK = Path(__file__).parent / ".work"
PEERS = {"stderr": "pgbadger", "csv": "pgbadger", "json": "pgbadger", "slow": "pt-query-digest"}


def log(kind: str, megabytes: int) -> Path:
    path = WORK / f"{kind}-{megabytes}.log"
    if not path.exists() or not Path(f"{path}.truth.json").exists():
        WORK.mkdir(exist_ok=True)
        generate(kind, megabytes, path)
    return path


def distinct(count: int) -> Path:
    """A log in which every statement is a shape of its own."""
    path = WORK / f"distinct-{count}.log"
    if not path.exists():
        WORK.mkdir(exist_ok=True)
        with path.open("w") as out:
            for i in range(count):
                out.write(
                    f"2024-03-01 08:{i // 60000 % 60:02d}:{i // 1000 % 60:02d}.{i % 1000:03d} UTC [{100 + i % 64}] app@shop LOG:  "
                    f"duration: {i % 977}.{i % 1000:03d} ms  statement: SELECT a, b, c FROM tenant_{i} WHERE id = {i} AND name = 'x{i}'\n"
                )
    return path


def ours(path: Path, *, pure: bool = False, command: str = "digest") -> Use:
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, "-m", "advisor", command, str(path), "--quiet"]
        arguments += ["-o", f"{folder}/out"] + (["--format", "json"] if command == "analyze" else ["--jobs", "1"])
        return run(arguments, env={"ADVISOR_PURE": "1"} if pure else None)


def peer(kind: str, path: Path) -> Use | None:
    name = PEERS[kind]
    if shutil.which(name) is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        if name == "pgbadger":
            prefix = ["-p", "%m [%p] %u@%d "] if kind == "stderr" else []
            return run(
                [
                    name,
                    "-q",
                    "-j",
                    "1",
                    "-f",
                    {"json": "jsonlog"}.get(kind, kind),
                    *prefix,
                    "--pid-dir",
                    folder,
                    "-o",
                    f"{folder}/out.html",
                    str(path),
                ]
            )
        return run([name, "--limit", "20", str(path)])


def middle(uses: list[Use]) -> Use:
    return Use(statistics.median(u.cpu for u in uses), max(u.peak_mb for u in uses), max(u.code for u in uses))


def measure(kind: str, megabytes: int, repeat: int) -> dict[str, object]:
    path = log(kind, megabytes)
    size = path.stat().st_size / 1e6
    mine = [ours(path)]
    other = peer(kind, path)
    mine += [ours(path) for _ in range(repeat - 1)]
    best = middle(mine)
    row: dict[str, object] = {
        "kind": kind, "MB": round(size, 1), "ours_cpu": round(best.cpu, 3), "ours_spread": [round(u.cpu, 3) for u in mine],
        "ours_peak_mb": round(best.peak_mb), "exit": best.code, "wc_cpu": round(run(["wc", "-l", str(path)]).cpu, 3),
    }  # fmt: skip
    if other is not None:
        row |= {"peer": PEERS[kind], "peer_cpu": round(other.cpu, 2), "peer_peak_mb": round(other.peak_mb), "peer_exit": other.code,
                "ratio": round(other.cpu / best.cpu, 1)}  # fmt: skip
    slow = ours(path, pure=True)
    row |= {"pure_cpu": round(slow.cpu, 2), "pure_peak_mb": round(slow.peak_mb)}
    if other is not None:
        row["pure_ratio"] = round(other.cpu / slow.cpu, 1)
    print(json.dumps(row), flush=True)
    return row


def analysis(path: Path, repeat: int) -> dict[str, object]:
    """What `analyze` costs beside the digest: a constant (seen on a log of one statement) and milliseconds a shape."""
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.log"
        one.write_text(
            "2024-03-01 08:00:00.000 UTC [1] app@shop LOG:  duration: 5.000 ms  statement: SELECT a FROM t WHERE id = 1\n"
        )
        report = Path(folder) / "report.json"
        run([sys.executable, "-m", "advisor", "analyze", str(path), "--quiet", "--format", "json", "-o", str(report)])
        shapes = json.loads(report.read_text())["workload"]["analysed_shapes"]
        constant = (
            middle([ours(one, command="analyze") for _ in range(repeat)]).cpu
            - middle([ours(one) for _ in range(repeat)]).cpu
        )
        whole = middle([ours(path, command="analyze") for _ in range(repeat)])
        digest = middle([ours(path) for _ in range(repeat)]).cpu
    return {
        "kind": "analyze", "MB": round(path.stat().st_size / 1e6), "cpu": round(whole.cpu, 2), "digest_cpu": round(digest, 2),
        "constant_cpu": round(constant, 2), "analysed_shapes": shapes, "ms_per_shape": round((whole.cpu - digest - constant) * 1000 / max(1, shapes), 1),
        "peak_mb": round(whole.peak_mb),
    }  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sizes", type=int, nargs="+", default=[20, 300])
    options.add_argument("--kinds", nargs="+", default=list(PEERS), choices=list(PEERS))
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument(
        "--distinct",
        type=int,
        default=1_000_000,
        help="statements of the log in which every shape is new; 0: leave out",
    )
    options.add_argument("-o", type=Path, default=WORK / "digest.json")
    o = options.parse_args()
    rows = [measure(kind, size, o.repeat) for kind in o.kinds for size in o.sizes]
    extra: list[dict[str, object]] = []
    if len(o.sizes) > 1:
        for kind in o.kinds:
            small, large = (
                next(r for r in rows if r["kind"] == kind and abs(float(str(r["MB"])) - s) < 1)
                for s in (min(o.sizes), max(o.sizes))
            )
            bytes_between = float(str(large["MB"])) - float(str(small["MB"]))
            cpu_between = float(str(large["ours_cpu"])) - float(str(small["ours_cpu"]))
            extra.append({"kind": kind, "marginal_MB_per_cpu_s": round(bytes_between / cpu_between)})
    if o.distinct:
        use = ours(distinct(o.distinct))
        extra.append(
            {
                "kind": "distinct shapes",
                "shapes": o.distinct,
                "ours_cpu": round(use.cpu, 2),
                "ours_peak_mb": round(use.peak_mb),
                "exit": use.code,
            }
        )
    path = log("stderr", min(o.sizes))
    packed = WORK / "packed.log.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), 6))
    extra.append(
        {
            "kind": "gz",
            "MB": round(path.stat().st_size / 1e6),
            "ours_cpu": round(ours(packed).cpu, 2),
            "zcat_cpu": round(run(["zcat", str(packed)]).cpu, 2),
        }
    )
    extra.append(analysis(path, o.repeat))
    for row in extra:
        print(json.dumps(row), flush=True)
    WORK.mkdir(exist_ok=True)
    o.o.write_text(json.dumps({"runs": rows, "more": extra}, indent=1) + "\n")


if __name__ == "__main__":
    main()
