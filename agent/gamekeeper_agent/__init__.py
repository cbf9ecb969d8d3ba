"""The agent: reports a machine and carries out what its server may ask of it."""
