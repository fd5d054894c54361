"""External agents without the wire: messages, replies, waits, addresses, the states of a job."""
