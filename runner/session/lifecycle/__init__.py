"""What is done before the first word of a call."""
