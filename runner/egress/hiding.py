"""What one call of a tool may not show, which grows while it is on its way."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from runner.egress.mask import Mask
from runner.egress.secrets import Secrets
from runner.secret import Secret


class Hiding:
    """Secrets, private values, and what a proof is made of.

    Attributes:
        private_names: variables that may hold what the model may not see.
    """

    def __init__(
        self, secrets: Secrets, private_names: Collection[str] = (), private: Iterable[Any] = ()
    ) -> None:
        """Begin with the secrets that are known, and with private values."""
        self._secrets = secrets
        self._private = tuple(private)
        self._more: list[Secret[str]] = []
        self._mask: Mask | None = None
        self.private_names = private_names

    @property
    def mask(self) -> Mask:
        """Hides all of it."""
        if self._mask is None:
            self._mask = self._secrets.mask(self._more, self._private)
        return self._mask

    def renew(self) -> None:
        """Hide the secrets that have been read meanwhile too."""
        self._mask = None

    def add(self, values: Iterable[Secret[str]]) -> None:
        """Hide more values, in this call."""
        self._more.extend(values)
        self.renew()

    def learn(self, value: Secret[str]) -> None:
        """Hide a value that is a secret for everybody: a token."""
        self._secrets.learn([value])
        self.renew()

    @property
    def of_secrets(self) -> Mask:
        """Hides all but the private values: they may be kept in variables that are private."""
        return self._secrets.mask(self._more)
