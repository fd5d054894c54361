"""Jobs of external agents: taken from LiveKit in main, posted, watched, and ended."""
