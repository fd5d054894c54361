"""Plays the jobs of external agents for the front."""

from __future__ import annotations

from runner.front.port import DialogueError

JOB = {
    "id": "s-1", "agent": "guide", "job_type": "JT_ROOM", "room": "r", "dispatch_id": "AD_1",
    "participant_identity": "agent-s-1", "status": "running", "error": None, "message": None,
    "attempts": 1, "requested": "2026-12-01T10:00:00.000Z", "joined": None, "ended": None,
}  # fmt: skip
DELIVERY = {
    "id": "s-1", "kind": "job", "agent": "guide", "job_id": "s-1", "session_id": None,
    "webhook_id": "s-1", "url": "http://x.example/", "target": "http://x.example/",
    "state": "given_up", "attempts": 3, "error": "it was down",
}  # fmt: skip
AGENT = {
    "name": "guide", "url": "http://x.example/", "registered": True, "disabled": False,
    "fallback": None, "breaker": "closed", "deliveries": [DELIVERY],
    "health": {"state": "unknown", "failures": 0, "error": None, "ms": None},
}  # fmt: skip


class FakeJobs:
    """Knows one of each, or what a test gives it."""

    def __init__(self):
        self.reported = []
        self.served, self.known = [AGENT], [JOB]

    def jobs(self):
        return self.known

    def job(self, name):
        if name != JOB["id"]:
            raise DialogueError("unknown_job", "there is no such job")
        return JOB

    def cancel(self, name):
        return {**self.job(name), "status": "cancelled"}

    def report(self, name, token, status, error, message):
        self.reported.append((token, status, error, message))
        return {**self.job(name), "status": status}

    async def agents(self):
        return self.served

    async def deliveries(self):
        return [DELIVERY]

    async def replay(self, name):
        if name != DELIVERY["id"]:
            raise DialogueError("unknown_delivery", "there is no such delivery")
        return {**DELIVERY, "state": "waiting"}
