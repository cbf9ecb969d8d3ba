"""Forgetting: every kind of row that is made again and again has a lifetime."""
