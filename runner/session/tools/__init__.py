"""What each kind of tool does."""
