"""What people read of a job is a short line of words; where it lives in the code is for whoever looks closer."""

import re

from gamekeeper.app import furnish
from gamekeeper.kernel.jobs.registry import every_job

LONGEST = 64


def test_every_job_has_a_title_of_words() -> None:
    furnish()
    ours = [job for job in every_job().values() if job.function.__module__.startswith("gamekeeper.")]
    titles = {job.name: job.title for job in ours}
    assert titles
    words = re.compile(rf"[A-Z][\w ,'-]{{3,{LONGEST}}}")
    assert {name: title for name, title in titles.items() if not words.fullmatch(title)} == {}
    assert {name: title for name, title in titles.items() if "_" in title or title == name} == {}
    assert len(set(titles.values())) == len(titles), "two jobs that people cannot tell apart"
