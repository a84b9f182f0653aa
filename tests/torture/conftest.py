"""A served application for each file of tests, furnished, and watched for deadlocks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any, LiteralString

import psycopg
import pytest

from tests import databases, scratch
from tests.torture.client import Client, World
from tests.torture.server import PASSWORD, Server

LONG = os.environ.get("SMS_TEST_PROFILE") == "long"


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """An empty database; a file of tests may have one of another kind."""
    with scratch.database_url(databases.engine()) as url:
        yield url


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """It serves as long as this file's tests run, and none of them may cause a deadlock."""
    served = Server(database_url, tmp_path_factory.mktemp("served"))
    served.prepare()
    served.start()
    try:
        yield served
    finally:
        served.stop()
    assert deadlocks(database_url) == 0


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    """The owner's, who may do everything."""
    with closing(Client(server.port)) as client:
        client.log_in("owner", PASSWORD)
        return client.token


@pytest.fixture
def clients(server: Server, token: str) -> Iterator[Callable[[int], list[Client]]]:
    """So many lines of the owner, hung up at the end."""
    made: list[Client] = []

    def dial(count: int) -> list[Client]:
        made.extend(Client(server.port, token) for _ in range(count))
        return made[-count:]

    yield dial
    for client in made:
        client.close()


@pytest.fixture
def world(clients: Callable[[int], list[Client]]) -> World:
    """Goods and warehouses that nobody moved yet."""
    made = World(clients(1)[0])
    made.furnish()
    return made


def deadlocks(url: str) -> int:
    """How many this database has seen; its sessions have told when the last of them is gone."""
    if not url.startswith("postgres"):
        return 0
    with psycopg.connect(scratch.psycopg_url(url), autocommit=True) as connection:
        while _number(
            connection,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        ):
            time.sleep(0.05)
        return _number(
            connection,
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
        )


def _number(connection: psycopg.Connection[Any], query: LiteralString) -> int:
    found = connection.execute(query).fetchone()
    assert found is not None
    return int(found[0])


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each in a thread of its own, all starting together; the first to fail, fails."""
    start = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        start.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


@pytest.fixture
def verified(server: Server) -> Callable[[], None]:
    """The application's own audit of its ledger finds nothing."""

    def verify() -> None:
        server.manage("verify_ledger", "--json")

    return verify
