"""What a file is, from its first bytes. What a browser could run is never among the answers."""

UNKNOWN = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
HEAD_BYTES = 512

_MAGIC = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"OggS", "audio/ogg"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftyp", "video/mp4"),
)


def sniffed(head: bytes) -> str:
    """The media type of content that begins with `head` (up to HEAD_BYTES)."""
    for offset, magic, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return kind
    if b"\0" in head:
        return UNKNOWN
    try:
        # A character may be cut in two at the end.
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return TEXT if error.start >= len(head) - 3 and error.reason == "unexpected end of data" else UNKNOWN
    return TEXT
