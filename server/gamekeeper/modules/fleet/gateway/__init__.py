"""The listener that agents connect to."""
