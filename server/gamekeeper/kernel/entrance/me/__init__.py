"""One's own account: who am I, my sign-ins, my password."""
