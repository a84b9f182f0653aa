"""The application as it is served to many, on a database of its own, to be hurt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests import scratch
from tests.serving import Served, free_port, wait_until_ready

PASSWORD = "correct horse battery"
WORKERS, THREADS = 2, 8


@dataclass
class Server:
    """Several processes of several threads each, so that clients meet in the database alone."""

    database_url: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make the tables and the owner."""
        self.manage("migrate")
        self.manage("first_owner", SMS_OWNER_PASSWORD=PASSWORD)

    def manage(self, *command: str, **variables: str) -> str:
        """What a command of manage.py says; its failure is the test's."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            env=self._environment(**variables),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self) -> None:
        """Return once it serves."""
        log = self.folder / "granian.log"
        options = ["--interface", "wsgi", "--no-ws", "--log-level", "warning"]
        size = ["--workers", str(WORKERS), "--blocking-threads", str(THREADS)]
        where = ["--host", "127.0.0.1", "--port", str(self.port), "config.wsgi:application"]
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "granian", *options, *size, *where],
                env=self._environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a group, to be killed as one
            )
        wait_until_ready(Served(self.process, self.port), log)

    def kill(self) -> None:
        """Kill it with all its workers; nobody in it learns of it."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=20)

    def stop(self) -> None:
        """End it in good order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()

    def _environment(self, **variables: str) -> dict[str, str]:
        return scratch.environment(
            DATABASE_URL=self.database_url, SMS_VAR=str(self.folder), **variables
        )
