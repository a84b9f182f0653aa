"""Passwords scrambled and judged by Django, as the settings say."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from sms_core.access.entities import User
from sms_core.access.ports import Passwords
from sms_django import models

UNUSABLE = "!"


class DjangoPasswords(Passwords):
    """Argon2, unless the settings name another hasher first."""

    def scramble(self, password: str) -> str:
        return make_password(password)

    def matches(self, password: str, scrambled: str | None) -> bool:
        """Django hashes something all the same when there is nothing to compare with."""
        return check_password(password, scrambled or UNUSABLE)

    def weaknesses(self, password: str, user: User) -> Sequence[str]:
        known = models.User(
            username=user.username,
            first_name=user.first_name,
            last_name=user.last_name,
            email=user.email,
        )
        try:
            validate_password(password, known)
        except ValidationError as error:
            return list(error.messages)
        return ()
