"""Campaigns in the database: who is called next, by whom, and what came of it.

Every step is one transaction, so that several runners may share a database: a call is begun by
writing its attempt, whose key is the contact and the number of the attempt. Who does not get that
row written does not call.
"""

from __future__ import annotations

from runner.records.campaigns.claiming import claim, progress, renew
from runner.records.campaigns.finishing import finish, reap, skip, undo
from runner.records.campaigns.loading import load
from runner.records.campaigns.reading import contacts, counts, figures, zones
from runner.records.campaigns.states import forget_old_campaigns, known, set_state, settle
from runner.records.campaigns.values import (
    CALLING,
    DONE,
    FINISHED,
    LOADING,
    LOST,
    OPTED_OUT,
    OVER,
    PAUSED,
    REACHED,
    RUNNING,
    STOPPED,
    WAITING,
    CampaignState,
    Claimed,
    Ended,
    Limits,
    NewContact,
)

__all__ = [
    "CALLING",
    "DONE",
    "FINISHED",
    "LOADING",
    "LOST",
    "OPTED_OUT",
    "OVER",
    "PAUSED",
    "REACHED",
    "RUNNING",
    "STOPPED",
    "WAITING",
    "CampaignState",
    "Claimed",
    "Ended",
    "Limits",
    "NewContact",
    "claim",
    "contacts",
    "counts",
    "figures",
    "finish",
    "forget_old_campaigns",
    "known",
    "load",
    "progress",
    "reap",
    "renew",
    "set_state",
    "settle",
    "skip",
    "undo",
    "zones",
]
