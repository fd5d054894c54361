"""The telephone in a call: the caller is put through to a person."""
