"""The HTTP front of `lkrun serve`: the page, the turns API, health."""
