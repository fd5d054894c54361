"""What LiveKit is told of how to listen, speak and take turns."""
