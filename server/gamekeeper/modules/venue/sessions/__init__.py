"""Paid time on a seat: started, extended, ended, taken back."""
