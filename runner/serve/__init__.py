"""`lkrun serve`: releases become live calls and dialogues.

The process that runs this stays small: it imports no provider, no plugin and no session. Calls
live in LiveKit's job processes (`job`), text dialogues in one child (`dialogues`); both talk with
this process over the call socket.
"""
