"""Time series of devices: written in batches, rolled up, read at the right resolution, exported."""
