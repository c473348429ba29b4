"""Temporary teams: the demand, exact assembly with a certificate, and bookings."""
