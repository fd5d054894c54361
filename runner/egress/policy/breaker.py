"""A breaker: a service that keeps failing is left alone for a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from runner.egress.trouble import RequestError

State = Literal["closed", "half_open", "open"]

NOT_WORKING: Final = "the service does not work at the moment"


@dataclass(slots=True)
class Breaker:
    """Lets requests pass until so many in a row have failed; then none for a while, then one.

    Attributes:
        service: its name, for the error.
        failures: so many in a row open it.
        open_for: seconds until one request may try again.
        clock: seconds that only grow.
    """

    service: str
    failures: int
    open_for: float
    clock: Callable[[], float] = time.monotonic
    _failed: int = 0
    _opened: float | None = None
    _trying: bool = False

    @property
    def state(self) -> State:
        """`closed`: requests pass; `open`: none does; `half_open`: one may try."""
        if self._opened is None:
            return "closed"
        return "open" if self.clock() < self._opened + self.open_for else "half_open"

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Let one request pass, and learn from how it ends.

        Raises:
            RequestError: the breaker is open, or another request tries already.
        """
        trial = self.state == "half_open" and not self._trying
        if self.state != "closed" and not trial:
            raise self._refusal()
        self._trying = self._trying or trial
        try:
            yield
        except RequestError as error:
            if error.counts or error.status is not None:  # else it was not asked at all
                self._learn(works=not error.counts)
            raise
        else:
            self._learn(works=True)
        finally:
            if trial:
                self._trying = False

    def _learn(self, *, works: bool) -> None:
        if works:
            self._failed, self._opened = 0, None
            return
        self._failed += 1
        if self._failed >= self.failures:
            self._opened = self.clock()

    def _refusal(self) -> RequestError:
        opened = self._opened if self._opened is not None else self.clock()
        left = max(0.0, opened + self.open_for - self.clock())
        when = f"for another {left:.0f}s" if left >= 1 else "until one request has succeeded"
        return RequestError(
            f"service '{self.service}' has failed {self._failed} times in a row, "
            f"so it is not asked {when}",
            NOT_WORKING,
        )
