"""The child process that imports plugins for `check`.

Run as `python -m runner.providers.probe` by `child.ask`: jobs come as JSON on stdin, one line of
JSON for each step goes to stdout. What a plugin prints goes nowhere; when it ends this process, or
never comes back, the parent knows from the last line which one it was.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, NoReturn, TextIO

from runner.child_environment import missed
from runner.plugin import NamesTools
from runner.providers.loading import Loaded, UnusableError, load
from runner.providers.problems import OptionProblem
from runner.providers.validation import place, validate

_LONGEST = 200


def main() -> None:
    """Answer all jobs and leave at once, whatever threads a plugin started."""
    jobs = json.load(sys.stdin)
    with _own_channel() as channel:
        run(jobs, channel)
    os._exit(0)


def run(jobs: list[dict[str, Any]], channel: TextIO) -> None:
    """Answer each job: a line before it is begun, a line with its answer."""
    for number, job in enumerate(jobs):
        _tell(channel, {"job": number})
        _tell(channel, {"job": number, "answer": answer(job)})


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Check the options of one job, or describe them.

    Args:
        job: `source` and `target` of the provider, `kind` and `name` for messages, `requests` (each
            `values` and `opaque`), `record`: what it takes is asked for, `schema`: the same for
            editors, `files`: `look` whether its files are there, or `fetch` them.

    Returns:
        `problems`, a list for each request, with `record` and `schema` where they were asked for;
        or `failed`: code, message and, where more is known than the plugin's name, help.
    """
    try:
        loaded = load(job["source"], job["target"], job["kind"])
        return {
            "problems": _problems(loaded, job),
            "record": _record(loaded, job),
            "schema": _schema(loaded, job),
            "files": _files(job),
        }
    except UnusableError as error:
        return {"failed": {"code": error.code, "message": str(error)}}
    except ModuleNotFoundError as error:
        return {"failed": {"code": "E404", **_missing(error.name or "", job["target"])}}
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, sys.exit included
        return {"failed": {"code": "E404", "message": _last_line(error), **_variable(error)}}


def _problems(loaded: Loaded, job: dict[str, Any]) -> list[list[dict[str, Any]]]:
    subject = f"{job['kind']} '{job['name']}'"
    answers = []
    for request in job["requests"]:
        opaque = [tuple(leaf) for leaf in request["opaque"]]
        options, problems = validate(loaded.options, request["values"], subject, opaque)
        problems += _named_tools(options, request["values"])
        answers.append([asdict(problem) for problem in problems])
    return answers


def _named_tools(options: Any, values: Any) -> Iterator[OptionProblem]:
    """The tools that options name; only the agents know whether there are such."""
    if isinstance(options, NamesTools):
        for path, name in options.tool_names():
            location, _ = place(path, values)
            on_key = bool(location) and location[-1] == name
            yield OptionProblem("E202", location, "", on_key=on_key, tool=name)


def _record(loaded: Loaded, job: dict[str, Any]) -> dict[str, Any] | None:
    if not job.get("record"):
        return None
    from runner.providers.reads import needs  # noqa: PLC0415 - few ask, and each check waits for this process
    from runner.providers.record import record  # noqa: PLC0415 - as above

    about = record(loaded.options, loaded.maker)
    return about | {"needs": needs(loaded.maker), "files": _has_files(job["target"])}


def _schema(loaded: Loaded, job: dict[str, Any]) -> dict[str, Any] | None:
    if not job.get("schema"):
        return None
    from runner.providers.editor import schema_of  # noqa: PLC0415 - as above

    return schema_of(loaded.options, f"{job['kind']}.{job['name']}.")


def _has_files(target: str) -> bool:
    """Whether the package downloads files before it is used."""
    return bool(_with_files(target))


def _with_files(target: str) -> list[Any]:
    """What its package has registered at LiveKit that downloads files."""
    framework = sys.modules.get("livekit.agents")
    if framework is None:
        return []
    package = ".".join(target.partition(":")[0].split(".")[:3])
    plain = framework.Plugin.download_files
    return [
        plugin
        for plugin in framework.Plugin.registered_plugins
        if str(plugin.package).startswith(package) and type(plugin).download_files is not plain
    ]


def _files(job: dict[str, Any]) -> bool | None:
    """Whether all files of a package are there; they are fetched where that is asked for.

    A plugin fetches only what it lacks: without a network it succeeds where it lacks nothing.
    """
    if "files" not in job:
        return None
    if job["files"] == "look":
        os.environ["HF_HUB_OFFLINE"] = "1"
        socket.socket.connect = _no_network  # type: ignore[method-assign]  # this process ends soon
    try:
        for plugin in _with_files(job["target"]):
            plugin.download_files()
    except BaseException:  # noqa: BLE001 - whatever a plugin raises, its files are not there
        return False
    return True


def _no_network(*_: Any) -> NoReturn:
    raise OSError


def _missing(module: str, target: str) -> dict[str, str]:
    """A module that is not there: of another package, or of the plugin's own."""
    package = module.partition(".")[0]
    if not package or package == target.partition(":")[0].partition(".")[0]:
        return {"message": f"its own module '{module}' is missing"}
    return {
        "message": f"it needs the Python package '{package}', which is not installed",
        "help": f"install it: pip install {package}",
    }


def _variable(error: BaseException) -> dict[str, str]:
    """What to do where a variable of the environment is missing that could be there."""
    name = missed(error)
    if name is None:
        return {}
    return {"help": f"{name} is set: let providers see it: runner:  environment:  - {name}"}


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _own_channel() -> TextIO:
    """A private copy of stdout; 0, 1 and 2 lead nowhere from here on."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    return channel


def _tell(channel: TextIO, message: dict[str, Any]) -> None:
    channel.write(json.dumps(message, default=str) + "\n")
    channel.flush()


if __name__ == "__main__":
    main()
