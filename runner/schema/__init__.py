"""The one schema: every key of the YAML language is declared in this folder and nowhere else."""
