"""What watches a conversation: transcript, timers, failures, arrival, the log."""
