"""An agent's release to a live conversation: with its tools and providers the only importers of livekit.agents."""
