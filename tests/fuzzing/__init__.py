"""Random programs, and derivatives of them to 50 digits."""
