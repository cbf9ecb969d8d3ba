"""The live socket: topics, who may listen, resuming without a gap, and fan-out."""

from gamekeeper.kernel.realtime.ephemeral import publish
from gamekeeper.kernel.realtime.topics import Topic
from gamekeeper.kernel.realtime.verbs import verb

__all__ = ["Topic", "publish", "verb"]
