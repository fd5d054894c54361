"""The files of docs/deploy: what can be checked without the places that they are for."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import yaml
from support.command import serving
from support.live import needs
from support.live.rtcserver import KEY, SECRET, LiveKitServer

from runner.cli.main import lkrun
from runner.environment import ENVIRONMENT

FILES = Path(__file__).parents[1] / "docs" / "deploy"
DOCKERFILE = (FILES / "Dockerfile").read_text(encoding="utf-8")
TOKENS = 'runner:\n  http:\n    tokens:\n    - "{{ secrets.LKRUN_TOKEN }}"\n'


def last(instruction: str) -> str:
    """What the image is told last by an instruction."""
    joined = DOCKERFILE.replace("\\\n", " ")
    argument: str = re.findall(rf"^\s*{instruction} (.*)$", joined, re.MULTILINE)[-1]
    return argument


def documents(name: str) -> list[dict]:
    return list(yaml.safe_load_all((FILES / name).read_text(encoding="utf-8")))


def commands() -> dict[str, list[str]]:
    """Each command line of these files that starts a runner."""
    (render,) = documents("render.yaml")[0]["services"]
    unit = (FILES / "lkrun.service").read_text(encoding="utf-8")
    return {
        "Dockerfile": json.loads(last("CMD")),
        "render.yaml": shlex.split(render["dockerCommand"]),
        "lkrun.service": shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1]),
    }


@pytest.mark.parametrize("name", ["Dockerfile", "render.yaml", "lkrun.service"])
def test_a_command_is_one_of_lkrun(name, tmp_path):
    """Each option of it exists, and takes its value."""
    program, verb, folder, *options = commands()[name]
    assert (Path(program).name, verb, Path(folder).name) == ("lkrun", "serve", "agents.d")
    command = lkrun.get_command(click.Context(lkrun), verb)
    made = command.make_context(verb, [str(tmp_path), *options])
    assert made.params["drain"] >= 240


def test_variables_are_those_that_lkrun_reads():
    """A misspelt one would do nothing, and nobody would tell."""
    known = {each.name for each in ENVIRONMENT} | {"LIVEKIT_KEYS"}  # LiveKit's server reads that
    for file in FILES.iterdir():
        named = set(re.findall(r"\b(?:LKRUN|LIVEKIT)_[A-Z_]+", file.read_text(encoding="utf-8")))
        assert named <= known, file.name


async def test_what_the_image_does_works(tmp_path):
    """Its command serves with a token, its check of health sees that, and it is not root."""
    agents = Path(__file__).parents[1] / "agents.d"
    folder = shutil.copytree(agents, tmp_path / "agents.d")
    (folder / "runner.yaml").write_text(TOKENS)
    program, _, _, *options = commands()["Dockerfile"]
    assert options[:4] == ["--host", "0.0.0.0", "--port", "8090"]  # noqa: S104 - inside of a container
    assert (program, last("USER")) == ("lkrun", "lkrun")
    _, flag, code = json.loads(last("HEALTHCHECK").partition("CMD ")[2])
    env = {"LKRUN_TOKEN": "a-long-random-text"}
    async with serving(folder, *options[4:], **env) as runner:
        here = code.replace("http://127.0.0.1:8090", runner.front)
        assert here != code
        assert await asyncio.to_thread(_healthy, flag, here)
    assert not await asyncio.to_thread(_healthy, flag, here)


def _healthy(*options: str) -> bool:
    done = subprocess.run([sys.executable, *options], capture_output=True, check=False, timeout=20)
    return done.returncode == 0


def test_a_dashboard_shows_what_there_is():
    """Each metric and label of its queries is one of the page of metrics."""
    page = (FILES.parent / "metrics.md").read_text(encoding="utf-8")
    text = (FILES / "grafana.json").read_text(encoding="utf-8")
    panels = json.loads(text)["panels"]
    metrics = set(re.findall(r"\blkrun_\w+", text))
    assert len(metrics) > len(panels) - 2
    assert {re.sub(r"_bucket$", "", name) for name in metrics} <= set(
        re.findall(r"`(lkrun_\w+)`", page)
    )
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_what_is_mounted_is_what_the_image_reads():
    """Compose and Kubernetes mount agents and data where the image has them, read only."""
    folder, data = commands()["Dockerfile"][2], last("VOLUME")
    service = documents("compose.yaml")[0]["services"]["lkrun"]
    assert [each.split(":")[1] for each in service["volumes"]] == [folder, data]
    deployment, kubernetes_service = documents("kubernetes.yaml")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounted = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    assert {folder, data} < set(mounted)
    assert {each["name"] for each in pod["volumes"]} == set(mounted.values())
    probes = [container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("liveness", "readiness")]
    assert probes == ["/health", "/ready"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert kubernetes_service["spec"]["selector"] == labels


def test_a_place_waits_longer_than_a_runner(tmp_path):
    """Whoever kills a process does it only after its calls have had their time."""
    command = lkrun.get_command(click.Context(lkrun), "serve")
    drains = {
        name: command.make_context("serve", [str(tmp_path), *line[3:]]).params["drain"]
        for name, line in commands().items()
    }
    (render,) = documents("render.yaml")[0]["services"]
    compose = documents("compose.yaml")[0]["services"]["lkrun"]
    pod = documents("kubernetes.yaml")[0]["spec"]["template"]["spec"]
    unit = (FILES / "lkrun.service").read_text(encoding="utf-8")
    assert render["maxShutdownDelaySeconds"] >= drains["render.yaml"]
    assert 60 * int(compose["stop_grace_period"].removesuffix("m")) > drains["Dockerfile"]
    assert pod["terminationGracePeriodSeconds"] > drains["Dockerfile"]
    minutes = int(re.search(r"^TimeoutStopSec=(\d+)m$", unit, re.MULTILINE)[1])
    assert 60 * minutes > drains["lkrun.service"]


def composed(text: str, values: dict[str, str]) -> str:
    """A text of compose with the variables of its `.env`."""
    return re.sub(r"\$\{(\w+)(?::\?|:-)\}", lambda found: values[found[1]], text)


def test_what_compose_has_livekit_started_with_starts_it(tmp_path):
    """Its command, by the real server: the keys are read, and it answers."""
    program = needs.program("LKRUN_LIVEKIT_SERVER", "livekit-server")
    service = documents("compose.yaml")[0]["services"]["livekit"]
    values = {"MACHINE": "127.0.0.1", "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET}
    arguments = [composed(each, values) for each in service["command"]]
    env = {name: composed(each, values) for name, each in service["environment"].items()}
    server = LiveKitServer(program, tmp_path / "log")
    free = {"--udp-port": str(server.udp), "--bind": "127.0.0.1"}
    for option, value in free.items():  # on this machine other servers may be there
        arguments[arguments.index(option) + 1] = value
    config = {"port": server.port, "rtc": {"tcp_port": server.tcp}}
    server.start([*arguments, "--config-body", json.dumps(config)], env)
    server.kill()


def test_compose_has_what_it_names():
    """Each variable of its own is told at its top, and the database is where the runner looks."""
    text = (FILES / "compose.yaml").read_text(encoding="utf-8")
    head = text.partition("services:")[0]
    assert {n for n in re.findall(r"\$\{(\w+):\?\}", text) if n not in head} == set()
    services = documents("compose.yaml")[0]["services"]
    written = services["lkrun"]["environment"]["RECORDS_DATABASE"]
    address = urlsplit(composed(written, {"POSTGRES_PASSWORD": "a1"}))
    database = services["records"]["environment"]
    assert (address.hostname, address.username) == ("records", database["POSTGRES_USER"])
    assert address.path == f"/{database['POSTGRES_USER']}"
    assert set(services["lkrun"]["depends_on"]) == {"livekit", "records"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_systemd_understands_its_unit(tmp_path):
    """`systemd-analyze verify` has nothing to say of it."""
    text = (FILES / "lkrun.service").read_text(encoding="utf-8")
    unit = tmp_path / "lkrun.service"
    unit.write_text(text.replace("/opt/lkrun/bin/lkrun", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
