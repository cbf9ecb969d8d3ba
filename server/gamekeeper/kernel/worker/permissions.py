"""What a role may allow with jobs."""

from gamekeeper.kernel.access.permission import Permission


class May(Permission):
    """Permissions of the job page."""

    READ = "kernel.job.read", "see what Gamekeeper does in the background, and what of it failed"
    RETRY = "kernel.job.retry", "try a failed job again"
