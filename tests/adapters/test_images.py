"""Pictures are drawn anew from their pixels; what is none is refused."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sms_core.shared.errors import Invalid
from sms_django.gateways.images import FileImageStore


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def encoded(kind: str, size: tuple[int, int] = (4, 2), mode: str = "RGB", **options: Any) -> bytes:
    buffer = BytesIO()
    Image.new(mode, size, 0 if mode in {"P", "1", "L"} else None).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode", "suffix"),
    [
        ("PNG", "RGBA", ".png"),
        ("PNG", "P", ".png"),
        ("PNG", "1", ".png"),
        ("JPEG", "RGB", ".jpg"),
        ("JPEG", "CMYK", ".jpg"),
        ("JPEG", "L", ".jpg"),
        ("WEBP", "RGBA", ".webp"),
    ],
)
def test_pictures_of_three_formats_are_kept(
    folder: Path, kind: str, mode: str, suffix: str
) -> None:
    name = FileImageStore().put(encoded(kind, mode=mode))

    assert name.endswith(suffix)
    with Image.open(folder / name) as kept:
        assert (kept.format, kept.size) == (kind, (4, 2))


def test_names_are_random_and_a_deleted_picture_is_gone(folder: Path) -> None:
    store, content = FileImageStore(), encoded("PNG")
    first, second = store.put(content), store.put(content)

    assert first != second
    store.delete(first)
    store.delete(first)
    store.delete("")
    assert [path.name for path in folder.iterdir()] == [second]


def test_nothing_outside_the_folder_is_deleted(folder: Path) -> None:
    outside = folder.parent / "outside.png"
    outside.write_bytes(b"x")

    FileImageStore().delete("../outside.png")

    assert outside.exists()


def test_what_the_file_told_besides_pixels_is_gone(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif[0x0112] = 6  # turned by a quarter
    content = encoded("JPEG", exif=exif) + b"<script>alert(1)</script>"
    assert b"Camera" in content

    name = FileImageStore().put(content)

    kept = (folder / name).read_bytes()
    assert b"Camera" not in kept
    assert b"script" not in kept
    with Image.open(folder / name) as picture:
        assert picture.size == (2, 4)
        assert not picture.getexif()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded("GIF"),
        encoded("BMP"),
        encoded("PNG", size=(50, 50))[:60],
        encoded("JPEG", size=(50, 50))[:300],
        encoded("WEBP", size=(50, 50))[:30],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
    ],
)
def test_what_is_no_picture_is_refused(folder: Path, content: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        FileImageStore().put(content)
    assert (refusal.value.code, refusal.value.pointer) == ("invalid_image", "/file")
    assert list(folder.iterdir()) == []


def test_more_than_25_million_pixels_are_refused_undrawn(folder: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        FileImageStore().put(encoded("PNG", size=(5001, 5000), mode="1"))
    assert refusal.value.code == "too_many_pixels"


def test_a_decompression_bomb_is_refused(folder: Path) -> None:
    with pytest.raises(Invalid):
        FileImageStore().put(encoded("PNG", size=(20_000, 20_000), mode="1"))
