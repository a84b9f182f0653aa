"""Reads back what stands on a PDF of ours: the texts of each page, in the order of drawing."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable

_OBJECT = re.compile(rb"(\d+) 0 obj\r?\n?(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\s*endstream", re.DOTALL)
_TEXT = re.compile(rb"BT(.*?)ET(?=\s)", re.DOTALL)
_PIECE = re.compile(rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_MAPPED = re.compile(rb"<([0-9A-F]{2})> <((?:[0-9A-F]{4})+)>")
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

Objects = dict[int, bytes]
Decoder = Callable[[bytes], str]


def pages_of(pdf: bytes) -> list[list[str]]:
    """The texts of each page, one per line that was set."""
    assert pdf.startswith(b"%PDF-")
    objects = {int(match[1]): match[2] for match in _OBJECT.finditer(pdf)}
    decoders = _decoders(objects)
    pages = (body for body in objects.values() if re.search(rb"/Type /Page\s", body))
    return [_texts(_stream(objects, _reference(page, b"Contents")), decoders) for page in pages]


def text_of(pdf: bytes) -> str:
    """Everything that stands on it, a line below the other."""
    return "\n".join(line for page in pages_of(pdf) for line in page)


def _texts(content: bytes, decoders: dict[bytes, Decoder]) -> list[str]:
    found = []
    for block in _TEXT.finditer(content):
        decode: Decoder = bytes.decode
        line = ""
        for piece in _PIECE.finditer(block[1]):
            if piece[1]:
                decode = decoders.get(piece[1], bytes.decode)
            else:
                line += decode(_ESCAPE.sub(_unescaped, piece[2]))
        found.append(line)
    return [line for line in found if line]


def _unescaped(match: re.Match[bytes]) -> bytes:
    what = match[1]
    return bytes([int(what, 8)]) if what[:1].isdigit() else _NAMED.get(what, what)


def _decoders(objects: Objects) -> dict[bytes, Decoder]:
    """How the bytes of each typeface are to be read, by its name on the pages."""
    found: dict[bytes, Decoder] = {}
    for body in objects.values():
        for name, number in re.findall(rb"/(F\d+(?:\+\d+)?) (\d+) 0 R", body):
            font = objects[int(number)]
            if b"/ToUnicode" in font:
                found[name] = _mapped(_stream(objects, _reference(font, b"ToUnicode")))
            elif b"UCS2-H" in font:
                found[name] = lambda raw: raw.decode("utf-16-be")
    return found


def _mapped(table: bytes) -> Decoder:
    letters = {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in _MAPPED.findall(table)
    }
    return lambda raw: "".join(letters[byte] for byte in raw)


def _reference(body: bytes, name: bytes) -> int:
    match = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    assert match, name
    return int(match[1])


def _stream(objects: Objects, number: int) -> bytes:
    body = objects[number]
    match = _STREAM.search(body)
    assert match, number
    raw = match[1]
    if b"/ASCII85Decode" in body:
        raw = base64.a85decode(raw.removesuffix(b"~>"))
    return zlib.decompress(raw)
