"""A service's answer: read within bounds, and what of it is seen."""
