"""Pictures over HTTP: how one is sent, and where it can be fetched."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from sms_django.api.fields import VersionField
from sms_django.api.serializers import CoreSerializer

MAX_IMAGE = 5 * 1024 * 1024


class TooLarge(APIException):
    """The picture is, not the body around it."""

    status_code = 413
    default_detail = "The picture is larger than 5 MB."
    default_code = "too_large"


class ImageUrlField(serializers.CharField):
    """Where a picture can be fetched; null when there is none."""

    def __init__(self) -> None:
        super().__init__(read_only=True, allow_null=True)

    def to_representation(self, value: str) -> str | None:
        if not value:
            return None
        request: Request | None = self.context.get("request")
        path = f"{settings.MEDIA_URL}{value}"
        return request.build_absolute_uri(path) if request is not None else path


class ImageSerializer(CoreSerializer):
    """A picture, sent as multipart/form-data."""

    file = serializers.FileField(help_text="PNG, JPEG or WebP, at most 5 MB.")
    version = VersionField()

    def validate_file(self, file: Any) -> bytes:
        if file.size > MAX_IMAGE:
            raise TooLarge
        content: bytes = file.read()
        return content
