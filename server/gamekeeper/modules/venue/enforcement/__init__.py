"""What makes a seat obey without a server: signed leases, reports and what happened meanwhile."""
