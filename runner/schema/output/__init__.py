"""What is generated from the schema: the reference page and the JSON Schema of editors."""
