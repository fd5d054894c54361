"""A persona as LiveKit's agent: its tools, and what it is told of the talk before."""
