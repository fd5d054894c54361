"""The secrets of a call's providers: looked up by name, and never shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from runner.egress.mask import Mask
from runner.secret import Secret
from runner.session.errors import CannotStartError

_WORDS = re.compile(r"[a-z]+(?: [a-z]+)+", re.IGNORECASE)

Secrets = Callable[[str], Secret[str] | None]


class KnownSecrets(Mapping[str, str]):
    """Looks secrets up, and remembers them so that no message shows one.

    Attributes:
        resolve: gives a secret by its name.
        seen: name → secret, of all that were looked up.

    Args:
        resolve: gives a secret by its name.
        past: values that were looked up before.
    """

    def __init__(self, resolve: Secrets, past: Iterable[Secret[str]] = ()) -> None:
        """Look up nothing yet."""
        self.resolve = resolve
        self.seen: dict[str, Secret[str]] = {}
        self._past = frozenset(past)
        self._lacking: set[str] = set()

    def find(self, name: str) -> Secret[str] | None:
        """One of them; what there is none of is noted."""
        value = self.resolve(name)
        if value is None:
            self._lacking.add(name)
            return None
        self.seen[name] = value
        return value

    @contextmanager
    def needed_by(self, user: str) -> Iterator[None]:
        """Tell who looks secrets up.

        Raises:
            CannotStartError: some were looked up that are not set.
        """
        self._lacking.clear()
        yield
        if self._lacking:
            names = ", ".join(sorted(self._lacking))
            raise CannotStartError(f"{user} needs a secret that is not set: {names}")

    def __getitem__(self, name: str) -> str:
        value = self.find(name)
        if value is None:
            raise KeyError(name)
        return value.reveal()

    def __iter__(self) -> Iterator[str]:
        return iter(self.seen)

    def __len__(self) -> int:
        return len(self.seen)

    @property
    def shown(self) -> frozenset[Secret[str]]:
        """All values that were ever looked up."""
        return self._past.union(self.seen.values())

    @property
    def hidden(self) -> Mask:
        """Hides them in what a model says.

        Plain words are no key: an author keeps what a scripted model says where they like.
        """
        return Mask(value for value in self.shown if not value.map(_WORDS.fullmatch))

    def mask(self, text: str) -> str:
        """A message without any of them."""
        return Mask(self.shown, stars="•••").text(text)
