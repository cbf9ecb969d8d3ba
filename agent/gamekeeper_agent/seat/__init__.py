"""A seat that enforces its leases by itself: state, persistence, overlay, and the log of what happened."""
