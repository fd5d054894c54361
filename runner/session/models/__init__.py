"""Language models, speech recognition and voices of a call."""
