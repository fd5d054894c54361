"""A document becomes the models of the schema; what does not fit is told at its place."""
