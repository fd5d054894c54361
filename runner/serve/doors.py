"""Who may come in, of the served release: its tokens read anew where a secret has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runner.egress.secrets import Ledger, Secrets
from runner.front.door import loopback
from runner.front.login import Login
from runner.front.rates import Rate
from runner.front.tokens import Doors
from runner.front.webhooks import usable
from runner.secret import NONE, Secret
from runner.template import Renderer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.link.release import Release
    from runner.schema.login import IdTokens
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases
    from runner.serve.startup import ServeSettings


def _login(written: IdTokens | None) -> Login | None:
    if written is None:
        return None
    audience = tuple(map(str, written.audience))
    return Login(str(written.issuer), audience, str(written.keys_url))


class FrontDoors:
    """Follows `runner.http`."""

    def __init__(
        self,
        releases: Releases,
        secrets: Secrets,
        log: Log,
        *,
        env: Mapping[str, str],
        settings: ServeSettings,
    ) -> None:
        """Take what is served, and where the front listens."""
        self._releases = releases
        self._secrets = secrets
        self._log = log
        self._env = Secrets(env)
        self._settings = settings
        self._wanted = self.address
        self._names: list[str] = []
        self._read: tuple[Release, object] | None = None
        self._doors = Doors()

    @property
    def address(self) -> tuple[str, int]:
        """Where the front should listen, by the files and the command line."""
        return self._settings.address(self._releases.current)

    def now(self) -> Doors:
        """Who may come in now."""
        release = self._releases.current
        if self._stale(release):
            self._doors = self._of(release)
            self._read = (release, self._secrets.state(self._names))
        return self._doors

    def public_url(self, listening: str) -> str:
        """Where programs elsewhere reach the front.

        Args:
            listening: the address where it listens.
        """
        written = self._releases.current.process.http.public_url
        if written is None:
            return listening
        ledgers = {"secrets": Ledger(self._secrets), "env": Ledger(self._env)}
        return Renderer().render(written, ledgers).strip().rstrip("/")

    def _public(self) -> frozenset[str]:
        """The origin by which programs elsewhere ask, so that its host is known as ours."""
        parts = urlsplit(self.public_url(""))
        return frozenset({f"{parts.scheme}://{parts.netloc}".lower()} if parts.netloc else ())

    def follow(self) -> None:
        """Say what a person should know after a reload."""
        wanted, open_before = self.address, loopback(self._wanted[0]) is None
        if wanted != self._wanted:
            words = "runner.http.listen is another: restart the runner to listen there"
            self._log.event("restart_needed", words, level="warning", what="listen")
        elif open_before and not self.now().tokens and self.now().login is None:
            words = "runner.http.tokens has gone: nobody is let in until there are tokens again"
            self._log.event("no_tokens", words, level="warning")
        self._wanted = wanted

    def _stale(self, release: Release) -> bool:
        if self._read is None or self._read[0] is not release:
            return True
        return self._read[1] != self._secrets.state(self._names)

    def _of(self, release: Release) -> Doors:
        written = release.process.http
        names: set[str] = set()
        tokens = [self._rendered(text, names) for text in written.tokens]
        webhook = None
        if written.webhook_secret is not None:
            webhook = self._rendered(written.webhook_secret, names)
            self._tell_unusable(webhook)
        self._names = sorted(names)
        rate = written.rate_limit
        return Doors(
            tuple(filter(None, tokens)) if written.tokens else None,
            frozenset(map(str, written.allowed_origins)) | self._public(),
            Rate(rate.count, rate.seconds) if rate is not None else None,
            webhook,
            _login(written.jwt),
        )

    def _rendered(self, text: str, names: set[str]) -> Secret[str]:
        """What a text with secrets is now; nothing where one is missing, and `names` is filled."""
        ledgers = {"secrets": Ledger(self._secrets), "env": Ledger(self._env)}
        secret = Secret(Renderer().render(text, ledgers).strip())
        names |= {*ledgers["secrets"].used, *ledgers["secrets"].missing}
        # a part of one would be easier to guess
        return NONE if any(each.missing for each in ledgers.values()) else secret

    def _tell_unusable(self, webhook: Secret[str]) -> None:
        """Say that no signature can be right."""
        if not usable(webhook):
            words = "runner.http.webhook_secret is not whsec_ and Base64: no signed event is taken"
            self._log.event("no_webhook_secret", words, level="warning")
