"""Orders that are carried out once, however often they are sent (`Idempotency-Key`)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import ClassVar
from urllib.parse import urlencode

import orjson
from rest_framework.request import Request
from rest_framework.response import Response

from config.container import Injected
from sms_core.shared.entities import Actor
from sms_core.shared.errors import Forbidden, Invalid
from sms_core.shared.ports import Answer, OnceOnly

FORM_PARAMETER = "idempotency_key"
_NOT_ASKED = frozenset({FORM_PARAMETER, "format"})
_KEY = re.compile(r"[\x20-\x7e]{1,255}")


def key_of(request: Request) -> str:
    """The request's key; raises Invalid. Only a form in a browser may have it in its address."""
    key = request.headers.get("Idempotency-Key")
    if key is None and request.auth is None:
        key = request.query_params.get(FORM_PARAMETER)
    if key is None:
        raise Invalid("Send an Idempotency-Key with this.", code="idempotency_key_required")
    if not _KEY.fullmatch(key):
        raise Invalid(
            "An Idempotency-Key has 1 to 255 printable ASCII characters.", code="idempotency_key"
        )
    return key


def fingerprint(request: Request) -> str:
    """What makes two requests the same: method, path, what the address asks for and body, not
    how the body is laid out."""
    data = request.data
    body = dict(data.lists()) if hasattr(data, "lists") else data
    body = {name: value for name, value in body.items() if name != "csrfmiddlewaretoken"}
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    asked = {name: v for name, v in request.query_params.items() if name not in _NOT_ASKED}
    address = "?".join([request.path, *([urlencode(sorted(asked.items()))] if asked else [])])
    text = f"{request.method}\n{address}\n{canonical}"
    return hashlib.sha256(text.encode()).hexdigest()


class OnceMixin:
    """For viewsets whose actions named in `idempotent` take an `Idempotency-Key`."""

    idempotent: ClassVar[frozenset[str]] = frozenset()
    once_only = Injected(OnceOnly)  # type: ignore[type-abstract]
    request: Request
    actor: Actor

    def once(self, use_case: Callable[[], Response]) -> Response:
        """Answer what `use_case` answers, or answered when this request came before."""

        def run() -> Answer:
            response = use_case()
            return Answer(response.status_code, orjson.dumps(response.data, default=str).decode())

        user_id = self.actor.user_id
        if user_id is None:
            raise Forbidden("Only a user can send orders.")
        answer = self.once_only.run(
            user_id=user_id,
            key=key_of(self.request),
            fingerprint=fingerprint(self.request),
            use_case=run,
        )
        headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
        return Response(json.loads(answer.body), status=answer.status, headers=headers)
