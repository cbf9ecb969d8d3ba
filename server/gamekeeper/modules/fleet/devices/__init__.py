"""The devices themselves: what an operator lists, opens, edits and revokes."""
