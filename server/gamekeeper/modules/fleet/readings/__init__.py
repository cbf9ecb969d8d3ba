"""Charts of devices: whose they are is decided here, their numbers come from the metrics module."""
