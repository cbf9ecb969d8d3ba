"""What the pages about people and places listen to."""

from gamekeeper.kernel.access.permissions import May
from gamekeeper.kernel.realtime.topics import Topic

MEMBERS = Topic("members", May.MEMBER_READ)
INVITATIONS = Topic("invitations", May.MEMBER_INVITE)
ROLES = Topic("roles", May.ROLE_READ)
GRANTS = Topic("grants", May.GRANT_MANAGE)
TOKENS = Topic("tokens", May.TOKEN_MANAGE)
SITES = Topic("sites", May.SITE_READ)
TEAMS = Topic("teams", May.TEAM_READ)
