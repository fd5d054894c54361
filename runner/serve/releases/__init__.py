"""The releases of a runner: served now, kept for calls, kept over restarts."""
