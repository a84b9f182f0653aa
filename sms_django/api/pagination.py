"""Pages of lists (`page`, `page_size`) and stretches of ledgers (`after`, `limit`)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.template import loader
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from sms_core.shared.errors import NotFound
from sms_core.shared.paging import CursorPage, CursorRequest, Page, PageRequest

_NUMBER = re.compile(r"[0-9]{1,19}")
_BIGGEST = 2**63 - 1
_LINK = {"type": ["string", "null"], "format": "uri"}


def number_in(request: Request, name: str, *, default: int, most: int) -> int:
    """The positive integer of a query parameter; raises ValidationError outside 1..most."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= most:
        raise ValidationError({name: [f"This must be an integer from 1 to {most}."]})
    return int(text)


class PagePagination(PageNumberPagination):
    """Numbered pages. The core has counted and cut already; here are the links and controls."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 200
    page_query_description = "The number of the page, from 1."
    page_size_query_description = "How many on a page, 25 if left out, at most 200."
    parameters = frozenset({"page", "page_size"})

    def asked(self, request: Request) -> PageRequest:
        """Which page the query string asks for."""
        size = number_in(request, "page_size", default=self.page_size, most=self.max_page_size)
        number = number_in(request, "page", default=1, most=_BIGGEST)
        if number * size > _BIGGEST:
            raise NotFound("There is no such page.")
        return PageRequest(number=number, size=size)

    def answer(self, request: Request, page: Page[Any], results: Any) -> Response:
        """The page in its envelope; raises NotFound past the end."""
        self.request = request
        paginator = Paginator(range(page.total), page.request.size)
        if page.request.number > paginator.num_pages:
            raise NotFound("There is no such page.")
        self.page = paginator.page(page.request.number)
        self.display_page_controls = paginator.num_pages > 1
        return self.get_paginated_response(results)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "How many there are on all pages."},
                "next": _LINK,
                "previous": _LINK,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        page, size = super().get_schema_operation_parameters(view)
        page["schema"] = {"type": "integer", "minimum": 1, "default": 1}
        size["schema"] = {
            "type": "integer",
            "minimum": 1,
            "maximum": self.max_page_size,
            "default": self.page_size,
        }
        return [page, size]


class KeysetPagination(BasePagination):
    """A ledger, newest first: no count, and no row is lost or seen twice while it grows.

    The cursor is the position after the last row seen; it tells nobody anything new, so it is
    readable rather than signed. `kinds` are the types of its values.
    """

    kinds: tuple[type[Any], ...] = (datetime, int)
    default_limit = 100
    max_limit = 500
    template = "rest_framework/pagination/previous_and_next.html"
    display_page_controls = False
    parameters = frozenset({"after", "limit"})

    def asked(self, request: Request) -> CursorRequest:
        """Which stretch the query string asks for; raises ValidationError."""
        limit = number_in(request, "limit", default=self.default_limit, most=self.max_limit)
        text = request.query_params.get("after")
        return CursorRequest(after=None if text is None else self.decoded(text), limit=limit)

    def answer(self, request: Request, page: CursorPage[Any], results: Any) -> Response:
        """The stretch in its envelope; a ledger is read forwards only."""
        self.next = None
        if page.next is not None:
            url = request.build_absolute_uri()
            self.next = replace_query_param(url, "after", self.encoded(page.next))
        self.display_page_controls = self.next is not None
        return Response({"next": self.next, "previous": None, "results": results})

    @staticmethod
    def encoded(position: tuple[Any, ...]) -> str:
        """A position as an opaque word."""
        values = [at.isoformat() if isinstance(at, datetime) else at for at in position]
        raw = json.dumps(values, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def decoded(self, word: str) -> tuple[Any, ...]:
        """The position that a word stands for; raises ValidationError for any other word."""
        try:
            raw = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
            values = json.loads(raw)
            if not isinstance(values, list):
                raise ValueError("not a position")
            pairs = zip(values, self.kinds, strict=True)
            return tuple(_position(value, kind) for value, kind in pairs)
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
            raise ValidationError({"after": ["This is no cursor of this list."]}) from None

    def get_results(self, data: Any) -> Any:
        return data["results"]

    def get_html_context(self) -> dict[str, Any]:
        return {"previous_url": None, "next_url": self.next}

    def to_html(self) -> str:
        return loader.get_template(self.template).render(self.get_html_context())

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": _LINK, "previous": _LINK, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        number = {"type": "integer", "minimum": 1, "maximum": self.max_limit}
        return [
            {
                "name": "after",
                "in": "query",
                "required": False,
                "description": "Where to go on: the cursor from the `next` link.",
                "schema": {"type": "string"},
            },
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "description": "How many rows, at most 500.",
                "schema": number | {"default": self.default_limit},
            },
        ]


def _position(value: Any, kind: type[Any]) -> Any:
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("no offset")
        return moment.astimezone(UTC)
    if kind is int and type(value) is int and 0 <= value <= _BIGGEST:
        return value
    if kind is str and isinstance(value, str) and value.isprintable():
        return value
    raise ValueError("not a position")
