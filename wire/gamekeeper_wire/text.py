"""Making text of any origin fit for a frame."""

_NAME = 255
_LINE = 2000


def as_line(text: str, limit: int = _LINE) -> str:
    """The text without what no frame may hold (NUL, half characters), cut to length."""
    return text.replace("\x00", "")[:limit].encode(errors="replace").decode()


def as_name(text: str) -> str:
    """A line short enough for a name."""
    return as_line(text, _NAME)
