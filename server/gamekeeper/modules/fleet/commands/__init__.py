"""What devices were asked to do, and how it went."""
