"""What every product stands on. The kernel knows no module and has no product words."""
