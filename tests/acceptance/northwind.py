"""The Northwind sample data, and a program that talks to the API over HTTP as any other would."""

from __future__ import annotations

import csv
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.test import Client

BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "data" / "northwind"


def folder() -> Path:
    """Where the data is: SMS_NORTHWIND, or beside the checkout."""
    return Path(os.environ.get("SMS_NORTHWIND", BESIDE_THE_CHECKOUT))


def table(name: str) -> list[dict[str, str]]:
    """The rows of one of its files."""
    with open(folder() / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Answer:
    """What came back: the status and the JSON, if there was any."""

    status: int
    body: Any


class Integrator:
    """Knows the address, a user name and a password, and nothing of the insides."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.base = f"{address}/api/v1/"
        self.token = ""
        log_in = {"username": username, "password": password}
        self.token = self.post("auth/token/", log_in)["access"]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request and its answer, whatever that is."""
        url = path if path.startswith("http") else self.base + path
        request = urllib.request.Request(url, method=method, headers=headers)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                raw, status = answer.read(), answer.status
        except urllib.error.HTTPError as refusal:
            raw, status = refusal.read(), refusal.code
        return Answer(status, json.loads(raw) if raw else None)

    def get(self, path: str, **query: Any) -> Any:
        """What a GET gives, which must be 200."""
        asked = f"?{urllib.parse.urlencode(query)}" if query else ""
        answer = self.send("GET", f"{path}{asked}")
        assert answer.status == 200, answer
        return answer.body

    def post(self, path: str, body: Any) -> Any:
        """What a POST makes; orders that move stock carry a key."""
        answer = self.send("POST", path, body, **{"Idempotency-Key": str(uuid4())})
        assert answer.status in {200, 201}, answer
        return answer.body

    def patch(self, path: str, body: Any) -> Any:
        """What a PATCH leaves, which must be 200."""
        answer = self.send("PATCH", path, body)
        assert answer.status == 200, answer
        return answer.body

    def pages(self, path: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
        """A list page by page, along its links."""
        page = self.get(path, **query)
        yield page["results"]
        while page["next"]:
            page = self.get(page["next"])
            yield page["results"]

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Everything in a list."""
        return [row for rows in self.pages(path, **query) for row in rows]


class InProcess(Integrator):
    """The same without a server between: fit for thousands of requests, which it counts."""

    def __init__(self, username: str, password: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.requests = 0
        self.log_in = {"username": username, "password": password}
        super().__init__("", username, password)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request and its answer; whoever was away too long logs in again."""
        answer = self._send(method, path, body, headers)
        if answer.status == 401 and self.token:
            self.token = ""
            self.token = self.post("auth/token/", self.log_in)["access"]
            answer = self._send(method, path, body, headers)
        return answer

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        self.requests += 1
        if self.token:
            headers = {**headers, "Authorization": f"Bearer {self.token}"}
        path = path.removeprefix("http://testserver")
        came = self.client.generic(
            method,
            path if path.startswith("/") else self.base + path,
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers=headers,
        )
        return Answer(came.status_code, json.loads(came.content) if came.content else None)
