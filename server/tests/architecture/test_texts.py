"""What the web UI says of events is the server's vocabulary: nothing is missing, nothing is left over."""

import re
from pathlib import Path

from gamekeeper.app import furnish
from gamekeeper.kernel.events import every_event

SENTENCES = Path(__file__).parents[3] / "web" / "src" / "texts" / "events.ts"


def test_every_event_has_a_sentence() -> None:
    furnish()
    ours = {type_ for type_, event in every_event().items() if event.__module__.startswith("gamekeeper.")}
    said = set(re.findall(r'"([a-z-]+:[a-z-]+)":', SENTENCES.read_text()))
    assert said == ours
