"""Requests of HTTP tools: the only importer of httpx; secrets are resolved here."""
