"""What the agent says: the sound of fixed words is kept, and first words are asked for early."""
