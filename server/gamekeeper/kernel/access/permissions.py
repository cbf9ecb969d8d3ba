"""What one may do with the organization itself: its people, places, roles, tokens and its log."""

from gamekeeper.kernel.access.permission import TEAM, BuiltIn, Permission


class May(Permission):
    """Permissions of the kernel's rooms: tenancy, access, identity and the event log."""

    ORGANIZATION_CREATE = "kernel.organization.create", "open another organization", BuiltIn.OWNER
    ORGANIZATION_UPDATE = "kernel.organization.update", "rename the organization and change its settings"
    MFA_REQUIRE = "kernel.organization.require_mfa", "require two-step sign-in of others", BuiltIn.OWNER

    SITE_READ = "kernel.site.read", "see the sites", *TEAM
    SITE_MANAGE = "kernel.site.manage", "add, rename and remove sites"
    TEAM_READ = "kernel.team.read", "see the teams", *TEAM
    TEAM_MANAGE = "kernel.team.manage", "form teams", BuiltIn.MANAGER

    MEMBER_READ = "kernel.member.read", "see who belongs to the organization", *TEAM
    MEMBER_INVITE = "kernel.member.invite", "invite people", BuiltIn.MANAGER
    MEMBER_CREATE = "kernel.member.create", "make accounts for people"
    MEMBER_UPDATE = "kernel.member.update", "change people's roles and reset their passwords"
    MEMBER_REMOVE = "kernel.member.remove", "remove people"

    ROLE_READ = "kernel.role.read", "see the roles and what they permit", *TEAM
    ROLE_MANAGE = "kernel.role.manage", "make and change roles"
    GRANT_MANAGE = "kernel.grant.manage", "give access to one thing, for a while or for good", BuiltIn.MANAGER

    TOKEN_CREATE = "kernel.token.create", "make API tokens for oneself", BuiltIn.MANAGER
    TOKEN_MANAGE = "kernel.token.manage", "see and revoke everybody's API tokens"

    AUDIT_READ = "kernel.audit.read", "read the audit log", BuiltIn.MANAGER
