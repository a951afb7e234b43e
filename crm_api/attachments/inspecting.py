"""See what a file is by its content: its type, and of a picture its size and a small one of it."""

from __future__ import annotations

import io
import struct
from typing import IO, TYPE_CHECKING

import puremagic
from PIL import ExifTags, Image

from crm_api.attachments.errors import ContentRefused
from crm_api.attachments.terms import Refusal
from crm_api.attachments.values import Inspected

if TYPE_CHECKING:
    from collections.abc import Collection

# What Pillow opens; nothing else is handed to its decoders.
PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
THUMBNAIL_TYPE = "image/jpeg"
THUMBNAIL_SIDE = 320
THUMBNAIL_QUALITY = 80
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Our own limit, asked before any pixel is decoded, stands in the place of Pillow's warning.
Image.MAX_IMAGE_PIXELS = None


def inspect(file: IO[bytes], *, allowed: Collection[str], most_pixels: int) -> Inspected:
    """Return what a file is.

    :raises ContentRefused: if it is none of the allowed types, or a picture that cannot be shown
    """
    media_type = _type_of(file)
    if media_type not in allowed:
        raise ContentRefused(Refusal.TYPE)
    if media_type not in PICTURES:
        return Inspected(media_type=media_type)
    try:
        return _picture(file, media_type, most_pixels=most_pixels)
    except (OSError, ValueError, SyntaxError, EOFError, IndexError):
        raise ContentRefused(Refusal.UNREADABLE) from None


def _type_of(file: IO[bytes]) -> str:
    file.seek(0)
    try:
        return puremagic.from_stream(file, mime=True)
    except (puremagic.PureError, ValueError):
        return ""


def _picture(file: IO[bytes], media_type: str, *, most_pixels: int) -> Inspected:
    file.seek(0)
    with Image.open(file, formats=[PICTURES[media_type]]) as picture:
        width, height = picture.size
        if width * height > most_pixels:
            raise ContentRefused(Refusal.TOO_MANY_PIXELS)
        return Inspected(
            media_type=media_type, width=width, height=height, thumbnail=_thumbnail(picture)
        )


def _thumbnail(picture: Image.Image) -> bytes:
    """Draw it small, upright, on white. What the camera noted, such as the place, stays behind."""
    picture.draft("RGB", (THUMBNAIL_SIDE * 2, THUMBNAIL_SIDE * 2))  # JPEG decodes no more than that
    turn = _turn_of(picture)
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    colours = (picture if turn is None else picture.transpose(turn)).convert("RGBA")
    clean = Image.new("RGB", colours.size, "white")
    clean.paste(colours, mask=colours)
    drawn = io.BytesIO()
    clean.save(drawn, "JPEG", quality=THUMBNAIL_QUALITY)
    return drawn.getvalue()


def _turn_of(picture: Image.Image) -> Image.Transpose | None:
    """Tell how to turn it. Pillow's own way writes all notes anew, and fails on odd ones."""
    try:
        noted = picture.getexif().get(ExifTags.Base.Orientation)
    except (struct.error, SyntaxError, ValueError, TypeError, KeyError, OSError):
        return None
    return _TURNS.get(noted) if isinstance(noted, int) else None
