"""The venue: seats, timed sessions, prices, money and the leases that enforce them."""
