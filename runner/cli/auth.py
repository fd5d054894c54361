"""`lkrun auth`: a refresh token through the browser, and what to put where."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

import click

from runner.cli.groups import Commands
from runner.cli.options import formats, shared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GOOGLE = (
    "https://accounts.google.com/o/oauth2/v2/auth",
    "https://oauth2.googleapis.com/token",
)
_WAIT = 300
_PAGE = "<!doctype html><title>lkrun</title><p>{} You can close this page.</p>"


@click.group(cls=Commands)
@shared
def auth() -> None:
    """Get a refresh token for a service through the browser."""


_OPTIONS = (
    click.option("--client-id", required=True, help="The id of the client."),
    click.option(
        "--client-secret",
        envvar="LKRUN_CLIENT_SECRET",
        default="",
        help="The client's secret; better in the environment, as LKRUN_CLIENT_SECRET.",
    ),
    click.option("--scope", "scopes", multiple=True, help="What is asked for. May be repeated."),
    click.option(
        "--port",
        default=0,
        help="The port on this machine to which the browser comes back; 0: any.",
    ),
    click.option("--no-browser", is_flag=True, help="Only print the address to open."),
    formats("text", "json"),
    shared,
)


def _of_a_client(command: Callable[..., int]) -> Callable[..., int]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@auth.command()
@_of_a_client
def google(**given: Any) -> int:
    """Get a refresh token for Google's services.

    The client is made in Google's console: an OAuth client of the kind "Desktop app".
    """
    if not given["scopes"]:
        raise click.UsageError(
            "Google wants to know what for: add --scope, such as --scope "
            "https://www.googleapis.com/auth/calendar.events"
        )
    # without these Google gives a refresh token only the first time
    extra = {"access_type": "offline", "prompt": "consent"}
    return _granted(*_GOOGLE, extra, **given)


@auth.command()
@click.option("--authorize-url", required=True, help="The page on which a person agrees.")
@click.option("--token-url", required=True, help="The address that gives out tokens.")
@_of_a_client
def oauth2(authorize_url: str, token_url: str, **given: Any) -> int:
    """Get a refresh token from any OAuth 2.0 server."""
    return _granted(authorize_url, token_url, {}, **given)


def _granted(  # noqa: PLR0913 - what the command line says
    authorize_url: str,
    token_url: str,
    extra: Mapping[str, str],
    *,
    client_id: str,
    client_secret: str,
    scopes: Sequence[str],
    port: int,
    no_browser: bool,
    form: str,
) -> int:
    from runner.egress.authorize import Authorization, NotGrantedError
    from runner.secret import Secret

    with _Callback(port) as callback:
        wanted = Authorization(
            authorize_url,
            token_url,
            client_id,
            Secret(client_secret),
            scopes,
            callback.address,
            extra,
        )
        click.echo(f"Open this address and say yes:\n\n  {wanted.url}\n", err=True)
        if not no_browser:
            webbrowser.open(wanted.url)
        try:
            token = wanted.refresh_token(wanted.code(callback.wait()))
        except NotGrantedError as problem:
            click.echo(f"lkrun: {problem}", err=True)
            return 1
    if form == "json":
        click.echo(json.dumps({"refresh_token": token, "token_url": token_url}))
        return 0
    click.echo(_WHERE.format(token=token, token_url=token_url, client_id=client_id))
    return 0


_WHERE = """\
Put this into the environment, or into files of these names in the folder LKRUN_SECRETS_DIR:

  SERVICE_REFRESH_TOKEN={token}
  SERVICE_CLIENT_SECRET=(the client's secret)

and this into the file of the service or tool:

  auth:
    oauth2:
      token_url: {token_url}
      client_id: {client_id}
      client_secret: "{{{{ secrets.SERVICE_CLIENT_SECRET }}}}"
      refresh_token: "{{{{ secrets.SERVICE_REFRESH_TOKEN }}}}"
"""


class _Callback:
    """Waits on this machine for the browser to come back."""

    def __init__(self, port: int) -> None:
        answer: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                known = parts.path == "/callback"
                self.send_response(200 if known else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                brought = dict(parse_qsl(parts.query))
                words = "It was not granted." if brought.get("error") else "Done."
                self.wfile.write(_PAGE.format(words).encode() if known else b"")
                if known:
                    answer.update(brought)

            def log_message(self, *_: Any) -> None:
                """Say nothing: a code stands in the address."""

        try:
            self._server = HTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise click.ClickException(f"port {port} cannot be used: {error.strerror}") from None
        self._server.timeout = _WAIT
        self._found = answer

    @property
    def address(self) -> str:
        """Where the browser comes back to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/callback"

    def wait(self) -> dict[str, str]:
        """What it brings; nothing where it does not come."""
        for _ in range(20):  # a browser asks for a favicon as well
            self._server.handle_request()
            if self._found:
                break
        return self._found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()
