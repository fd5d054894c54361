// Calls: those that are on, those that are kept, and one of them with all that happened in it.

import { ask, file, query, session, stream } from "/-/page/api.js";
import { el, pretty, sentence, words } from "/-/page/dom.js";
import { latency } from "/-/page/latency.js";
import { clock, many, plain, took, when } from "/-/page/said.js";
import { ENDS, SHORT, Trace } from "/-/page/trace.js";

const LOOK = 3000;                         // between two looks at what is on
const STORED = [300, 700, 1500, 3000];     // until what has ended is among the records
const KINDS = { call: "Call", text: "Dialogue by text", interaction: "Interaction", event: "Event from outside" };
const CALLER = { you: "The caller", mine: "Caller" };
const TYPING = 300;

let shown = null;          // what is on the screen: an object of its own, so that what comes late for another is dropped

/** Show the list, or one call; `site` has `page()`, what the runner serves. */
export function open(root, { id, asked, site }) {
  close();
  shown = { root, site, timers: new Set(), stream: null, sound: null };
  return id ? one(shown, id) : list(shown, asked);
}

export function close() {
  shown?.stream?.close();
  shown?.timers.forEach(clearTimeout);
  if (shown?.sound) URL.revokeObjectURL(shown.sound);
  shown = null;
}

const here = (mine) => shown === mine;

function later(mine, what, after) {
  const timer = setTimeout(() => { mine.timers.delete(timer); if (here(mine)) what(); }, after);
  mine.timers.add(timer);
}

function trouble(error) {
  return el("p", { class: "trouble", role: "alert" }, error.message ? sentence(error.message) : "The runner does not answer.");
}

// --- the list -----------------------------------------------------------------------------------------------------

async function list(mine, asked) {
  const rows = el("ul", { class: "rows", id: "records" });
  const state = el("p", { class: "empty", role: "status" }, "Looking for calls…");
  const more = el("button", { class: "button quiet", type: "button" }, "Show more");
  const now = el("section", { class: "now", "aria-labelledby": "now-title" }, el("h2", { id: "now-title" }, "On now"), el("ul", { class: "rows", id: "on-now" }));
  now.hidden = true;
  const form = filters(asked, mine.site.page()?.agents ?? []);
  mine.root.replaceChildren(el("h1", { tabindex: "-1" }, "Calls"), now, form, rows, state, el("div", { class: "do" }, more, saving(form, state)));
  Object.assign(mine, { rows, state, more, now, form, cursor: null, round: 0 });
  more.addEventListener("click", () => fill(mine));
  form.addEventListener("submit", (event) => { event.preventDefault(); again(mine); });
  form.addEventListener("change", () => again(mine));
  form.elements.q.addEventListener("input", () => { clearTimeout(mine.typing); mine.typing = setTimeout(() => here(mine) && again(mine), TYPING); });
  on(mine);
  outcomes(mine, asked.outcome);
  await again(mine, true);
}

function filters(asked, agents) {
  const field = (label, made) => {
    made.id = `filter-${made.name}`;
    return el("div", {}, el("label", { for: made.id }, label), made);
  };
  const choose = (name, rows) => {
    const made = el("select", { name }, ...rows.map(([value, text]) => el("option", { value }, text)));
    if (asked[name] && !rows.some(([value]) => value === asked[name])) made.append(el("option", { value: asked[name] }, asked[name]));
    made.value = asked[name] ?? "";
    return made;
  };
  const write = (name, type, about = {}) => el("input", { name, type, value: asked[name] ?? "", ...about });
  return el("form", { class: "filters", role: "search", "aria-label": "Calls" },
    field("Words", write("q", "search", { placeholder: "Search what was said", maxlength: "500" })),
    field("Agent", choose("agent", [["", "All"], ...agents.map(({ name }) => [name, name])])),
    field("Ended", choose("outcome", [["", "In any way"]])),
    field("Kind", choose("kind", [["", "All"], ...Object.entries(KINDS)])),
    field("From", write("since", "date")),
    field("Until", write("until", "date")));
}

const asking = (form) => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));

/** A date of this browser as the moment at which it begins, or at which it is over. */
function bounds({ since, until, ...rest }) {
  const day = (text, more) => { const at = new Date(`${text}T00:00`); at.setDate(at.getDate() + more); return at.toISOString(); };
  return { ...rest, since: since && day(since, 0), until: until && day(until, 1) };
}

/** The ends that there are, to choose from. */
async function outcomes(mine, chosen) {
  const stats = await ask("GET", "/v1/stats").catch(() => null);
  if (!stats || !here(mine)) return;
  const made = mine.form.elements.outcome;
  const known = new Set([...made.options].map(({ value }) => value));
  made.append(...Object.keys(stats.ended).filter((name) => name && !known.has(name)).map((name) => el("option", { value: name }, SHORT[name] ?? plain(name))));
  if (chosen) made.value = chosen;
}

function again(mine, first = false) {
  mine.round += 1;
  mine.cursor = null;
  if (!first) history.replaceState(null, "", `#calls${query(asking(mine.form))}`);
  return fill(mine, true);
}

async function fill(mine, anew = false) {
  const round = mine.round;
  mine.more.disabled = true;
  try {
    const page = await ask("GET", `/v1/records${query({ ...bounds(asking(mine.form)), cursor: mine.cursor })}`);
    if (!here(mine) || round !== mine.round) return;
    const made = page.records.map(row);
    if (anew) mine.rows.replaceChildren(...made);
    else mine.rows.append(...made);
    mine.cursor = page.cursor;
    if (!anew) made[0]?.querySelector("a").focus();
    const searched = Object.values(asking(mine.form)).some(Boolean);
    mine.state.textContent = mine.rows.children.length ? "" : searched ? "Nothing was found. Try other words, or fewer." : "Nothing is kept yet. What happens in calls appears here once they are over.";
  } catch (error) {
    if (!here(mine) || round !== mine.round) return;
    if (anew) mine.rows.replaceChildren();
    mine.state.replaceChildren(trouble(error));
  }
  mine.more.hidden = !mine.cursor;
  mine.more.disabled = false;
}

function row(each) {
  const about = [each.caller, each.duration >= 0.5 ? clock(each.duration) : "", each.turns ? many(each.turns, "turn") : "", SHORT[each.outcome] ?? plain(each.outcome)].filter(Boolean);
  return el("li", {}, el("a", { href: `#calls/${encodeURIComponent(each.id)}`, "data-record": each.id },
    el("span", { class: "who" }, each.agent, each.kind === "call" ? "" : el("span", { class: "tag" }, KINDS[each.kind])),
    el("time", { datetime: each.started }, when(each.started)),
    el("span", { class: "line" }, about.join(" · ")),
    ...(each.summary ? [el("span", { class: "summary" }, each.summary)] : [])));
}

function saving(form, state) {
  const save = async () => {
    const made = await file(`/v1/records.csv${query(bounds(asking(form)))}`).catch(() => null);
    if (!made) return void (state.textContent = "The table cannot be had now.");
    const address = URL.createObjectURL(made);
    el("a", { href: address, download: "calls.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };
  return el("button", { class: "button quiet", type: "button", onclick: save }, "Save as a table (CSV)");
}

/** What is on now, as long as somebody looks. */
async function on(mine) {
  const rows = document.hidden ? null : await ask("GET", "/v1/sessions").catch(() => null);
  if (!here(mine)) return;
  if (rows) {
    const key = JSON.stringify(rows);
    const fewer = mine.ids?.some((id) => !rows.some((each) => each.id === id));
    if (key !== mine.onNow) mine.now.lastChild.replaceChildren(...rows.map(going));
    mine.now.hidden = rows.length === 0;
    mine.onNow = key;
    mine.ids = rows.map(({ id }) => id);
    if (fewer && mine.rows.children.length < 100 && !mine.rows.contains(document.activeElement)) later(mine, () => again(mine, true), STORED[1]);
  }
  later(mine, () => on(mine), LOOK);
}

function going(each) {
  return el("li", {}, el("a", { href: `#calls/${encodeURIComponent(each.id)}`, "data-session": each.id },
    el("span", { class: "who" }, each.agent, el("span", { class: "tag live" }, each.kind === "call" ? "Call" : KINDS[each.kind])),
    el("time", { datetime: each.started }, `since ${when(each.started)}`),
    el("span", { class: "line" }, `with ${each.persona} · ${many(each.turns, "turn")}`)));
}

// --- one call -----------------------------------------------------------------------------------------------------

async function one(mine, id) {
  try {
    const record = await ask("GET", `/v1/records/${encodeURIComponent(id)}`);
    if (here(mine)) kept(mine, record);
  } catch (error) {
    if (error.status === 404) await live(mine, id);
    else if (here(mine)) frame(mine, "Calls", [trouble(error)]);
  }
}

function frame(mine, title, children, side = []) {
  const back = el("p", { class: "back" }, el("a", { href: "#calls" }, "All calls"));
  const body = side.length ? [el("div", { class: "split" }, el("div", { class: "story" }, ...children), el("aside", { "aria-label": "About this call" }, ...side))] : children;
  const heading = el("h1", { tabindex: "-1" }, title);
  mine.root.replaceChildren(back, heading, ...body);
  mine.root.scrollTop = 0;
  document.title = `${title} · lkrun`;
}

function kept(mine, record) {
  const turns = el("ol", { class: "turns", "aria-label": "What was said and done" });
  const player = el("div", { class: "player" });
  const told = new Turns(mine, turns, record.agent, record);
  record.events.forEach((event) => told.put(event));
  const over = record.events.some(({ type }) => type === "end") || record.outcome ? [el("p", { class: "ending" }, ENDS[record.outcome] ?? sentence(plain(record.outcome)))] : [];
  const about = [el("p", { class: "line" }, [when(record.started), record.caller, record.duration >= 0.5 ? clock(record.duration) : ""].filter(Boolean).join(" · ")), player];
  const outside = ["input", "output", "error", "event_type", "data", "metadata"].filter((name) => record[name] !== undefined && record[name] !== null)
    .map((name) => el("section", { class: "outside" }, el("h2", {}, plain(name)), el("pre", { tabindex: "0", role: "group", "aria-label": plain(name) }, pretty(record[name]))));
  frame(mine, `${KINDS[record.kind]} with ${record.agent}`, [...about, turns, ...outside, ...over, doing(mine, record)], side(record));
  if (record.audio) listen(mine, record, player, told);
}

/** The lines of a conversation by their turns, each of which can be heard where there is sound. */
class Turns {
  constructor(mine, root, agent, record) {
    Object.assign(this, { mine, root, record });
    const known = mine.site.page()?.agents.find(({ name }) => name === agent)?.personas ?? [];
    this.trace = new Trace(null, agent, [...known], CALLER);
    this.began = record ? Date.parse(record.started) : null;
    this.took = new Map((record?.latency ?? []).map(({ turn, ms }) => [turn, ms.turn]));
    this.all = [];
  }

  put(event) {
    const turn = event.turn ?? this.all.at(-1)?.turn ?? 0;
    if (event.type === "end") return;
    if (!this.all.length || this.all.at(-1).turn !== turn) this.begin(turn, this.second(event));
    if (event.persona && !this.trace.personas.includes(event.persona)) this.trace.personas.push(event.persona);
    this.trace.put(event);
  }

  /** At which second of the call something happened. */
  second(event) {
    if (typeof event.start === "number") return event.start;
    return event.at && this.began !== null ? Math.max(0, (Date.parse(event.at) - this.began) / 1000) : null;
  }

  begin(turn, at) {
    const name = turn === 0 ? "Greeting" : `Turn ${turn}`;
    const ms = this.took.get(turn);
    const about = [at === null ? "" : clock(at), typeof ms === "number" ? `answered in ${took(ms)}` : ""].filter(Boolean).join(" · ");
    const hear = el("button", { type: "button", class: "hear", "aria-label": `Hear ${turn === 0 ? "the greeting" : `turn ${turn}`}`, hidden: "" }, "▶");
    const list = el("ol", { class: "log" });
    const made = el("li", { class: "turn", "data-turn": turn }, el("p", { class: "turn-head" }, hear, el("span", {}, name), el("span", { class: "muted" }, about)), list);
    this.root.append(made);
    this.trace.list = list;
    this.trace.lastSpeaker = null;
    this.all.push({ turn, at, made, hear });
  }
}

async function listen(mine, record, player, told) {
  const sound = await file(`/v1/records/${encodeURIComponent(record.id)}/audio`).catch(() => null);
  if (!here(mine) || !sound) return;
  mine.sound = URL.createObjectURL(sound);
  const audio = el("audio", { controls: "", preload: "metadata", src: mine.sound, "aria-label": "The sound of this call" });
  const words = el("p", { class: "note" }, "The turn that is heard is marked. Press ▶ beside a turn to hear it.");
  player.append(audio, words);
  const timed = told.all.filter(({ at }) => at !== null);
  for (const { at, hear } of timed) {
    hear.hidden = false;
    hear.addEventListener("click", () => { audio.currentTime = at; audio.play().catch(() => {}); });
  }
  const mark = () => {
    const now = timed.filter(({ at }) => at <= audio.currentTime + 0.05).at(-1);
    for (const each of timed) each.made.toggleAttribute("aria-current", each === now && (audio.currentTime > 0 || !audio.paused));
    if (now && !audio.paused && now !== mine.heard) now.made.scrollIntoView({ block: "nearest" });
    mine.heard = now;
  };
  for (const each of ["timeupdate", "seeked", "play"]) audio.addEventListener(each, mark);
}

function side(record) {
  const usage = record.usage.input_tokens + record.usage.output_tokens;
  const facts = [["Agent", record.agent], ["Persona", record.persona], ["Caller", record.caller], ["Room", record.room], ["Turns", record.turns ? String(record.turns) : ""], ["Tokens", usage ? `${record.usage.input_tokens} read, ${record.usage.output_tokens} written` : ""], ["Release", record.release]];
  const pairs = (title, rows) => (rows.length ? [el("section", {}, el("h2", {}, title), el("dl", { class: "vars" }, ...rows.map(([name, value, note]) => el("div", {}, el("dt", {}, name), el("dd", {}, value), ...(note ? [el("dd", { class: "note" }, note)] : [])))))] : []);
  const values = (object) => Object.entries(object ?? {}).map(([name, value]) => [name, words(value)]);
  const verdicts = Object.entries(record.verdicts).map(([name, value]) => [name, words(value), record.reasons[name] && words(record.reasons[name])]);
  return [
    ...(record.summary ? [el("section", {}, el("h2", {}, "Summary"), el("p", {}, record.summary))] : []),
    ...pairs("About", facts.filter(([, value]) => value)),
    ...pairs("Extract", values(record.extract)), ...pairs("Verdicts", verdicts), ...pairs("Variables", values(record.variables)), ...pairs("Labels", values(record.labels)),
    ...latency(record.latency),
  ];
}

function doing(mine, record) {
  const said = el("p", { class: "note", role: "status" });
  const share = el("button", { class: "button quiet", type: "button" }, "Copy the link");
  share.addEventListener("click", () => navigator.clipboard.writeText(location.href).then(() => { said.textContent = "The link is copied."; }, () => { said.textContent = "The browser did not let it be copied. It is in the address bar."; }));
  if (!navigator.clipboard) share.hidden = true;
  const remove = el("button", { class: "button quiet bad", type: "button", onclick: () => sure.showModal() }, "Delete");
  const cancel = el("button", { class: "button quiet", type: "button", onclick: () => sure.close() }, "Keep it");
  const really = el("button", { class: "button bad", type: "button" }, "Delete for good");
  const sure = el("dialog", { class: "door", "aria-labelledby": "sure-title" }, el("h2", { id: "sure-title" }, "Delete this record?"), el("p", {}, "What was said, what the agent did and the sound are gone for good."), el("div", { class: "do" }, really, cancel));
  really.addEventListener("click", async () => {
    sure.close();
    try {
      await ask("DELETE", `/v1/records/${encodeURIComponent(record.id)}`);
    } catch (error) {
      if (error.status !== 404) return void said.replaceChildren(trouble(error));
    }
    if (here(mine)) location.hash = "#calls";
  });
  return el("div", { class: "do" }, share, remove, sure, said);
}

// --- one that is on -----------------------------------------------------------------------------------------------

async function live(mine, id) {
  let now;
  try {
    now = await session(id);
  } catch (error) {
    if (here(mine)) frame(mine, "Calls", [error.status === 404 ? el("p", { class: "empty" }, "There is no such call. It has been deleted, its time was over, or nothing was kept of it.") : trouble(error)]);
    return;
  }
  if (!here(mine)) return;
  const turns = el("ol", { class: "turns", "aria-label": "What is said and done" });
  const vars = el("dl", { class: "vars" });
  const state = el("p", { class: "line", role: "status" });
  const told = new Turns(mine, turns, now.agent, null);
  const hangUp = el("button", { class: "button quiet bad", type: "button" }, "End this conversation");
  hangUp.addEventListener("click", () => { hangUp.disabled = true; ask("DELETE", `/v1/sessions/${encodeURIComponent(id)}`).catch(() => { hangUp.disabled = false; }); });
  frame(mine, `${KINDS[now.kind]} with ${now.agent}`, [state, el("div", { role: "log", "aria-label": "Messages" }, turns), el("div", { class: "do" }, hangUp)], [el("section", {}, el("h2", {}, "Variables"), vars)]);
  Object.assign(mine, { id, told, vars, state, seen: 0 });
  now.events.forEach((event) => follow(mine, event));
  about(mine, now);
  if (now.ended) return void stored(mine, 0);
  hear(mine);
}

function about(mine, now) {
  mine.state.textContent = now.ended ? "It has just ended." : `On since ${when(now.started)} · with ${now.persona}`;
  mine.vars.replaceChildren(...Object.entries(now.variables).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, words(value)))));
}

function follow(mine, event) {
  mine.seen += 1;
  mine.told.put(event);
  mine.ended ||= event.type === "end";
}

async function hear(mine) {
  const opened = await stream(mine.id, mine.seen).catch(() => null);
  if (!here(mine) || !opened) return void opened?.close();
  mine.stream = opened;
  opened.onmessage = ({ data, lastEventId }) => {
    if (!here(mine) || Number(lastEventId) <= mine.seen) return;
    follow(mine, JSON.parse(data));
    clearTimeout(mine.settling);
    mine.settling = setTimeout(() => session(mine.id).then((now) => here(mine) && about(mine, now), () => {}), TYPING);
  };
  opened.onerror = () => {
    opened.close();
    if (here(mine)) later(mine, () => (mine.ended ? stored(mine, 0) : broken(mine)), TYPING);
  };
}

/** The stream has closed: the conversation is over, or the runner away for a moment. */
async function broken(mine) {
  const now = await session(mine.id).catch((error) => error);
  if (!here(mine)) return;
  if (now.ended || now.status === 404) return void stored(mine, 0);
  later(mine, () => hear(mine), LOOK);
}

/** It is over: show what is kept of it, once it is. */
async function stored(mine, round) {
  const record = await ask("GET", `/v1/records/${encodeURIComponent(mine.id)}`).catch(() => null);
  if (!here(mine)) return;
  if (record) return void kept(mine, record);
  mine.state.textContent = "It has ended.";
  if (round < STORED.length) later(mine, () => stored(mine, round + 1), STORED[round]);
}
