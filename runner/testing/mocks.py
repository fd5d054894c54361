"""Services that answer as a test says: fakes at the wire, behind the real egress."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from runner.addresses import Guard
from runner.egress.client import HttpEgress
from runner.egress.fake import FakeAnswer, FakeTransport
from runner.egress.files import ReadFile, no_folder
from runner.egress.network.resolver import Resolver
from runner.egress.network.tls import tls_context
from runner.egress.network.wire import Wire
from runner.egress.port import ToolRequest, ToolResponse
from runner.egress.response.incoming import understand
from runner.egress.response.view import seen
from runner.egress.secrets import Secrets
from runner.egress.trouble import RequestError
from runner.schema.http import Result
from runner.schema.tools import TransferCallTool
from runner.secret import Secret
from runner.session.errors import AppFailedError
from runner.session.telephone.port import Reached
from runner.template import Renderer, as_data
from runner.testing.expected import fits
from runner.testing.time import SimulatedLoop

if TYPE_CHECKING:
    from runner.link.cases import TestCase
    from runner.link.release import AgentRelease
    from runner.schema.test_mocks import Mock

_asked: ContextVar[ToolRequest | None] = ContextVar("lkrun_test_tool", default=None)
_FAILURES: Final = 400
_ANYTHING: Final = {"type": "object", "properties": {}, "additionalProperties": True}
_RENDERER: Final = Renderer()
_WHY_NOT: Final = {
    **{words: words.replace(" ", "_") for words in ("busy", "no answer", "declined", "mailbox")},
    **dict.fromkeys(("nobody answers", "nobody", "timeout", "unanswered"), "no_answer"),
    **dict.fromkeys(("refused", "rejected"), "declined"),
    **dict.fromkeys(("not found", "no such number", "unknown number"), "not_found"),
    **dict.fromkeys(("no telephone", "no phone"), "no_telephone"),
    **dict.fromkeys(("voicemail", "answering machine"), "mailbox"),
    "engaged": "busy",
}
"""Words of `fails` → why a transfer fails; with all others the telephone network does."""

_JSON: Final = {"content-type": "application/json"}
_TOKEN: Final = json.dumps({"access_token": "test", "token_type": "Bearer", "expires_in": 3600})


class TestSecrets(Secrets):
    """Secrets where none is needed: what has no value gets one that no service knows."""

    __test__ = False

    def get(self, name: str) -> Secret[str] | None:
        """The value, or one that stands for it."""
        return super().get(name) or Secret(f"test-{name.casefold()}")


class MockedEgress:
    """The egress of one test: requests are made as in a call, and answered by the test's mocks.

    Attributes:
        unmocked: tools that were called although nothing answers for them.
    """

    def __init__(
        self,
        case: TestCase,
        release: AgentRelease,
        secrets: Secrets,
        files: ReadFile = no_folder,
    ) -> None:
        """Take the test's mocks, and how files of the folder are read; nothing has been asked."""
        self._case, self._release = case, release
        self._calls: dict[str, int] = {}
        self._secrets = secrets
        self.unmocked: list[str] = []
        self._egress = HttpEgress(
            secrets,
            transport=FakeTransport(
                self._answer, lambda: Wire(Guard(case.allow), Resolver(), tls_context())
            ),
        )
        self._egress.files = files

    async def ask(self, ask: ToolRequest) -> ToolResponse:
        """Answer for a service, as `Egress.ask`."""
        if ask.tool in self._release.servers:
            return await self._of_server(ask)
        mocked, lookup = self._case.mocks_of(ask.tool), self._release.lookups.get(ask.tool)
        if lookup is not None and not self._release.asked_by(lookup):
            return await self._found(ask) if mocked else await self._really(ask)
        if not mocked:
            self.unmocked.append(ask.tool)
            message = f"tool '{ask.tool}' has no mock in this test"
            return ToolResponse(ok=False, output=message, error=message)
        return await self._really(ask)

    async def app(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        """Answer for the caller's app, of which a tool has asked something.

        Raises:
            AppFailedError: the test says that it fails, or has no mock of the tool.
        """
        ask = ToolRequest(tool, dict(arguments), {})
        if not self._case.mocks_of(tool):
            self.unmocked.append(tool)
            raise AppFailedError(f"tool '{tool}' has no mock in this test")
        answer = await self._found(ask)
        if not answer.ok:
            raise AppFailedError(answer.error or answer.output)
        return answer.result

    async def transfer(self, tool: str, arguments: Mapping[str, Any]) -> Reached:
        """Say what comes of a transfer: somebody takes the call, unless the test says otherwise.

        Args:
            tool: its name; nothing for an action.
            arguments: those of the tool, with `to` and `how`.
        """
        name = tool if self._case.mocks_of(tool) else TransferCallTool.kind
        mock, counted = self._mock(ToolRequest(name, dict(arguments), {}))
        if mock is None:
            return Reached()
        answer = await self._answered(mock, counted)
        if answer.fails is None:
            return Reached()
        words = " ".join(answer.fails.replace("_", " ").split()).casefold()
        return Reached(_WHY_NOT.get(words, "network_failed"), answer.fails)

    async def _of_server(self, ask: ToolRequest) -> ToolResponse:
        """Answer for a server: its tools are those that the folder names, and those with a mock."""
        if any(mock.real for mock in self._case.mocks_of(ask.tool)):
            return await self._really(ask)
        if ask.function is None:
            server, mocks = self._release.servers[ask.tool].mcp, map(str, self._case.spec.mocks)
            names = sorted(server.named | ({*mocks} - self._release.tools.keys()))
            named = [n for n in names if not server.allow or n in server.named]
            listed = [{"name": name, "parameters": _ANYTHING} for name in named]
            return ToolResponse(ok=True, output=", ".join(named), result=listed)
        if not self._case.mocks_of(ask.function):
            self.unmocked.append(ask.function)
            words = f"tool '{ask.function}' has no mock in this test"
            return ToolResponse(ok=False, output=words, error=words)
        return await self._found(replace(ask, tool=ask.function, function=None))

    async def _found(self, ask: ToolRequest) -> ToolResponse:
        """What a test says of what no request is sent for: documents, and the tools of a server."""
        mock, counted = self._mock(ask)
        if mock is not None and mock.real:
            return await self._really(ask)
        answer = await self._answered(mock, counted)
        if answer.fails is not None or answer.status >= _FAILURES:
            error = RequestError(answer.fails or f"it answered {answer.status}")
            return ToolResponse(
                ok=False, output=error.output, error=error.error, reason=error.reason
            )
        label = answer.headers.get("content-type", "")
        content = understand(answer.body, label, self._secrets.mask())
        result = Result.model_construct()
        output = seen(result, content, {}, self._secrets.mask())
        return ToolResponse(ok=True, output=output, result=content.data)

    async def _really(self, ask: ToolRequest) -> ToolResponse:
        token = _asked.set(ask)
        try:
            return await self._egress.ask(self._release, ask)
        finally:
            _asked.reset(token)

    async def aclose(self) -> None:
        """Close what was really used."""
        await self._egress.aclose()

    def _mock(self, ask: ToolRequest) -> tuple[Mock | None, str]:
        """The mock of the tool's next request, and what its requests are counted under.

        Mocks with a `when` that fits come before those without one; of several, the first answers
        the first request, the second the second, and the last all that follow.
        """
        mocks = [
            m
            for m in self._case.mocks_of(ask.tool)
            if all(fits(value, ask.arguments.get(name)) for name, value in m.when.items())
        ]
        fitting = [m for m in mocks if m.when] or mocks
        if not fitting:
            return None, ask.tool
        group = "-".join(str(id(m)) for m in fitting if m.when)
        counted = f"{ask.tool}/{group}"
        return fitting[min(self._calls.get(counted, 0), len(fitting) - 1)], counted

    async def _answer(self, _method: str, url: str) -> FakeAnswer | None:
        ask = _asked.get()
        if ask is None:
            return FakeAnswer(fails="nothing was asked")
        mock, counted = self._mock(ask)
        if mock is not None and mock.real:
            return None
        if url == self._token_url(ask.tool):
            return FakeAnswer(headers=_JSON, body=_TOKEN.encode())
        return await self._answered(mock, counted)

    async def _answered(self, mock: Mock | None, counted: str) -> FakeAnswer:
        if mock is None:
            return FakeAnswer(status=404, body=b"no mock of this test fits these arguments")
        self._calls[counted] = self._calls.get(counted, 0) + 1
        if mock.slow:
            await _pass(mock.slow, awaited=not self._in_background())
        if mock.fails is not None:
            return FakeAnswer(fails=str(mock.fails))
        body, headers = self._body(mock)
        return FakeAnswer(mock.status or 200, body, headers)

    def _in_background(self) -> bool:
        ask = _asked.get()
        tool = self._release.tools.get(ask.tool) if ask is not None else None
        return bool(getattr(tool, "background", False))

    def _token_url(self, tool: str) -> str | None:
        release = self._release
        lookup = release.lookups.get(tool)
        own = [release.requests[tool]] if tool in release.requests else []
        for each in release.asked_by(lookup) if lookup is not None else own:
            oauth2 = getattr(each.http.auth, "oauth2", None)
            if oauth2 is not None:
                return str(oauth2.token_url)
        return None

    def _body(self, mock: Mock) -> tuple[bytes, Mapping[str, str]]:
        if mock.returns_json is not None:
            return str(mock.returns_json).encode(), _JSON
        if mock.returns_file is not None:
            return self._case.files[str(mock.returns_file)].encode(), _JSON
        if mock.returns is None:
            return b"", {}
        return json.dumps(plain(mock.returns), ensure_ascii=False).encode(), _JSON


def plain(data: Any) -> Any:
    """What a test writes as data: texts, and one `{{ expression }}` with its type."""
    if isinstance(data, Mapping):
        return {str(name): plain(inner) for name, inner in data.items()}
    if isinstance(data, tuple | list):
        return [plain(inner) for inner in data]
    return as_data(_RENDERER.value(str(data), {}))


async def _pass(seconds: float, *, awaited: bool) -> None:
    """Let a service take its time; in simulated time that takes none.

    What nobody waits for takes the time of the silences and turns that follow.
    """
    loop = asyncio.get_running_loop()
    if awaited and isinstance(loop, SimulatedLoop):
        await loop.forward(seconds)
    else:
        await asyncio.sleep(seconds)
