"""What the mail page listens to."""

from gamekeeper.kernel.notifications.permissions import May
from gamekeeper.kernel.realtime.topics import Topic

MAILS = Topic("mails", May.READ)
