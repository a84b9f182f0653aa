"""Clients that keep their connection and know what they asked for and what they were told."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]


class Lost(Exception):
    """There was no answer: what was asked for is done, or not; the same key tells which."""


@dataclass(frozen=True)
class Answer:
    """A status and what came with it."""

    status: int
    body: Any
    replayed: bool = False

    @property
    def is_done(self) -> bool:
        """Whether it was carried out."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """What a refusal is called."""
        return "" if self.is_done else str(self.body.get("code"))


@dataclass
class Client:
    """One user on one connection."""

    port: int
    token: str = ""
    timeout: float = 60
    connection: http.client.HTTPConnection | None = None

    def log_in(self, username: str, password: str) -> None:
        """Take a token."""
        answer = self.ask("POST", "auth/token/", {"username": username, "password": password})
        self.token = answer.body["access"]

    def get(self, path: str) -> Any:
        """What lies at this path; a line that broke meanwhile is dialled anew."""
        try:
            answer = self.ask("GET", path)
        except Lost:
            answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def post(self, path: str, body: Body, key: str | None = None) -> Answer:
        """Send an order under a key, a new one unless it is sent again."""
        return self.ask("POST", path, body, {"Idempotency-Key": key or str(uuid.uuid4())})

    def make(self, path: str, **body: Any) -> Any:
        """Something new, on a new line."""
        self.close()
        answer = self.post(path, body)
        assert answer.status == 201, answer
        return answer.body

    def ask(
        self, method: str, path: str, body: Body | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """Send it; raises Lost when the line breaks before the answer is here."""
        sent = dict(headers) | {"Content-Type": "application/json"}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=self.timeout
            )
        try:
            data = None if body is None else json.dumps(body)
            self.connection.request(method, f"/api/v1/{path}", data, sent)
            response = self.connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(str(error)) from error
        replayed = response.headers.get("Idempotency-Replayed") == "true"
        return Answer(response.status, json.loads(text or "null"), replayed)

    def close(self) -> None:
        """Hang up; the next request dials anew."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


@dataclass
class World:
    """Three things to move between two warehouses."""

    client: Client
    variants: list[int] = field(default_factory=list)
    warehouses: list[int] = field(default_factory=list)

    def furnish(self) -> None:
        """Make them."""
        name = uuid.uuid4().hex[:6]
        self.category = self.client.make("categories/", code=name, name=name)["id"]
        units = self.client.get("units/?page_size=100")["results"]
        self.unit = min(unit["id"] for unit in units if unit["places"] == 0)
        self.variants = [self.variant() for _ in range(3)]
        for side in "AB":
            code = f"{side}-{name}"
            self.warehouses.append(self.client.make("warehouses/", code=code, name=code)["id"])

    def variant(self) -> int:
        """One more thing."""
        code = uuid.uuid4().hex[:10]
        product = self.client.make(
            "products/", code=code, name=code, category_id=self.category, unit_id=self.unit
        )
        return int(product["variants"][0]["id"])

    def levels(self) -> dict[tuple[int, int], Any]:
        """What the application says there is, by variant and warehouse."""
        found = {}
        for variant_id in self.variants:
            rows = self.client.get(f"stock/levels/?variant_id={variant_id}")["results"]
            found |= {(row["variant_id"], row["warehouse_id"]): row for row in rows}
        return found
