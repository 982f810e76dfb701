"""What a hostile tool can reach from within the sandbox: nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from advisor.dryrun.capture import sandbox
from advisor.dryrun.capture.sandbox import Ended, RefusedError, Task, run

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces of Linux")


class Hello:
    """A door that says one word."""

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.sendall(b"hello")


@pytest.fixture(scope="module", autouse=True)
def _possible() -> None:
    try:
        run(Task(argv=["true"], directory=Path("/usr")))
    except RefusedError as error:
        pytest.skip(str(error))


def tried(root: Path, code: str, *, seconds: float = 60.0, unsafe: bool = False) -> Ended:
    """A Python program in a sandbox whose project is ``root``."""
    return run(
        Task(
            argv=["/usr/bin/env", "python3", "-c", textwrap.dedent(code)],
            directory=root,
            project=root,
            doors=[Hello()],
            seconds=seconds,
        ),
        unsafe=unsafe,
    )


def test_door_is_the_only_way_out(tmp_path: Path) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    path = tmp_path.parent / f"{os.getpid()}.sock"
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(path))
    unix.listen()
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0advisor-test-{os.getpid()}")
    abstract.listen()
    try:
        ended = tried(
            tmp_path,
            f"""
            import socket
            def attempt(family, address):
                with socket.socket(family) as one:
                    one.settimeout(3)
                    try:
                        one.connect(address)
                        return one.recv(10).decode()
                    except OSError as error:
                        return type(error).__name__
            print(attempt(socket.AF_INET, ("127.0.0.1", {sandbox.FIRST_PORT})))
            print(attempt(socket.AF_INET, ("127.0.0.1", {listening.getsockname()[1]})))
            print(attempt(socket.AF_INET, ("127.0.0.1", 5432)))
            print(attempt(socket.AF_INET, ("192.0.2.1", 5432)))
            print(attempt(socket.AF_UNIX, {str(path)!r}))
            print(attempt(socket.AF_UNIX, "/var/run/postgresql/.s.PGSQL.5432"))
            print(attempt(socket.AF_UNIX, "\\0advisor-test-{os.getpid()}"))
            try:
                socket.socket(40, socket.SOCK_STREAM)  # AF_VSOCK
            except OSError as error:
                print(error.errno)
            """,
        )
    finally:
        for one in (listening, unix, abstract):
            one.close()
        path.unlink()
    refused, missing = "ConnectionRefusedError", "FileNotFoundError"
    assert ended.output.split() == ["hello", refused, refused, "OSError", missing, missing, refused, "97"]


def test_environment_holds_nothing_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cr3t-value")
    ended = tried(
        tmp_path,
        """
        import os, pathlib
        print(dict(os.environ))
        for name in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                print(name, name.read_bytes())
            except OSError as error:
                print(name, type(error).__name__)
        print(sorted(os.listdir(os.environ["HOME"])))
        """,
    )
    assert ended.code == 0
    assert "s3cr3t" not in ended.output


def test_files_stay_as_they_are(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "config").write_text("extraheader = token")
    (root / "a.py").write_text("x = 1\n")
    (tmp_path / "other").write_text("other project")
    ended = tried(
        root,
        f"""
        import os
        def attempt(what, *arguments):
            try:
                return what(*arguments)
            except OSError as error:
                return type(error).__name__
        def write(path):
            with open(path, "w") as file:
                file.write("changed")
            return "written"
        print(attempt(write, "a.py"))
        print(attempt(write, "/usr/lib/x"), attempt(write, "/etc/x"), attempt(write, "/x"))
        print(attempt(open, {str(tmp_path / "other")!r}), attempt(os.listdir, ".git"))
        print(attempt(os.listdir, {str(Path.home())!r}), attempt(open, "/etc/shadow"))
        print(attempt(write, os.environ["HOME"] + "/x"), attempt(write, "/proc/sys/kernel/core_pattern"))
        print(attempt(os.mkdir, "/tmp/below"), os.path.exists("/tmp/below"))
        """,
    )
    lines = [line.split() for line in ended.output.splitlines()]
    assert lines[0] == ["written"], ended.output  # the tool's own copy
    assert set(lines[1]) <= {"OSError", "PermissionError"}
    assert lines[2][0] == "FileNotFoundError"
    assert lines[2][1] in ("[]", "FileNotFoundError")
    assert lines[3][0] in ("FileNotFoundError", "PermissionError")
    assert lines[3][1] == "FileNotFoundError"
    assert lines[4] == ["written", "PermissionError"] or lines[4] == ["written", "OSError"]
    assert lines[5] == ["None", "True"]
    assert (root / "a.py").read_text() == "x = 1\n"
    assert not Path("/tmp/below").exists()


def test_large_project_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o755)
    with (tmp_path / "big").open("wb") as file:
        file.truncate(80 << 20)
    (tmp_path / "big").chmod(0o644)
    ended = tried(tmp_path, "import os; print(os.path.getsize('big')); open('x', 'w')")
    assert ended.output.split()[0] == str(80 << 20)
    assert "Read-only file system" in ended.said()
    assert not (tmp_path / "x").exists()


def test_rights_are_gone(tmp_path: Path) -> None:
    ended = tried(
        tmp_path,
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        print(os.getuid(), [line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapE", "CapB", "NoNew"))])
        print(libc.unshare(0x10000000), libc.ptrace(16, 1, 0, 0), libc.mount(b"none", b"/tmp", b"tmpfs", 0, 0))
        print(libc.ptrace(0, 0, 0, 0), libc.syscall(425, 1, 0), libc.setns(3, 0), libc.chroot(b"/tmp"))
        try:
            os.kill(1, 9)
        except OSError as error:
            print(type(error).__name__)
        print("alive", os.getppid())
        """,
    )
    lines = ended.output.splitlines()
    assert lines[0].split()[0] != "0"
    assert "['0000000000000000', '0000000000000000', '1']" in lines[0]
    assert lines[1] == "-1 -1 -1"
    assert lines[2] == "-1 -1 -1 -1"
    assert lines[-1].startswith("alive")


def test_nothing_forks_away(tmp_path: Path) -> None:
    mark = f"advisor-orphan-{os.getpid()}"
    for unsafe in (False, True):
        task = Task(
            argv=["/usr/bin/env", "python3", "-c", _FORKING, mark],
            directory=tmp_path,
            project=tmp_path,
        )
        ended = run(task, unsafe=unsafe) if not unsafe else sandbox._Run(task, isolated=False).run()
        assert ended.code == 0, ended.output
        assert "away" in ended.output
        assert not _processes(mark)


_FORKING = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (0, 1, 2):
            os.close(number)
        time.sleep(600)
    os._exit(0)
time.sleep(0.3)
print("away")
"""


def _processes(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if mark.encode() in text and b"pytest" not in text:
            found.append(path.parent.name)
    return found


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("while True: pass", "did not end within 2 s"),
        ("import signal, time\nfor n in range(1, 64):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: time.sleep(1)", "did not end within 2 s"),
        ("while True: print('x' * 65536)", "printed more than"),
        ("import os\nos.close(1); os.close(2)\nwhile True: pass", "did not end within 2 s"),
    ],
)  # fmt: skip
def test_it_is_ended(tmp_path: Path, code: str, words: str) -> None:
    started = time.monotonic()
    ended = tried(tmp_path, code, seconds=2.0 if "2 s" in words else 60.0)
    assert ended.stopped is not None
    assert words in ended.stopped
    assert time.monotonic() - started < 30


def test_disk_and_memory_are_bounded(tmp_path: Path) -> None:
    ended = tried(
        tmp_path,
        """
        import os, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = 0
        try:
            for number in range(10):
                with open(os.environ["HOME"] + f"/{number}", "wb") as file:
                    for _ in range(100):
                        size += file.write(b"x" * (1 << 20))
        except OSError as error:
            print(error.errno, size >> 20 < 300)
        try:
            bytearray(1 << 40)
        except MemoryError:
            print("memory")
        """,
    )
    assert ended.output.split() == ["28", "True", "memory"], ended.output


def test_it_ends_with_us(tmp_path: Path) -> None:
    mark = f"advisor-killed-{os.getpid()}"
    program = textwrap.dedent(f"""
        from pathlib import Path
        from advisor.dryrun.capture.sandbox import Task, run
        root = Path({str(tmp_path)!r})
        run(Task(argv=["/usr/bin/env", "python3", "-c", "import time; time.sleep(600)", {mark!r}], directory=root, project=root))
    """)
    parent = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 30
    while not _processes(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _processes(mark)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 10
    while _processes(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _processes(mark)


def test_refusal_says_why_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = sandbox._Run

    class Closed(original):  # type: ignore[misc, valid-type]
        def __init__(self, task: Task, *, isolated: bool) -> None:
            super().__init__(task, isolated=isolated)
            self.closed = isolated

        def run(self) -> Ended:
            if self.closed:
                raise RefusedError("user namespaces are not allowed here")
            return super().run()  # type: ignore[no-any-return]

    monkeypatch.setattr(sandbox, "_Run", Closed)
    monkeypatch.setenv("SECRET_TOKEN", "s3cr3t-value")
    with pytest.raises(RefusedError, match="--unsafe-execute") as error:
        tried(tmp_path, "print(1)")
    assert "\n" not in str(error.value)
    ended = tried(
        tmp_path,
        "import os; print(os.environ); print(os.path.isdir(os.environ['HOME']), open('/proc/self/status').read())",
        unsafe=True,
    )
    assert ended.code == 0
    assert "s3cr3t" not in ended.output
    assert "NoNewPrivs:\t1" in ended.output
    assert any("--unsafe-execute" in one for one in ended.notices)


def test_doors_do_not_outlive_it(tmp_path: Path) -> None:
    before = threading.active_count()
    for _ in range(3):
        assert tried(tmp_path, "print(1)").code == 0
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert threading.active_count() <= before


def test_process_above_it_is_closed(tmp_path: Path) -> None:
    """Process 1 of the sandbox has the tool's account, and more rights than the tool for a moment."""
    ended = tried(
        tmp_path,
        """
        for name in ("mem", "environ", "root/etc/passwd", "cwd/x", "maps", "fd/0"):
            for mode in ("rb", "r+b"):
                try:
                    open("/proc/1/" + name, mode)
                    print("open", name, mode)
                except OSError as error:
                    pass
        """,
    )
    assert (ended.code, ended.output) == (0, "")


def test_checkouts_within_a_project_hide_their_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.dryrun.capture import tree

    (tmp_path / "other" / ".git").mkdir(parents=True)
    (tmp_path / "other" / ".git" / "config").write_text("token = secret")
    (tmp_path / "module").mkdir()
    (tmp_path / "module" / ".git").write_text("gitdir: elsewhere")
    tmp_path.chmod(0o755)
    monkeypatch.setattr(tree, "_COPIED", (0, 0))
    wanted = sandbox._Run(Task(argv=["true"], directory=tmp_path, project=tmp_path), isolated=True)._wanted()
    assert sorted(wanted["hidden"]) == [str(tmp_path / "module" / ".git"), str(tmp_path / "other" / ".git")]  # type: ignore[call-overload]


@pytest.mark.parametrize("name", [".ssh", ".aws/sso", ".config/gh", ".local", ".cargo", "."])
def test_keys_are_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / name).mkdir(parents=True, exist_ok=True)
    assert sandbox._once([tmp_path / name]) == []


def test_addresses_may_be_set_aside_but_not_be_filled(tmp_path: Path) -> None:
    code = """
        import mmap
        mmap.mmap(-1, 20 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=0)
        print("aside")
        try:
            bytearray(9 << 30)
        except MemoryError:
            print("bounded")
    """
    assert tried(tmp_path, code).output.split() == ["aside", "bounded"]


def test_the_reason_stands_above_the_stack_of_node() -> None:
    told = """
/p/run.js:3
    throw new Error('no')
    ^

RangeError: WebAssembly.instantiate(): Out of memory
    at lazyllhttp (node:internal/deps/undici/undici:5971:32)

Node.js v20.20.2
"""
    assert Ended(1, told).said() == "RangeError: WebAssembly.instantiate(): Out of memory"
    assert Ended(1, "error: relation \"t\" does not exist\n    at f (x.js:1:2) {\n  code: '42P01'\n}\n").said() == (
        'error: relation "t" does not exist'
    )
    assert Ended(1, "Error: first\nlast words").said() == "last words"
