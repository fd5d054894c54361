"""lkrun: voice agents declared in YAML, served over LiveKit."""

__version__ = "0.1.0"
