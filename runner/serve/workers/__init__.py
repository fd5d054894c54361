"""What LiveKit is told of: agents by name, their processes, tokens, dispatches that were lost."""
