"""The key agent: a real process, a real socket; only its owner is answered, and it forgets."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.errors import BadConfiguration, InvalidInput
from crmctl.ledger.keys import agent, identity, seal


@pytest.fixture(autouse=True, scope="module")
def english() -> Iterator[None]:
    """The tests below name errors by their English words."""
    before = i18n.language()
    i18n.set_language("en")
    yield
    i18n.set_language(before)


pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX") or not hasattr(os, "fork"), reason="no unix sockets")
SECRET = seal.new_key().secret


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with a short path, and no agent left over after the test."""
    with tempfile.TemporaryDirectory(prefix="crm") as folder:
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        yield Path(folder)
        agent.stop(Path(folder), None)


def socket_of(home: Path, member: str = "alice") -> Path:
    return home / "agent" / f"{member}.sock"


def server_pid(home: Path, member: str = "alice") -> int:
    """The process that serves this home's member, found by the socket on its command line."""
    path = os.fsencode(os.path.realpath(socket_of(home, member)))
    [pid] = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit() and path in command_of(entry)]
    return int(pid)


def command_of(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def gone(home: Path, member: str = "alice") -> None:
    """Wait until nothing answers any more; a hanging agent fails the test by the runner's own patience."""
    for _glance in range(600):
        if agent.ask(home, member) is None and not socket_of(home, member).exists():
            return
        time.sleep(0.05)
    pytest.fail("the agent did not end")


def test_it_keeps_a_secret_until_it_is_told_to_forget(home: Path) -> None:
    assert agent.ask(home, "alice") is None
    agent.start(home, "alice", SECRET, 600)
    assert agent.ask(home, "alice") == SECRET
    assert agent.ask(home, "alice") == SECRET
    assert agent.ask(home, "bob") is None
    [unlocked] = agent.status(home)
    assert unlocked.member == "alice"
    assert 0 < unlocked.seconds_left <= 600
    assert agent.stop(home, "alice") == ["alice"]
    assert agent.ask(home, "alice") is None
    assert agent.stop(home, "alice") == []
    assert agent.status(home) == []
    assert not socket_of(home).exists()


def test_members_and_homes_are_apart(home: Path, tmp_path: Path) -> None:
    other = seal.new_key().secret
    agent.start(home, "alice", SECRET, 600)
    agent.start(home, "bob", other, 600)
    assert agent.ask(home, "alice") == SECRET
    assert agent.ask(home, "bob") == other
    assert agent.ask(tmp_path, "alice") is None
    assert [unlocked.member for unlocked in agent.status(home)] == ["alice", "bob"]
    assert agent.stop(home, None) == ["alice", "bob"]


def test_it_forgets_when_the_time_is_up(home: Path) -> None:
    agent.start(home, "alice", SECRET, 1)
    gone(home)


def test_a_second_start_replaces_the_first(home: Path) -> None:
    other = seal.new_key().secret
    agent.start(home, "alice", SECRET, 600)
    agent.start(home, "alice", other, 600)
    assert agent.ask(home, "alice") == other
    assert len(agent.status(home)) == 1


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")
def test_a_signal_ends_it_and_a_kill_leaves_only_a_stale_socket(home: Path) -> None:
    agent.start(home, "alice", SECRET, 600)
    os.kill(server_pid(home), signal.SIGTERM)
    gone(home)
    agent.start(home, "alice", SECRET, 600)
    os.kill(server_pid(home), signal.SIGKILL)
    gone(home)
    agent.start(home, "alice", SECRET, 600)
    assert agent.ask(home, "alice") == SECRET


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_the_secret_is_nowhere_to_be_read(home: Path) -> None:
    agent.start(home, "alice", SECRET, 600)
    process = Path("/proc") / str(server_pid(home))
    for name in ("cmdline", "environ"):
        assert SECRET.encode() not in (process / name).read_bytes()
    assert (process / "cwd").resolve() == Path("/")
    assert "Max core file size        0                    0" in (process / "limits").read_text()
    assert {str((process / "fd" / stream).readlink()) for stream in "012"} == {os.devnull}
    assert [path.name for path in home.rglob("*")] == ["agent", "alice.sock"]


def test_socket_and_folder_are_the_owners_alone(home: Path) -> None:
    before = os.umask(0)
    try:
        agent.start(home, "alice", SECRET, 600)
    finally:
        os.umask(before)
    assert stat.S_IMODE(socket_of(home).stat().st_mode) == 0o600
    assert stat.S_IMODE(socket_of(home).parent.stat().st_mode) == 0o700


def test_a_folder_open_to_others_is_neither_used_nor_believed(home: Path) -> None:
    agent.start(home, "alice", SECRET, 600)
    (home / "agent").chmod(0o755)
    assert agent.ask(home, "alice") is None
    with pytest.raises(BadConfiguration, match="not yours alone"):
        agent.start(home, "alice", SECRET, 600)
    (home / "agent").chmod(0o700)
    assert agent.ask(home, "alice") == SECRET


def test_a_link_in_place_of_the_folder_is_refused(home: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (home / "agent").symlink_to(tmp_path)
    with pytest.raises(BadConfiguration):
        agent.start(home, "alice", SECRET, 600)
    assert agent.ask(home, "alice") is None


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="the system does not tell the peer's user")
def test_another_user_is_not_answered_and_not_asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from crmctl.ledger.keys.agent_server import Server

    (home / "agent").mkdir(mode=0o700)
    server = Server(socket_of(home), bytearray(SECRET.encode()), 600)
    me = os.getuid()
    try:
        for user, answer in ((me, SECRET.encode()), (me + 1, b"")):
            left, right = socket.socketpair()
            with left, right:
                right.sendall(b"get\n")
                monkeypatch.setattr(os, "getuid", lambda user=user: user)
                assert agent.peer_is_me(left) is (user == me)
                server._answer(left)
                left.shutdown(socket.SHUT_WR)
                assert right.recv(100) == answer
    finally:
        monkeypatch.undo()
        server._socket.close()
        server._forget()
    assert set(server._secret) == {0}
    assert not socket_of(home).exists()


def test_a_caller_who_says_nothing_or_nonsense_holds_up_nobody(home: Path) -> None:
    agent.start(home, "alice", SECRET, 600)
    for word in (b"", b"x" * 5000, b"get", b"GET\n", b"\x00"):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(socket_of(home)))
            connection.settimeout(5)
            if word:
                connection.sendall(word)
            connection.shutdown(socket.SHUT_WR)
            try:
                assert connection.recv(1000) == b""
            except ConnectionResetError:
                continue
    assert agent.ask(home, "alice") == SECRET


def test_an_impostor_that_never_answers_does_not_hang_the_caller(home: Path) -> None:
    (home / "agent").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_of(home)))
        listener.listen()
        asked = threading.Thread(target=agent.ask, args=(home, "alice"))
        asked.start()
        asked.join(30)
        assert not asked.is_alive()


def test_a_plain_file_in_place_of_the_socket_is_left_alone(home: Path) -> None:
    (home / "agent").mkdir(mode=0o700)
    socket_of(home).write_text("x")
    assert agent.ask(home, "alice") is None
    assert agent.stop(home, None) == []
    assert socket_of(home).read_text() == "x"


def test_the_runtime_folder_is_used_where_there_is_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="run") as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        agent.start(home, "alice", SECRET, 600)
        assert agent.ask(home, "alice") == SECRET
        assert len(list(Path(runtime).glob("crmctl-*/alice.sock"))) == 1
        assert not (home / "agent").exists()
        agent.stop(home, None)


def test_a_long_home_does_not_break_the_limit_of_a_sockets_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    long = tmp_path / ("x" * 100)
    member = "a" * 32
    folder = agent._folder(long)
    assert len(os.fsencode(folder / f"{member}.sock.1234567")) < 104
    try:
        agent.start(long, member, SECRET, 600)
        assert agent.ask(long, member) == SECRET
        assert [path.suffix for path in folder.iterdir()] == [".sock"]  # no file: nothing rests there
    finally:
        agent.stop(long, None)
    assert not folder.exists()  # the agent takes its folder along


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc")
def test_what_a_killed_agent_left_is_taken_away_by_the_next_start_of_any(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "_TEMPORARY", place := Path(tempfile.mkdtemp(prefix="crm")))
    try:
        long = tmp_path / ("x" * 100)
        agent.start(long, "alice", SECRET, 600)
        folder = agent._folder(long)
        path = os.fsencode(folder / "alice.sock")
        [pid] = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit() and path in command_of(one)]
        os.kill(pid, signal.SIGKILL)
        for _glance in range(600):
            if path not in command_of(Path(f"/proc/{pid}")):
                break
            time.sleep(0.05)
        assert [one.name for one in folder.iterdir()] == ["alice.sock"]
        (place / f"crmctl-{os.getuid()}-0a1b2c3d").mkdir(0o700)  # of an earlier crmctl, which left them empty
        agent.start(home, "alice", SECRET, 600)
        assert list(place.iterdir()) == []
    finally:
        place.rmdir()


def test_the_process_imports_ours_and_not_what_lies_in_the_callers_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crmctl").mkdir()
    (tmp_path / "crmctl" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    agent.start(home, "alice", SECRET, 600)
    assert agent.ask(home, "alice") == SECRET


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_at_all(seconds: int, home: Path) -> None:
    with pytest.raises(InvalidInput):
        agent.start(home, "alice", SECRET, seconds)


def test_a_system_without_unix_sockets_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent.start(home, "alice", SECRET, 600)
    with monkeypatch.context() as windows:
        windows.delattr(socket, "AF_UNIX")
        assert agent.ask(home, "alice") is None
        with pytest.raises(BadConfiguration, match="unix sockets") as caught:
            agent.start(home, "alice", SECRET, 600)
        assert caught.value.hint


def test_a_process_that_cannot_start_is_reported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(BadConfiguration, match="did not start"):
        agent.start(home, "alice", SECRET, 600)
    monkeypatch.setattr(sys, "executable", str(home / "no python"))
    with pytest.raises(BadConfiguration, match="did not start"):
        agent.start(home, "alice", SECRET, 600)


def test_load_takes_the_secret_from_the_agent(home: Path) -> None:
    identity.create(home, "alice", None)
    secret = identity.load(home, "alice", None).secret
    (home / "identities" / "alice" / "identity.txt").unlink()
    agent.start(home, "alice", secret, 600)
    assert identity.load(home, "alice", None).secret == secret


def test_asking_where_no_agent_runs_loads_nothing_heavy() -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from crmctl.ledger.keys import agent\n"
        "agent.ask(Path('.'), 'alice')\n"
        "print(*(name for name in ('socket', 'subprocess', 'hashlib', 'yaml', 'pyrage', 'cryptography') if name in sys.modules))\n"
    )
    root = Path(agent.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
