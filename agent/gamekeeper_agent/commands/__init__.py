"""What a server asks of this machine: judged by the machine's policy, done once, answered."""
