"""A conversation of `lkrun chat`: how it runs, how it looks, where its lines come from."""
