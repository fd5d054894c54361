"""Which address a job is posted to."""

from __future__ import annotations

import pytest

from runner.external.addresses import chosen, health_of

HERE, EU, US = "https://a.example/x", "https://eu.example/y", "https://us.example/z"
REGIONS = {"eu": EU, "us": US}


@pytest.mark.parametrize(
    ("region", "milliseconds", "address"),
    [
        ("us", {EU: 1.0}, US),
        ("", {EU: 9.0, US: 4.0}, US),
        ("asia", {EU: 9.0}, EU),
        ("", {}, HERE),
        ("asia", {HERE: 1.0}, HERE),
    ],
)
def test_the_own_region_else_the_nearest(region, milliseconds, address):
    """The runner's region; else the one that answered soonest; else webhook_url."""
    assert chosen(HERE, REGIONS, region, milliseconds) == address


def test_health_is_asked_at_the_host_of_each_region():
    """At the path of health_url."""
    assert health_of(HERE, HERE, "https://h.example/ok") == "https://h.example/ok"
    assert health_of(EU, HERE, "https://h.example/ok?a=1") == "https://eu.example/ok?a=1"
