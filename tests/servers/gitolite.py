"""A real gitolite behind a real sshd on the loopback, in a home of its own; each member comes with a key of his own."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.company import git
from tests.servers.over_the_wire import HOST, free_port, program, user, wait_for


@dataclass(frozen=True)
class Gitolite:
    """A running gitolite with one repository; `env(member)` is what that member's Git needs to reach it."""

    home: Path
    port: int
    repository: str = "sales"

    @property
    def address(self) -> str:
        """Where members push to."""
        return f"ssh://{user()}@{HOST}:{self.port}/{self.repository}"

    @property
    def bare(self) -> Path:
        """The repository's folder on the server."""
        return self.home / "repositories" / f"{self.repository}.git"

    def env(self, member: str) -> dict[str, str]:
        """The way in with that member's key and no other."""
        command = (
            f"ssh -F none -i {self.home / 'keys' / member} -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=10 "
            f"-o UserKnownHostsFile={self.home / 'known_hosts'} -o StrictHostKeyChecking=yes "
            "-o SendEnv='CRMCTL_NOW PYTHONPATH'"
        )
        return {"GIT_SSH_COMMAND": command}


@contextlib.contextmanager
def gitolite(home: Path, members: Sequence[str], strangers: Sequence[str], rules: str) -> Iterator[Gitolite]:
    """Set gitolite up under `home` with `rules` for its one repository, and let it be reached.

    `strangers` get keys that the server does not know.
    """
    server = program("sshd", "/usr/sbin/sshd", "/usr/local/sbin/sshd")
    manage, keygen = program("gitolite", "/usr/bin/gitolite3"), program("ssh-keygen")
    keys = home / "keys"
    keys.mkdir(parents=True)
    for name in ("host", "keeper", *members, *strangers):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(keys / name)], check=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {"HOME": str(home)}

    def run(*words: str) -> None:
        done = subprocess.run([manage, *words], cwd=home, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    run("setup", "-pk", str(keys / "keeper.pub"))
    made = Gitolite(home, free_port())
    for member in members:
        (home / ".gitolite" / "keydir").mkdir(exist_ok=True)
        (home / ".gitolite" / "keydir" / f"{member}.pub").write_text((keys / f"{member}.pub").read_text())
    conf = home / ".gitolite" / "conf" / "gitolite.conf"
    conf.write_text(f"{conf.read_text()}\nrepo {made.repository}\n{rules}\n")
    run("compile")
    run("trigger", "POST_COMPILE")
    git(made.bare, "symbolic-ref", "HEAD", "refs/heads/main")
    with contextlib.suppress(OSError):
        Path("/run/sshd").mkdir(exist_ok=True)
    (home / "sshd_config").write_text(
        f"Port {made.port}\nListenAddress {HOST}\nHostKey {keys / 'host'}\n"
        f"AuthorizedKeysFile {home / '.ssh' / 'authorized_keys'}\nSetEnv HOME={home}\n"
        f"PidFile {home / 'pid'}\nMaxStartups 100\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nAcceptEnv CRMCTL_NOW PYTHONPATH\n"
    )
    (home / "known_hosts").write_text(f"[{HOST}]:{made.port} {(keys / 'host.pub').read_text()}")
    process = subprocess.Popen([server, "-D", "-E", str(home / "log"), "-f", str(home / "sshd_config")])
    try:
        wait_for(made.port, process, home / "log")
        yield made
    finally:
        process.terminate()
        process.wait(10)
