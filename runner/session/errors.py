"""What a call cannot do. Each message is one plain sentence without any secret."""

from __future__ import annotations


class CannotStartError(Exception):
    """A conversation that cannot begin."""


class UnfitVariableError(CannotStartError):
    """A variable that was given from outside is unknown, fixed or does not fit."""


class CannotRenewError(Exception):
    """A call that goes on with the release it has."""


class CallOverError(Exception):
    """Something that is not done any more, since the call is over."""


class MisfitError(ValueError):
    """A value that a field cannot hold; the message goes on after the field's name."""


class ArgumentsError(ValueError):
    """Arguments that a tool cannot take; the message says what is wrong with each."""


class AppFailedError(Exception):
    """The caller's app has not done what it was asked for."""


class AppRefusedError(Exception):
    """What the caller's app sends is not taken; the message is for whoever wrote the app."""
