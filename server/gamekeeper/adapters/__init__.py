"""The outside world, one folder each: the real thing and its fake behind one Protocol."""
