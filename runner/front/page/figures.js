// Figures: what calls add up to, drawn; of an agent, a kind and a span of time.

import { ask, query } from "/-/page/api.js";
import { ENGLISH, el, sentence } from "/-/page/dom.js";
import * as external from "/-/page/external.js";
import { bars, columns } from "/-/page/plots.js";
import { many, number, plain, took } from "/-/page/said.js";
import { SHORT } from "/-/page/trace.js";

const HOUR = 3_600_000, DAY = 24 * HOUR;
const SPANS = [["1", "the last 24 hours"], ["7", "the last 7 days"], ["30", "the last 30 days"], ["", "all that is kept"]];
const KINDS = [["", "All"], ["call", "Calls"], ["text", "Dialogues by text"]];
const PARTS = { stt: "Hearing", llm: "Thinking", tts: "Speaking", turn: "A whole answer" };
const BY_HOUR = 3 * DAY, BY_DAY = 120 * DAY;

let shown = null;

export function open(root, { asked, site }) {
  const agents = site.page()?.agents ?? [];
  const form = el("form", { class: "filters", "aria-label": "Of what" },
    choose("agent", "Agent", [["", "All"], ...agents.map(({ name }) => [name, name])], asked.agent ?? ""),
    choose("days", "When", SPANS.map(([value, text]) => [value, text.charAt(0).toUpperCase() + text.slice(1)]), asked.days ?? "7"),
    choose("kind", "Kind", KINDS, asked.kind ?? ""));
  const plots = el("div", { class: "plots", id: "plots" });
  root.replaceChildren(el("h1", { tabindex: "-1" }, "Figures"), form, plots);
  const mine = { form, plots, round: 0 };
  shown = mine;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    history.replaceState(null, "", `#figures?${new URLSearchParams(new FormData(form))}`);
    draw(mine);
  });
  return draw(mine);
}

export function close() {
  shown = null;
}

function choose(name, label, rows, value) {
  const id = `figures-${name}`;
  const made = el("select", { name, id }, ...rows.map(([each, text]) => el("option", { value: each }, text)));
  if (!rows.some(([each]) => each === value)) made.append(el("option", { value }, value));
  made.value = value;
  return el("div", {}, el("label", { for: id }, label), made);
}

async function draw(mine) {
  const round = ++mine.round;
  const { agent, days, kind } = Object.fromEntries(new FormData(mine.form));
  const now = Date.now(), since = days ? new Date(now - Number(days) * DAY) : null;
  try {
    const [stats, jobs] = await Promise.all([ask("GET", `/v1/stats${query({ agent, kind, since: since?.toISOString() })}`), kind === "text" ? [] : external.figures(agent, since)]);
    if (shown === mine && round === mine.round) mine.plots.replaceChildren(...figures(stats, since?.getTime(), now), ...jobs);
  } catch (error) {
    if (shown === mine && round === mine.round) mine.plots.replaceChildren(el("p", { class: "trouble", role: "alert" }, error.message ? sentence(error.message) : "The runner does not answer."));
  }
}

function figures(stats, since, now) {
  if (!stats.calls) return [el("p", { class: "empty", role: "status" }, "Nothing is kept of this time yet. As soon as a call is over, it is counted here.")];
  const sums = [["Conversations", number(stats.calls)], ["Minutes", stats.minutes < 10 ? stats.minutes.toFixed(1) : number(Math.round(stats.minutes))], ["Minutes each", (stats.minutes / stats.calls).toFixed(1)], ["A typical answer", stats.latency_ms.turn.p50 === null ? "–" : took(stats.latency_ms.turn.p50)]];
  return [
    el("dl", { class: "sums" }, ...sums.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    over(stats.hours, since, now), ends(stats.ended), latency(stats.latency_ms), ...tools(stats.tools), tokens(stats.tokens, stats.calls)];
}

// --- when ---------------------------------------------------------------------------------------------------------

const short = (about) => (at) => at.toLocaleString(ENGLISH, about);
const BINS = [
  { name: "hour", most: BY_HOUR, start: (at) => at.setMinutes(0, 0, 0), next: (at) => at.setHours(at.getHours() + 1), label: short({ hour: "numeric" }), words: short({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }) },
  { name: "day", most: BY_DAY, start: (at) => at.setHours(0, 0, 0, 0), next: (at) => at.setDate(at.getDate() + 1), label: short({ day: "numeric", month: "short" }), words: short({ weekday: "long", day: "numeric", month: "long" }) },
  { name: "month", most: Infinity, start: (at) => { at.setHours(0, 0, 0, 0); at.setDate(1); }, next: (at) => at.setMonth(at.getMonth() + 1), label: short({ month: "short", year: "2-digit" }), words: short({ month: "long", year: "numeric" }) },
];

/** How many began in each hour, day or month of this browser's time, those without any too. */
function over(hours, since, now) {
  const first = since ?? Date.parse(hours[0]?.hour ?? new Date(now).toISOString());
  const bin = BINS.find(({ most }) => now - first <= most);
  const of = (moment) => { const at = new Date(moment); bin.start(at); return at; };
  const counts = new Map();
  for (const { hour, calls } of hours) counts.set(of(hour).getTime(), (counts.get(of(hour).getTime()) ?? 0) + calls);
  const rows = [];
  for (const at = of(first); at.getTime() <= now; bin.next(at)) rows.push({ label: bin.label(at), words: bin.words(at), value: counts.get(at.getTime()) ?? 0 });
  const top = rows.reduce((one, other) => (other.value > one.value ? other : one));
  return columns({ title: `Conversations by ${bin.name}`, said: `Most began ${bin.name === "month" ? "in" : "on"} ${top.words}: ${number(top.value)}.`, rows, head: [bin.name === "day" ? "Day" : bin.name === "hour" ? "Hour" : "Month", "Conversations"], kind: "all" });
}

// --- how ----------------------------------------------------------------------------------------------------------

const share = (value, all) => (value && value * 200 < all ? "under 1 %" : `${Math.round((100 * value) / Math.max(1, all))} %`);

function ends(ended) {
  const sorted = Object.entries(ended).sort(([, one], [, other]) => other - one);
  const all = sorted.reduce((sum, [, count]) => sum + count, 0);
  const rows = sorted.map(([reason, count]) => ({ label: SHORT[reason] ?? plain(reason), parts: [["all", count]], words: `${number(count)} · ${share(count, all)}`, cells: [number(count), share(count, all)] }));
  return bars({ title: "How they ended", said: rows.length ? `Most often: ${rows[0].label}, ${share(sorted[0][1], all)} of all.` : "", rows, head: ["Ended", "How many", "Share"] });
}

function latency(parts) {
  const known = Object.entries(PARTS).filter(([part]) => parts[part].p50 !== null);
  const rows = known.map(([part, label]) => {
    const { p50, p95 } = parts[part];
    return { label, parts: [["half", p50], ["most", p95 - p50]], words: `${took(p50)} · ${took(p95)}`, cells: [took(p50), took(p95)] };
  });
  const whole = parts.turn;
  const said = whole.p50 === null ? "Nothing was measured in this time." : `Half of all answers came within ${took(whole.p50)}, 95 of 100 within ${took(whole.p95)}.`;
  return bars({ title: "How long an answer took", said, rows, head: ["Part", "Half within", "95 of 100 within"], legend: rows.length ? [["half", "half within"], ["most", "95 of 100 within"]] : [] });
}

function tools(all) {
  const sorted = Object.entries(all).sort(([, one], [, other]) => other.ok + other.failed - one.ok - one.failed);
  if (!sorted.length) return [];
  const failed = sorted.reduce((sum, [, each]) => sum + each.failed, 0);
  const called = sorted.reduce((sum, [, each]) => sum + each.ok + each.failed, 0);
  const rows = sorted.map(([label, each]) => ({ label, parts: [["ok", each.ok], ["bad-part", each.failed]], words: each.failed ? `${number(each.ok)} · ${number(each.failed)} failed` : number(each.ok), cells: [number(each.ok), number(each.failed), share(each.failed, each.ok + each.failed)] }));
  return [bars({ title: "Tools", said: failed ? `${many(failed, "call")} of ${number(called)} failed.` : `None of ${many(called, "call")} failed.`, rows, head: ["Tool", "Worked", "Failed", "Share that failed"], legend: [["ok", "worked"], ["bad-part", "failed"]] })];
}

function tokens({ input, output }, calls) {
  const rows = [["Read", input], ["Written", output]].map(([label, value]) => ({ label, parts: [["all", value]], words: number(value), cells: [number(value), number(Math.round(value / calls))] }));
  return bars({ title: "Tokens of models", said: `${number(input + output)} in all, ${number(Math.round((input + output) / calls))} a conversation.`, rows, head: ["Tokens", "In all", "A conversation"] });
}
