"""Groups of devices, one inside the other."""
