"""Tests in which both speak: a line in real time, with a caller at one end."""
