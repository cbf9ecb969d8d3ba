"""What a role may allow with outgoing mail."""

from gamekeeper.kernel.access.permission import Permission


class May(Permission):
    """Permissions of the mail page."""

    READ = "kernel.mail.read", "see which mails were sent to whom, and which could not be"
    SEND = "kernel.mail.send", "send a mail again that could not be sent"
