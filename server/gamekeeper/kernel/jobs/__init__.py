"""Work for later: enqueued with the change that needs it, done by a worker, at a time or again and again."""

from gamekeeper.kernel.jobs.errand import Errand
from gamekeeper.kernel.jobs.registry import GiveUp, Job, errand, every, job

__all__ = ["Errand", "GiveUp", "Job", "errand", "every", "job"]
