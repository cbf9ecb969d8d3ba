"""What the job page listens to."""

from gamekeeper.kernel.realtime.topics import Topic
from gamekeeper.kernel.worker.permissions import May

JOBS = Topic("jobs", May.READ)
