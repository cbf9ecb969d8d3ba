"""The socket to the server: reconnecting, framing, heartbeats. Needs neither a disk nor a screen."""
