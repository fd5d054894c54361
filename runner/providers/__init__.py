"""Providers: which plugins there are, what options they take, and the objects that they build.

`catalogue` and `checks` are for `check`: they import no plugin and no livekit. `build` is for the
process of a call.
"""
