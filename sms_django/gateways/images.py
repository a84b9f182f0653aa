"""Pictures in files under MEDIA_ROOT."""

from __future__ import annotations

import secrets
import warnings
from io import BytesIO
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

from sms_core.shared.errors import Invalid
from sms_core.shared.ports import ImageStore

FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
MAX_PIXELS = 25_000_000
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError)


class FileImageStore(ImageStore):
    """Draws each picture anew: what else the file held (places, thumbnails, code) is gone."""

    def put(self, content: bytes) -> str:
        picture, kind = decoded(content)
        name = f"{secrets.token_urlsafe(16)}.{FORMATS[kind]}"
        folder = Path(settings.MEDIA_ROOT)
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(folder / name, format=kind)
        return name

    def delete(self, name: str) -> None:
        if name:
            (Path(settings.MEDIA_ROOT) / Path(name).name).unlink(missing_ok=True)


def decoded(content: bytes) -> tuple[Image.Image, str]:
    """The picture, turned as the camera was held, and its format; raises Invalid."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(BytesIO(content), formats=list(FORMATS))
        kind = opened.format or ""
        if opened.width * opened.height > MAX_PIXELS:
            raise Invalid(
                f"The picture has {opened.width} x {opened.height} pixels: "
                f"at most {MAX_PIXELS // 1_000_000} million are taken.",
                code="too_many_pixels",
                pointer="/file",
            )
        opened.load()
        return _plain(ImageOps.exif_transpose(opened)), kind
    except (UnidentifiedImageError, Image.DecompressionBombError, *_BROKEN) as error:
        raise Invalid(
            "This is no PNG, JPEG or WebP picture that can be read.",
            code="invalid_image",
            pointer="/file",
        ) from error


def _plain(picture: Image.Image) -> Image.Image:
    """The pixels alone, without what the file said about them."""
    has_alpha = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    modes = {"RGB", "RGBA", "L"}
    mode = picture.mode if picture.mode in modes else ("RGBA" if has_alpha else "RGB")
    pixels = picture.convert(mode)
    bare = Image.new(mode, pixels.size)
    bare.paste(pixels)
    return bare
