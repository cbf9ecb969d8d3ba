"""How much one device may send. A whole venue shares an address, so the limit is the device's own."""

from dataclasses import dataclass

FRAMES_PER_MINUTE = 3000
"""A full disk buffer is replayed at some thirty batches a second; nothing honest is faster."""
BYTES_PER_MINUTE = 128 * 1024 * 1024


@dataclass(slots=True)
class Allowance:
    """What is left of a minute's frames and bytes; both flow back evenly. Monotonic seconds."""

    frames: float = FRAMES_PER_MINUTE
    size: float = BYTES_PER_MINUTE
    at: float = 0.0

    def take(self, size: int, now: float) -> bool:
        """Count one frame; False when the device sends too fast."""
        minutes = max(0.0, now - self.at) / 60
        self.at = now
        self.frames = min(FRAMES_PER_MINUTE, self.frames + minutes * FRAMES_PER_MINUTE) - 1
        self.size = min(BYTES_PER_MINUTE, self.size + minutes * BYTES_PER_MINUTE) - size
        return self.frames >= 0 and self.size >= 0
