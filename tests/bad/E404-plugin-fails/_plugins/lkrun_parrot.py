"""A plugin whose own requirement is not installed."""

import feathers  # noqa: F401 - there is no such package: that is what the case is about
