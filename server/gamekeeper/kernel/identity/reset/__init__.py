"""A new password for somebody who forgot it: a one-time link, by mail or from the command line."""
