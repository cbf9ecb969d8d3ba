"""What an hour costs: one pure function, and the rules it is fed with."""
