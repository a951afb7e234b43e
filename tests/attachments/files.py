"""Files to send, and how an app sends them."""

from __future__ import annotations

import hashlib
import io

from PIL import Image, PngImagePlugin

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
GPS_INFO, ORIENTATION, CAMERA = 0x8825, 0x0112, 0x010F


def photo(*, side: int = 900, **options) -> bytes:
    """Return a JPEG, twice as wide as high, that says where it was taken."""
    exif = Image.Exif()
    exif[CAMERA], exif[ORIENTATION] = "SecretCamera", 6
    exif.get_ifd(GPS_INFO)[1] = "N"
    exif.get_ifd(GPS_INFO)[29] = "2026:03:03"
    noise = hashlib.shake_256(b"noise").digest(side * 2 * side)
    picture = Image.frombytes("L", (side * 2, side), noise).convert("RGB")
    file = io.BytesIO()
    picture.save(file, "JPEG", exif=exif, comment=b"SecretRemark", **options)
    return file.getvalue()


def png(size: tuple[int, int] = (64, 48), mode: str = "RGBA") -> bytes:
    """Return a drawing, such as a signature, with a remark in it."""
    remark = PngImagePlugin.PngInfo()
    remark.add_text("Comment", "SecretRemark")
    file = io.BytesIO()
    Image.new(mode, size).save(file, "PNG", pnginfo=remark)
    return file.getvalue()


def pdf(size: int = 300_000) -> bytes:
    """Return something that looks like a PDF, of this size."""
    filling = hashlib.shake_256(str(size).encode()).digest(size - len(PDF))
    return PDF[:9] + filling + PDF[9:]


def announced(caller, content: bytes, **changes) -> dict:
    """Announce a file and return it."""
    reply = announce(caller, content, **changes)
    assert reply.status_code == 201, reply.text
    return reply.json


def announce(caller, content: bytes, **changes):
    """Announce a file and return the reply."""
    body = {
        "file_name": "门店.jpg",
        "digest": hashlib.sha256(content).hexdigest(),
        "byte_size": len(content),
        **changes,
    }
    return caller.post("/v1/attachments", json=body)


def send(caller, attachment: dict, content: bytes, start=None, end=None, **headers):
    """Send a file, or the bytes of it from one offset to another."""
    path = f"/v1/attachments/{attachment['id']}/content"
    if start is None:
        return caller.put(path, data=content, headers=headers)
    piece = content[start:end]
    last = start + len(piece) - 1
    headers["Content-Range"] = f"bytes {start}-{last}/{len(content)}"
    return caller.put(path, data=piece, headers=headers)


def uploaded(caller, content: bytes, **changes) -> dict:
    """Announce and send a file, and return what became of it."""
    reply = send(caller, announced(caller, content, **changes), content)
    assert reply.status_code == 200, reply.text
    return reply.json


def offset(caller, attachment: dict) -> tuple[int, str]:
    """Ask where an upload stands."""
    reply = caller.open("HEAD", f"/v1/attachments/{attachment['id']}/content")
    assert reply.status_code == 204, reply.text
    return int(reply.headers["Upload-Offset"]), reply.headers["Upload-Complete"]


def download(caller, attachment: dict, what: str = "content", **headers):
    """Fetch the bytes."""
    return caller.get(f"/v1/attachments/{attachment['id']}/{what}", headers=headers, buffered=True)
