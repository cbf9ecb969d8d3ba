"""Who may do what: permissions, roles, grants on one resource."""
