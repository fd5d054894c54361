// External agents: programs of others that take calls. What each is like now, and what became of its jobs.

import { ask } from "/-/page/api.js";
import { el } from "/-/page/dom.js";
import { bars } from "/-/page/plots.js";
import { many, number, took, when } from "/-/page/said.js";

const HEALTH = {
  healthy: ({ ms }) => (ms === null ? "It works" : `It works, and answered within ${took(ms)}`),
  unhealthy: ({ error, failures }) => `It does not work: asked ${many(failures, "time")} in vain${error ? ` (${error})` : ""}`,
  unknown: () => "Not asked yet, or it has no health_url",
};
const BREAKERS = {
  closed: "Jobs are posted to it",
  half_open: "It failed too often: the next job tries whether it works again",
  open: "It failed too often: for half a minute calls go elsewhere",
};
const STATES = { sent: "sent", waiting: "tried again soon", given_up: "given up" };
const HOW = { success: "Went well", running: "In the room now", accepted: "Accepted, not there yet", requested: "Being asked", rejected: "Refused by the program", cancelled: "Cancelled", failed: "Failed" };
const BAD = new Set(["failed", "rejected"]);

/** An external agent beside the agents, for the page *Agents*. */
export async function portraits() {
  return (await ask("GET", "/v1/external-agents")).map(portrait);
}

function portrait(agent) {
  const made = el("article", { class: "portrait", "data-external": agent.name }, el("h2", {}, agent.name), el("p", { class: "line" }, about(agent)));
  const elsewhere = agent.fallback ? `${agent.fallback} takes the call` : "an apology is said";
  const facts = [["jobs go to", agent.url], ["health", HEALTH[agent.health.state](agent.health)], ["now", agent.disabled ? "It said that it is gone (410): no more jobs until files are taken over again" : BREAKERS[agent.breaker]], ["where it does not come, or leaves a caller behind", elsewhere]];
  made.append(el("dl", { class: "vars" }, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))));
  if (agent.deliveries.length) made.append(el("details", { class: "as-table" }, el("summary", {}, "What it was sent last", el("span", { class: "sr" }, `: ${agent.name}`)), el("ul", {}, ...agent.deliveries.map((each) => el("li", {}, delivery(each))))));
  return made;
}

function about({ registered, disabled, breaker, health }) {
  const asked = !disabled && breaker !== "open" && health.state !== "unhealthy";
  return ["A program of its own", !registered ? "not ready for calls yet" : asked ? "ready for calls" : "left out for now"].join(" · ");
}

function delivery({ webhook_id, id, state, attempts, error }) {
  const tried = attempts === 1 ? "" : ` after ${many(attempts, "attempt")}`;
  return `${webhook_id ?? id}: ${STATES[state]}${tried}${error ? ` (${error})` : ""}`;
}

/** What became of jobs of external agents, for the page *Figures*; nothing where there was none. */
export async function figures(agent, since) {
  const jobs = (await ask("GET", "/v1/jobs")).filter((job) => (!agent || job.agent === agent) && (!since || Date.parse(job.requested) >= since));
  return jobs.length ? [ends(jobs), ...troubles(jobs)] : [];
}

function ends(jobs) {
  const counts = new Map();
  for (const { status } of jobs) counts.set(status, (counts.get(status) ?? 0) + 1);
  const rows = Object.keys(HOW).filter((status) => counts.has(status)).map((status) => {
    const count = counts.get(status);
    return { label: HOW[status], parts: [[BAD.has(status) ? "bad-part" : "ok", count]], words: number(count), cells: [number(count)] };
  });
  const bad = jobs.filter(({ status }) => BAD.has(status)).length;
  return bars({ title: "Jobs of external agents", said: bad ? `${number(bad)} of ${many(jobs.length, "job")} ${bad === 1 ? "was" : "were"} not taken, or failed.` : `${jobs.length === 1 ? "It" : `None of ${many(jobs.length, "job")}`} ${jobs.length === 1 ? "did not fail" : "failed"}.`, rows, head: ["Job", "How many"] });
}

/** The last that went wrong, with why. */
function troubles(jobs) {
  const bad = jobs.filter(({ status }) => BAD.has(status)).slice(0, 5);
  if (!bad.length) return [];
  return [el("figure", { class: "plot" }, el("figcaption", {}, el("h2", {}, "Jobs that went wrong"), el("p", {}, "The last ones, with why.")), el("ul", { class: "told" }, ...bad.map(({ agent, requested, error, status }) => el("li", {}, `${when(requested)} · ${agent}: ${error ?? HOW[status].toLowerCase()}`))))];
}
