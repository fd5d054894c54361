"""What promptfoo needs to evaluate the agents of a runner: files beside a folder."""
