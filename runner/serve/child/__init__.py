"""What runs in the processes of calls and text dialogues: the only door to sessions."""
