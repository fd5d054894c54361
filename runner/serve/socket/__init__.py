"""The call socket: JSON lines between the main process and the processes of calls."""
