"""`lkrun dial`: an agent calls somebody."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import click

from runner.cli import asynchronous
from runner.cli.chat import variable
from runner.cli.folder import DEFAULT
from runner.cli.options import formats, shared
from runner.cli.optout import parsed_number
from runner.cli.releases import opened
from runner.cli.token import parsed_json
from runner.diagnostics import render

_SECONDS = 30.0
_DAY = 86_400.0


@click.command()
@click.argument("agent")
@click.argument("folder", metavar="[DIR]", default=DEFAULT, type=click.Path(path_type=Path))
@click.option(
    "--to", metavar="NUMBER", required=True, callback=parsed_number, help="Such as +842412345678."
)
@click.option(
    "--var",
    "variables",
    metavar="NAME=VALUE",
    multiple=True,
    callback=variable,
    help="Give a variable a value; may be repeated.",
)
@click.option(
    "--metadata", metavar="JSON", callback=parsed_json, help="Given to the agent as job.metadata."
)
@click.option("--wait", is_flag=True, help="Wait until the call is over.")
@formats("text", "json")
@shared
def dial(  # noqa: PLR0913 - one value for each option
    agent: str,
    folder: Path,
    *,
    to: str,
    variables: dict[str, str],
    metadata: str,
    wait: bool,
    form: str,
) -> int:
    """Have AGENT call a number, by the running lkrun serve of the folder DIR (agents.d).

    Where none runs on this machine, the one at LKRUN_URL is asked. With --wait it ends with 1 where
    nobody answered.
    """
    order = {
        "agent": agent,
        "to": to,
        "metadata": json.loads(metadata) if metadata else None,
        "variables": variables,
    }
    shown = _by_runner(folder, order, wait=wait)
    if shown is None:
        shown = _by_api(folder, order, wait=wait)
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2) if form == "json" else _text(shown))
    return 1 if shown["state"] == "ended" and shown["answered_by"] == "nobody" else 0


def _text(shown: dict[str, Any]) -> str:
    whom = f"{shown['agent']} calls {shown['to']}"
    if shown["state"] != "ended":
        return f"{whom}: {shown['id']} is {shown['state']}"
    if shown["answered_by"] == "nobody":
        return f"{whom}: nobody was reached: {shown['message'] or shown['reason']}"
    return f"{whom}: answered by: {shown['answered_by']}; it ended: {shown['reason']}"


def _by_runner(folder: Path, order: dict[str, Any], *, wait: bool) -> dict[str, Any] | None:
    """Order it at a runner of this machine; None where there is none."""
    from runner.serve.control import ask_one, running
    from runner.serve.socket.messages import CallShown, ControlHello

    if not folder.is_dir():
        return None
    for runner in running(opened(folder)):
        reply = asynchronous.run(ask_one(runner, ControlHello("dial", order=order), _SECONDS))
        if isinstance(reply, CallShown) and wait:
            over = ControlHello("dialled", str(reply.call["id"]))
            reply = asynchronous.run(ask_one(runner, over, _DAY))
        if isinstance(reply, CallShown):
            return reply.call
        raise click.ClickException(render.printable(getattr(reply, "message", "")))
    return None


def _by_api(folder: Path, order: dict[str, Any], *, wait: bool) -> dict[str, Any]:
    url = os.environ.get("LKRUN_URL", "").rstrip("/")
    if not url:
        name = render.printable(str(folder))
        words = f"no runner of {name} is on; start one with lkrun serve {name}, or set LKRUN_URL"
        raise click.ClickException(words)
    shown = _asked(f"{url}/v1/calls", {n: v for n, v in order.items() if v not in (None, {})})
    if wait:
        import time

        while shown["state"] != "ended":
            time.sleep(1.0)
            shown = _asked(f"{url}/v1/calls/{shown['id']}")
    return shown


def _asked(address: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(address, data)  # noqa: S310 - the person's own runner
    request.add_header("Content-Type", "application/json")
    if os.environ.get("LKRUN_TOKEN"):
        request.add_header("Authorization", f"Bearer {os.environ['LKRUN_TOKEN']}")
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - as above
            shown: dict[str, Any] = json.load(response)
            return shown
    except urllib.error.HTTPError as error:
        with error:
            raise click.ClickException(_refusal(error)) from None
    except (OSError, ValueError):
        words = f"no runner answers at {address}: is lkrun serve running?"
        raise click.ClickException(words) from None


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        told = json.load(error)["error"]
        hint = f"; {told['help']}" if told.get("help") else ""
        return render.printable(f"{told['message']}{hint}")
    except (OSError, ValueError, LookupError, TypeError):
        return f"the runner answered {error.code}"
