"""Names and codes as people type them: tidied, compared and searched the same way everywhere."""

from __future__ import annotations

import re
import unicodedata

from sms_core.shared.errors import Invalid

NAME_LENGTH = 120
KEY_LENGTH = 480
TEXT_LENGTH = 10_000
_LAYOUT = frozenset("\n\r\t")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def tidy(value: str, field: str) -> str:
    """A name or code: trimmed, NFC, 1 to 120 printable characters; raises Invalid."""
    text = _normalised(value, field)
    if not text:
        raise Invalid(f"The {_words(field)} must not be empty.", code="blank", pointer=f"/{field}")
    return _named(text, field, NAME_LENGTH)


def tidy_optional(value: str, field: str, length: int = NAME_LENGTH) -> str:
    """Like `tidy`, but may be empty."""
    return _named(_normalised(value, field), field, length)


def tidy_email(value: str, field: str) -> str:
    """An e-mail address, or nothing; raises Invalid."""
    text = tidy_optional(value, field)
    if text and not _EMAIL.fullmatch(text):
        raise Invalid(f"{text!r} is no e-mail address.", pointer=f"/{field}")
    return text


def tidy_text(value: str, field: str) -> str:
    """A longer text that may be empty and run over several lines; raises Invalid."""
    return _checked(_normalised(value, field), field, TEXT_LENGTH, allowed=_LAYOUT)


def fold(value: str) -> str:
    """The form in which names are compared: case, width and ligatures make no difference."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


def search_text(*parts: str) -> str:
    """The folded text in which `?search=` looks; no match spans two parts."""
    return "\n".join(fold(part) for part in parts if part)


def _normalised(value: str, field: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise Invalid(
            f"The {_words(field)} holds a broken character.",
            code="unprintable",
            pointer=f"/{field}",
        ) from None
    return unicodedata.normalize("NFC", value).strip()


def _named(text: str, field: str, length: int) -> str:
    text = _checked(text, field, length)
    if not text.isascii() and len(fold(text)) > KEY_LENGTH:
        # Some signs stand for up to 18 letters, and the folded form is what is indexed.
        raise Invalid(
            f"The {_words(field)} is too long when its signs are spelled out.",
            code="max_length",
            pointer=f"/{field}",
        )
    return text


def _checked(text: str, field: str, length: int, allowed: frozenset[str] = frozenset()) -> str:
    if len(text) > length:
        raise Invalid(
            f"The {_words(field)} may have at most {length} characters.",
            code="max_length",
            pointer=f"/{field}",
        )
    if not all(char.isprintable() or char in allowed for char in text):
        raise Invalid(
            f"The {_words(field)} holds a character that cannot be printed.",
            code="unprintable",
            pointer=f"/{field}",
        )
    return text


def _words(field: str) -> str:
    return field.replace("_", " ")
