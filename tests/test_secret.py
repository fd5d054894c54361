"""A secret prints as three stars, and few may ask for what it is."""

from __future__ import annotations

import ast
import copy
import dataclasses
import json
import logging
import pickle
import traceback
from pathlib import Path

import pydantic
import pytest

from runner.secret import Secret, reveal

RUNNER = Path(__file__).parents[1] / "runner"
VALUE = "sk-live-7A2b9"

MAY_REVEAL = {
    # what is sent to a service
    "egress/request/address.py", "egress/request/body.py", "egress/request/headers.py",
    "egress/auth/basic.py", "egress/auth/hmac.py", "egress/auth/tokens.py", "egress/authorize.py",
    "egress/client.py", "egress/network/tls.py", "egress/network/wire.py",
    "egress/signed.py", "serve/external/posting.py",
    # templates, whose results are sealed again
    "egress/secrets.py", "egress/providers.py", "session/models/known_secrets.py",
    "session/models/recipes.py", "serve/child/spoken.py",
    # what looks for them, to hide or to compare them
    "egress/mask.py", "providers/build.py", "front/login.py", "front/tokens.py",
    "front/webhooks.py",
    "external/jobs.py", "front/routes/jobs.py",
    # the database of records
    "records/address.py", "records/database.py",
    # the call socket, and LiveKit
    "serve/socket/messages.py", "serve/credentials.py", "serve/telephony/livekit_sip.py",
    "serve/external/apology.py", "serve/external/room.py", "serve/workers/lost_dispatches.py",
    "serve/outgoing/places.py", "serve/outgoing/telephone.py",
    "serve/workers/registrations.py", "serve/workers/rooms.py", "serve/workers/tokens.py",
}  # fmt: skip
"""The modules in which a secret leaves its seal."""


@dataclasses.dataclass
class Record:
    """A record with a secret."""

    key: Secret[str]


class Model(pydantic.BaseModel):
    """A model with a secret."""

    model_config = pydantic.ConfigDict(extra="forbid")

    key: Secret[str]


WAYS = {
    "str": str,
    "repr": repr,
    "format": "{}".format,
    "format with a width": "{:>20}".format,
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - it is what is tried
    "a list": lambda secret: str([secret, {"key": secret}]),
    "a dataclass": lambda secret: f"{Record(secret)} {dataclasses.asdict(Record(secret))}",
    "a model": lambda secret: f"{Model(key=secret)!r} {Model(key=secret).model_dump()}",
    "a model's JSON": lambda secret: Model(key=secret).model_dump_json(),
    "JSON with str": lambda secret: json.dumps({"key": secret}, default=str),
    "an exception": lambda secret: "".join(traceback.format_exception(ValueError(secret))),
    "what is made of it": lambda secret: str(secret.map("Bearer {}".format)),
    "a copy": lambda secret: str([copy.copy(secret), copy.deepcopy(secret)]),
    "an iterable": lambda secret: str((secret, Secret([VALUE]), Secret(VALUE.encode()))),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_it_prints_as_stars(way):
    """No way to make a text of it gives the value."""
    shown = way(Secret(VALUE))
    assert "***" in shown
    assert VALUE not in shown


def test_a_log_shows_stars(caplog):
    """A log line, whose arguments are formatted late, has none of it."""
    logging.getLogger("lkrun.test").warning("sent %s as %r", Secret(VALUE), Secret(VALUE))
    assert caplog.messages == ["sent *** as ***"]


def test_a_model_does_not_show_what_it_refuses():
    """A secret is taken as it is; what surrounds it is told with three stars."""
    assert Model(key=Secret(VALUE)).key == Model(key=VALUE).key == Secret(VALUE)
    with pytest.raises(pydantic.ValidationError) as caught:
        Model(key=Secret(VALUE), other=1)
    assert VALUE not in str(caught.value)


def test_it_is_not_pickled():
    """Nobody writes it where others read."""
    with pytest.raises(TypeError, match="a secret is not pickled"):
        pickle.dumps(Secret(VALUE))


def test_the_same_value_is_the_same_secret():
    """It may be compared, and stand in sets; whether it is empty can be asked."""
    assert len({Secret(VALUE), Secret(VALUE), Secret("other")}) == 2
    assert (bool(Secret("")), bool(Secret(VALUE))) == (False, True)
    assert (reveal(Secret(VALUE)), reveal("plain")) == (VALUE, "plain")


def test_few_modules_reveal():
    """What a secret is leaves its seal only where it is sent, rendered, compared or hidden."""
    values = {
        path.relative_to(RUNNER).as_posix()
        for path in RUNNER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in ("reveal", "get_secret_value"))
        or (isinstance(node, ast.Name) and node.id == "reveal")
    }
    assert values - {"secret.py"} == MAY_REVEAL
