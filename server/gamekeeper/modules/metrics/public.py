"""What other modules may call."""

from gamekeeper.modules.metrics.writer import ReadingsNotStored, ReadingsRefused, Stored, Writer, open_writer

__all__ = ["ReadingsNotStored", "ReadingsRefused", "Stored", "Writer", "open_writer"]
