"""The application as `manage.py start` serves it, for tests that come in by its front door."""

import http.client
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import scratch

START_SECONDS = 90


@dataclass(frozen=True)
class Served:
    """A running server of this checkout."""

    process: subprocess.Popen[bytes]
    port: int

    def url(self, path: str = "/") -> str:
        """Where a path is found."""
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path: str, token: str | None = None) -> http.client.HTTPResponse:
        """Its answer to a GET."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.url(path), headers=headers)
        return urllib.request.urlopen(request, timeout=20)

    def json(self, path: str, token: str | None = None) -> Any:
        """The JSON of its answer."""
        return json.load(self.get(path, token))

    def log_in(self, username: str, password: str) -> str:
        """An access token."""
        request = urllib.request.Request(
            self.url("/api/v1/auth/token/"),
            json.dumps({"username": username, "password": password}).encode(),
            {"Content-Type": "application/json"},
        )
        return json.load(urllib.request.urlopen(request, timeout=20))["access"]


@contextmanager
def started(log: Path, **variables: str) -> Iterator[Served]:
    """`manage.py start` with these variables, answering; ended when the block ends."""
    port = free_port()
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "start"],
            env=scratch.environment(PORT=str(port), **variables),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    served = Served(process, port)
    try:
        wait_until_ready(served, log)
        yield served
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_until_ready(served: Served, log: Path) -> None:
    """Return once it can serve; what it said tells why it does not."""
    deadline = time.monotonic() + START_SECONDS
    while served.process.poll() is None and time.monotonic() < deadline:
        try:
            served.get("/readyz")
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The application did not start:\n{log.read_text()}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
