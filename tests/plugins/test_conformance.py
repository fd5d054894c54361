"""The suite of `runner.plugin.testing`, over the offline plugins, services by HTTP and openai."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import lkrun_espeak
import lkrun_pocketsphinx
import lkrun_script
import pytest
from livekit.plugins import openai
from openai import AsyncOpenAI
from support.openai_speech import BROKEN, UNDERSTOOD, SpeechServer
from support.openai_stub import OpenAiStub, call, failed, say

from runner.egress.client import Ways
from runner.egress.providers import ProviderEgress, ProviderNetwork
from runner.plugin.testing import LLMSuite, STTSuite, TTSSuite
from runner.schema.http_providers import HTTP
from runner.session.models.http.made import HttpRecipe

ROOT = Path(__file__).parents[2]


def answer(request):
    text = request.text if request.body["messages"] else ""
    if "broken" in text or "broken" in request.body.get("model", ""):
        return failed(500, "out of order")
    return call(("look_up", {"name": "Ann"})) if "Ann" in text else say("Good day to you.")


@pytest.fixture(scope="module")
def chat():
    """A server that speaks OpenAI's protocol."""
    with OpenAiStub(answer) as server:
        yield server.url


@pytest.fixture(scope="module")
def voice():
    """The voice service of the example."""
    spec = importlib.util.spec_from_file_location("s", ROOT / "examples" / "voice" / "service.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    yield from serving(made.server(0))


class _Ears(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"text": "Hello there."}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def ears():
    """A service that understands the same whatever is said."""
    yield from serving(ThreadingHTTPServer(("127.0.0.1", 0), _Ears))


@pytest.fixture(scope="module")
def speech():
    """A server that speaks and understands as OpenAI's does."""
    yield from serving(SpeechServer())


def serving(server):
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def spoken():
    """What the offline voice makes of two words."""

    async def speak():
        plugin = lkrun_espeak.plugin
        return await plugin.build(plugin.options(speed=160)).synthesize("hello there").collect()

    return asyncio.run(speak())


def by_http(kind, **options):
    """A provider that is a service, whose connections are closed with it."""
    spec = HTTP[kind].model_validate(options | {"private_network": "yes"})
    egress = ProviderEgress(lambda _: None, ProviderNetwork(Ways()))
    made = HttpRecipe(kind, "own", spec, None, "en").made(egress)
    closing = made.aclose

    async def aclose():
        await closing()
        await egress.aclose()

    made.aclose = aclose
    return made


NOBODY = "http://127.0.0.1:9/nobody"


class TestScript(LLMSuite):
    """The scripted model."""

    order = "Look up Ann."

    def make(self):
        rules = [
            {"when_caller_says": ["look up"], "call": {"look_up": {"name": "Ann"}}},
            {"when_caller_says": ["hello"], "say": "Good day."},
        ]
        return self.scripted(rules)

    def broken(self):
        return self.scripted([{"when_caller_says": ["hello"], "fail": "out of order"}])

    @staticmethod
    def scripted(rules):
        plugin = lkrun_script.plugin
        return plugin.build(plugin.options.model_validate({"rules": rules}))


class TestEspeak(TTSSuite):
    """The offline voice."""

    def make(self):
        return lkrun_espeak.plugin.build(lkrun_espeak.plugin.options())


class TestPocketsphinx(STTSuite):
    """The offline ears, on words of the offline voice."""

    words = "hello there"

    @pytest.fixture(autouse=True)
    def _spoken(self, spoken):
        self.spoken = spoken

    def speech(self):
        return self.spoken

    def make(self):
        plugin = lkrun_pocketsphinx.plugin
        return plugin.build(plugin.options.model_validate({"phrases": ["hello there"]}))


class TestHttpVoice(TTSSuite):
    """A voice by HTTP."""

    @pytest.fixture(autouse=True)
    def _service(self, voice):
        self.url = voice

    def make(self):
        return self.speaking(f"{self.url}/synthesize")

    def broken(self):
        return self.speaking(NOBODY)

    @staticmethod
    def speaking(url):
        body = {"json": {"text": "{{ text }}"}}
        return by_http("tts", url=url, audio="pcm_s16le", body=body)


class TestHttpRecognition(STTSuite):
    """Speech recognition by HTTP."""

    words = "hello there"

    @pytest.fixture(autouse=True)
    def _service(self, ears):
        self.url = ears

    def make(self):
        return by_http("stt", url=self.url)

    def broken(self):
        return by_http("stt", url=NOBODY)


class TestHttpModel(LLMSuite):
    """A model by HTTP."""

    order = "Look up Ann."

    @pytest.fixture(autouse=True)
    def _service(self, chat):
        self.url = chat

    def make(self, model="small"):
        return by_http("llm", url=f"{self.url}/chat/completions", style="openai", model=model)

    def broken(self):
        return self.make("broken")


class TestOpenAI(LLMSuite):
    """LiveKit's own plugin, over the real wire format."""

    order = "Look up Ann."

    @pytest.fixture(autouse=True)
    def _service(self, chat):
        self.url = chat

    def make(self, model="small"):
        return openai.LLM(model=model, base_url=self.url, api_key="no-key")

    def broken(self):
        return self.make("broken")


class TestOpenAiVoice(TTSSuite):
    """LiveKit's openai plugin as a voice, by the events of OpenAI's newer voices."""

    model = "gpt-4o-mini-tts"

    @pytest.fixture(autouse=True)
    def _service(self, speech):
        self.url = f"{speech}/v1"

    def make(self):
        return openai.TTS(
            model=self.model, base_url=self.url, api_key="sk-none", response_format="pcm"
        )

    def broken(self):
        return openai.TTS(model=BROKEN, base_url=self.url, api_key="sk-none")


class TestOpenAiOlderVoice(TestOpenAiVoice):
    """The older voices, which send plain sound."""

    model = "tts-1"


class TestOpenAiEars(STTSuite):
    """LiveKit's openai plugin as speech recognition."""

    words = UNDERSTOOD
    model = "gpt-4o-mini-transcribe"

    @pytest.fixture(autouse=True)
    def _service(self, speech):
        self.url = f"{speech}/v1"

    def make(self):
        return self.listening(self.model)

    def broken(self):
        return self.listening(BROKEN)

    def listening(self, model):
        """Ears whose client, which is not theirs to close, is closed with them."""
        client = AsyncOpenAI(base_url=self.url, api_key="sk-none", max_retries=0)
        made = openai.STT(model=model, client=client, use_realtime=False)
        made.aclose = client.close
        return made


class TestOpenAiWhisper(TestOpenAiEars):
    """The oldest ears, which tell more of what they hear."""

    model = "whisper-1"
