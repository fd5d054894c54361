"""From a saved file to the release that the next caller gets."""
