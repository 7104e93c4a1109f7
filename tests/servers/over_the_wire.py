"""Real servers on the loopback: sshd with keys of its own, and git http-backend behind a small gateway."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HOST = "127.0.0.1"
USER, PASSWORD = "member", "not-a-secret"
_PATIENCE_SECONDS = 15.0


def program(name: str, *places: str) -> str:
    """A program's path; the test is skipped, visibly, where it is not installed."""
    found = shutil.which(name) or next((place for place in places if Path(place).is_file()), None)
    if found is None:
        pytest.skip(f"{name} is not installed (see the list of packages in .ci/run)")
    return found


@contextlib.contextmanager
def sshd(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A running sshd. Yields the address up to the repository's path, and the environment a client needs."""
    server, keygen = program("sshd", "/usr/sbin/sshd", "/usr/local/sbin/sshd"), program("ssh-keygen")
    program("ssh")
    folder.mkdir()
    for name in ("host", "client"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    allowed = folder / "authorized_keys"
    allowed.write_text((folder / "client.pub").read_text())
    allowed.chmod(0o600)
    port = free_port()
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress {HOST}\nHostKey {folder / 'host'}\nAuthorizedKeysFile {allowed}\n"
        f"PidFile {folder / 'pid'}\nMaxStartups 100\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nAllowTcpForwarding no\nX11Forwarding no\nPermitRootLogin prohibit-password\n"
        "AcceptEnv CRMCTL_NOW PYTHONPATH\n"
    )
    with contextlib.suppress(OSError):
        Path("/run/sshd").mkdir(exist_ok=True)
    process = subprocess.Popen([server, "-D", "-E", str(folder / "log"), "-f", str(folder / "sshd_config")])
    known = folder / "known_hosts"
    known.write_text(f"[{HOST}]:{port} {(folder / 'host.pub').read_text()}")
    command = (
        f"ssh -F none -i {folder / 'client'} -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=10 "
        f"-o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes -o SendEnv='CRMCTL_NOW PYTHONPATH'"
    )
    try:
        wait_for(port, process, folder / "log")
        yield f"ssh://{user()}@{HOST}:{port}", {"GIT_SSH_COMMAND": command}
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def http_backend(root: Path) -> Iterator[tuple[str, str]]:
    """`git http-backend` over `root` behind basic authentication. Yields the address with and without it."""
    where = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    backend = program("git-http-backend", f"{where}/git-http-backend")

    class Gateway(BaseHTTPRequestHandler):
        """CGI as far as Git needs it."""

        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            _answer(self, backend, root)

        def do_POST(self) -> None:
            _answer(self, backend, root)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        port = server.server_address[1]
        yield f"http://{USER}:{PASSWORD}@{HOST}:{port}", f"http://{HOST}:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _answer(request: BaseHTTPRequestHandler, backend: str, root: Path) -> None:
    who = _authenticated(request.headers.get("Authorization", ""))
    if who is None:
        request.send_response(401)
        request.send_header("WWW-Authenticate", 'Basic realm="ledger"')
        request.end_headers()
        return
    path, _mark, query = request.path.partition("?")
    env = {
        **os.environ, "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": request.command,
        "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "REMOTE_USER": who, "REMOTE_ADDR": HOST, "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "HTTP_GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
    }  # fmt: skip
    length = int(request.headers.get("Content-Length") or 0)
    body = request.rfile.read(length) if length else b""
    if request.headers.get("Transfer-Encoding") == "chunked":
        body = _chunks(request)
    env["CONTENT_LENGTH"] = str(len(body))
    done = subprocess.run([backend], env=env, input=body, capture_output=True, check=False, timeout=60)
    head, _blank, content = done.stdout.partition(b"\r\n\r\n")
    fields = [line.decode().split(": ", 1) for line in head.split(b"\r\n") if b": " in line]
    status = next((value for name, value in fields if name == "Status"), "200 OK")
    request.send_response(int(status.split()[0]))
    for name, value in fields:
        if name != "Status":
            request.send_header(name, value)
    request.end_headers()
    request.wfile.write(content)


def _authenticated(header: str) -> str | None:
    """The name of who knows the password; everybody here has the same one."""
    scheme, _space, encoded = header.partition(" ")
    name, _colon, password = base64.b64decode(encoded).decode().partition(":") if scheme == "Basic" else ("", "", "")
    return name if name and password == PASSWORD else None


def _chunks(request: BaseHTTPRequestHandler) -> bytes:
    parts = []
    while size := int(request.rfile.readline().split(b";")[0], 16):
        parts.append(request.rfile.read(size))
        request.rfile.readline()
    request.rfile.readline()
    return b"".join(parts)


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def user() -> str:
    import getpass

    return getpass.getuser()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            return
        time.sleep(0.05)
    said = log.read_text("utf-8", "replace") if log.exists() else ""
    pytest.fail(f"sshd did not start: {said[-500:]}")
