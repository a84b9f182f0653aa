"""How bodies become values and back; what two readers could read differently is refused."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

DEEPEST = 32
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JSONParser(BaseParser):
    """A JSON object in UTF-8, each key once, not nested deeper than 32."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        raw: bytes = stream.read()
        if not raw.strip():
            return {}
        try:
            text = raw.decode("utf-8")
            value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
            if _SURROGATE.search(text):
                json.dumps(value, ensure_ascii=False).encode()
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        except UnicodeEncodeError:
            raise ParseError("The body holds half a character (a lone surrogate).") from None
        except RecursionError:
            raise ParseError(_TOO_DEEP) from None
        except ValueError as error:
            raise ParseError(f"The body is not readable as JSON: {error}") from None
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object.")
        if text.count("[") + text.count("{") > DEEPEST:
            _check_depth(value, DEEPEST)
        return value


class JSONRenderer(BaseRenderer):
    """JSON in UTF-8; decimals are text by the time they come here."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        indented = (renderer_context or {}).get("indent")
        option = orjson.OPT_INDENT_2 if indented else 0
        return orjson.dumps(data, default=str, option=option | orjson.OPT_NON_STR_KEYS)


_TOO_DEEP = f"The body is nested deeper than {DEEPEST} levels."


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise ValueError(f"the key {counts.most_common(1)[0][0]!a} comes twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _check_depth(value: Any, left: int) -> None:
    if not isinstance(value, dict | list):
        return
    if left == 0:
        raise ParseError(_TOO_DEEP)
    for item in value.values() if isinstance(value, dict) else value:
        _check_depth(item, left - 1)
