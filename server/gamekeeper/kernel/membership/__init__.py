"""Who belongs to an organization and what they may do there: members, roles, grants, invitations, tokens, places."""
