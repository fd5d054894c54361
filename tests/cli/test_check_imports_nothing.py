"""`lkrun check` reads what providers take without importing what they are made of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KINDS = {"llm": "openai", "stt": "openai", "tts": "openai", "realtime": "openai", "avatar": "bey"}
SDKS = ("livekit", "openai", "aiohttp", "numpy", "av", "onnxruntime", "lkrun_", "httpx")

CHECK = """
import json, sys
from runner.cli import run
try:
    sys.argv = ["lkrun", "check", sys.argv[1]]
    run()
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)))
"""


def write(folder):
    """A folder with twenty providers, all of them used."""
    providers, agents = ["providers:"], ["agents:"]
    for number in range(4):
        for kind, plugin in KINDS.items():
            providers += [f"  {kind}_{number}:", f"    {kind}: {plugin}", "    with:"]
            providers += ['      api_key: "{{ secrets.SOME_KEY }}"']
        agents += [f"  one_{number}:", "    start: host"]
        agents += [f"    {k}: {k}_{number}" for k in ("llm", "stt", "tts", "avatar")]
        agents += [f"  two_{number}:", "    start: host", f"    realtime: realtime_{number}"]
    lines = [*agents, *providers, "personas:", "  host:", "    instructions: Help."]
    (folder / "all.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("known", [False, True], ids=["the first time", "with what is kept"])
def test_no_package_of_a_provider_is_imported(tmp_path, known):
    """Twenty providers are checked, and neither their packages nor LiveKit's are loaded for it."""
    folder = tmp_path / "agents.d"
    folder.mkdir()
    write(folder)
    env = {**os.environ, "LKRUN_CACHE_DIR": str(tmp_path / "cache")}
    for _ in range(1 + known):
        done = subprocess.run(
            [sys.executable, "-c", CHECK, str(folder)],
            cwd=ROOT, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    modules = done.stdout.splitlines()[-1]
    loaded = [name for name in SDKS if f'"{name}' in modules]
    assert loaded == []
    assert "no mistakes" in done.stdout
