// The page of `lkrun serve`: pick an agent, talk with it by voice or in writing, see what it does. Everything that comes from the runner is
// put into the page as text, never as HTML.

import { Gone, Refused, ask, hears, proof, session, stream } from "/-/page/api.js";
import { $, ENGLISH, HUES, UNKNOWN, el, sentence, words } from "/-/page/dom.js";
import { arrive, attend, look } from "/-/page/door.js";
import { Trace } from "/-/page/trace.js";
import { Call, speaks } from "/-/voice.js";

const POLL = 2000, POLL_GONE = 1500, PATIENCE = 8000, SETTLE = 250;

const REASONS = {
  caller_left: "You have ended the conversation.",
  end_call: "The agent has ended the conversation.",
  error: "Something failed, so the conversation could not go on. The runner’s log says more.",
  max_duration: "The conversation has ended: it reached the longest time that it may take.",
  shutdown: "The runner has ended this conversation.",
  silence: "Nobody wrote for a while, so the conversation has ended.",
  transferred: "The agent has put the call through to a person, and is gone. There is no telephone here, so it is only shown.",
  hung: "The agent did not answer in time, so the conversation has ended.",
  crashed: "The process of this conversation has died. The runner’s log says more.",
};

const LOST = "The runner has been started again, so this conversation is over.";
const FEW = 4;

let page = null;        // what /-/page.json said
let talk = null;        // the conversation on screen
let gone = false;       // whether the runner failed to answer last
let timer = 0;
let fresh = "";         // the release that came while this page was open
let mended = "";        // the release that is served since the files are right again
let closed = "";        // the notice that was closed
let view = null;        // the module of the page that is shown: calls, figures or agents

// --- the runner ---------------------------------------------------------------------------------------------------

Object.assign(hears, { lost, found });

function banner(text, good = false) {
  $("banner").textContent = text;
  $("banner").classList.toggle("good", good);
}

function lost() {
  gone = true;
  banner("The runner does not answer. Is “lkrun serve” still running? Trying again…");
  again(POLL_GONE);
}

function found() {
  if (!gone) return;
  gone = false;
  banner("The runner is back.", true);
  setTimeout(() => gone || banner(""), 3000);
  refresh().then(catchUp).catch(() => {});
}

function again(after) {
  clearTimeout(timer);
  timer = setTimeout(poll, after);
}

async function poll() {
  if (!document.hidden && !$("door").open) await refresh().catch(() => {});
  again(gone ? POLL_GONE : POLL);
}

async function refresh() {
  const before = page;
  try {
    page = await look(PATIENCE);
  } catch (error) {
    if (!page) $("lobby-lead").textContent = error instanceof Refused ? error.message : "";
    throw error;
  }
  const same = before && JSON.stringify(before.agents.map(shown)) === JSON.stringify(page.agents.map(shown));
  if (!same) showCards();
  for (const link of document.querySelectorAll("a[data-agent]")) voice(link, link.dataset.agent);
  notice(before);
  if (talk) showRelease();
}

const shown = ({ meet, ...agent }) => ({ ...agent, meet: Boolean(meet) });

async function catchUp() {
  if (!talk?.session || talk.call || talk.busy || talk.ended) return;
  const mine = talk;
  try {
    const now = await session(mine.session);
    if (talk === mine) replay(now);
  } catch (error) {
    if (talk === mine && error.status === 404) over(LOST);
  }
}

// --- the files ----------------------------------------------------------------------------------------------------

/** Say how the folder stands: its mistakes, that they are mended, or what another release changed. */
function notice(before) {
  const { folder, release } = page;
  if (before?.folder.broken && !folder.broken) mended = release.id;
  if (before && before.release.id !== release.id) fresh = release.id;
  if (folder.broken) {
    mended = "";
    return tell("bad", "Your files have mistakes, so what you saved is not served. Callers still get what was served before.", folder.diagnostics.filter((each) => each.severity === "error").map(mistake));
  }
  if (page.preview || page.caller) return tell();
  const older = Boolean(talk && !talk.ended && talk.release && talk.release !== release.id);
  if (closed === release.id + mended || !(older || fresh === release.id || mended === release.id)) return tell();
  const right = mended === release.id ? "Your files are right again. " : "";
  const said = right + (fresh === release.id || older ? "What you saved is served now." : "They are served as they are.");
  const changes = folder.release === release.id && (older || fresh === release.id) ? folder.changes.map((each) => el("li", {}, sentence(each))) : [];
  tell("good", said, changes, older ? carriesOn() : "");
}

const carriesOn = () => (page.dev
  ? "This conversation goes on with it from its next turn. A greeting is heard only in a new one."
  : "This conversation goes on with the files it began with.");

function mistake(each) {
  const made = el("li", {}, el("code", {}, `${each.file}:${each.line}`), " ", sentence(each.message));
  if (each.help) made.append(el("span", { class: "help" }, each.help.charAt(0).toUpperCase() + each.help.slice(1))); // no dot: it may end in YAML
  return made;
}

function tell(kind, said = "", rows = [], goes = "") {
  const key = JSON.stringify([kind, said, rows.map((each) => each.textContent), goes]);
  if (key === $("folder").dataset.key) return;
  $("folder").dataset.key = key;
  $("folder").className = `folder ${kind ?? ""}`;
  $("folder").hidden = !kind;
  $("folder-words").textContent = said;
  const many = rows.length - FEW;
  $("folder-rows").replaceChildren(...rows.slice(0, FEW), ...(many > 0 ? [el("li", {}, `And ${many} more: “lkrun check” lists all.`)] : []));
  $("folder-goes").textContent = goes;
  $("folder-again").hidden = !goes;
  $("folder-close").hidden = kind !== "good";
}

function closeNotice() {
  closed = page.release.id + mended;
  notice(page);
}

// --- the lobby ----------------------------------------------------------------------------------------------------

function voice(link, name) {
  const agent = page?.agents.find((each) => each.name === name);
  link.hidden = !(agent?.meet && agent.registered) || Boolean(link.id && talk?.turns);
  link.dataset.agent = name;
  if (agent?.meet) link.href = agent.meet;
  link.onclick = () => setTimeout(() => refresh().catch(() => {}), 500); // the next click gets a room of its own
}

function showCards() {
  const focused = document.activeElement?.dataset?.start;
  $("lobby-lead").textContent = page.agents.length
    ? "Pick an agent and talk with it. You see what it says, which tools it uses and what it remembers."
    : "No agent is served yet. As soon as the folder has one, it appears here.";
  $("cards").replaceChildren(...page.agents.map(card));
  $("connect").hidden = page.livekit !== null || !page.agents.length || Boolean(page.preview || page.caller);
  if (focused) document.querySelector(`[data-start="${CSS.escape(focused)}"]`)?.focus();
}

function card(agent) {
  const byVoice = aloud(agent);
  const call = el("button", { class: "button", type: "button", "data-call": agent.name, onclick: () => dialUp(agent.name) }, "Talk", el("span", { class: "sr" }, ` with ${agent.name}, by voice`));
  const start = el("button", { class: `button ${byVoice ? "quiet" : ""}`, type: "button", "data-start": agent.name, onclick: () => begin(agent.name) }, byVoice ? "Write" : "Start", el("span", { class: "sr" }, byVoice ? ` to ${agent.name}` : ` talking with ${agent.name}`));
  const link = el("a", { class: "button quiet", target: "_blank", rel: "noopener noreferrer" }, "LiveKit Meet", el("span", { class: "sr" }, `: talk by voice with ${agent.name} (in a new tab)`));
  voice(link, agent.name);
  const made = el("li", { class: "card" }, el("h2", {}, agent.name));
  if (agent.description) made.append(el("p", { class: "says" }, agent.description));
  const hues = agent.personas.map((name, at) => {
    const dot = el("span", { class: "persona" }, name);
    dot.style.setProperty("--hue", HUES[at % HUES.length]);
    return dot;
  });
  const actions = el("div", { class: "do" }, ...(byVoice ? [call] : []), ...(page.caller ? [] : [start]), link);
  if (agent.meet && !agent.registered) actions.append(el("p", { class: "wait" }, "Voice is not ready yet"));
  made.append(el("p", { class: "who" }, ...hues), actions);
  return made;
}

const VIEWS = ["calls", "figures", "agents"];

function show(name) {
  for (const id of ["lobby", ...VIEWS]) $(id).hidden = name !== id;
  for (const id of ["talk", "about", "actions"]) $(id).hidden = name !== "talk";
  $("pages").hidden = name === "talk";
  for (const link of $("pages").querySelectorAll("a")) {
    if (link.dataset.page === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = name === "talk" ? `${talk.agent} · lkrun` : VIEWS.includes(name) ? `${name.charAt(0).toUpperCase()}${name.slice(1)} · lkrun` : "lkrun";
}

/** Show one of the pages beside the talk; what it is made of is loaded when it is first looked at. */
async function visit(name, id, asked) {
  leave();
  show(name);
  const address = location.hash;
  const made = await import(`/-/page/${name}.js`).catch(() => null);
  if (location.hash !== address) return;
  if (!made) return void $(name).replaceChildren(el("p", { class: "trouble", role: "alert" }, "The runner does not answer. Load this page again once it does."));
  view = made;
  await made.open($(name), { id, asked, site: { page: () => page } });
  if (location.hash.split("?")[0] === address.split("?")[0]) $(name).querySelector("h1")?.focus({ preventScroll: true });
}

function lobby() {
  leave();
  history.pushState(null, "", location.pathname);
  route();
  $("lobby-title").focus();
}

// --- a conversation -----------------------------------------------------------------------------------------------

function leave() {
  talk?.stream?.close();
  talk?.call?.hangUp();
  talk = null;
  view?.close();
  view = null;
}

function open(name, session) {
  leave();
  const agent = page?.agents.find((each) => each.name === name);
  talk = { agent: name, session, personas: [...(agent?.personas ?? [])], persona: agent?.start ?? "", variables: null, release: "", said: [], at: 0, draft: "", busy: false, ended: false, seen: 0, times: new Map(), early: new Map(), sending: null, queue: [], stream: null, failure: "", call: null };
  talk.trace = new Trace($("log"), name, talk.personas);
  $("agent-name").textContent = name;
  $("agent-note").textContent = agent?.description ?? "";
  for (const id of ["log", "queue", "first-lines"]) $(id).replaceChildren();
  $("facts").textContent = "–";
  $("latency").hidden = true;
  $("over").hidden = true;
  $("composer").hidden = $("keys").hidden = false;
  $("end").hidden = false;
  $("end").disabled = false;
  $("text").value = "";
  trouble("");
  voice($("voice"), name);
  show("talk");
  panel(talk.persona, null, "");
  dial("");
  showPad(false);
  showTaps(false);
  $("speaking").hidden = true;
  grow();
  return talk;
}

// --- by voice -----------------------------------------------------------------------------------------------------

/** Whether an agent is spoken with over this page: over LiveKit's rooms where there are some, else over the runner's own socket. */
const aloud = (agent) => agent.mode !== "text" && (page.livekit === null || agent.registered) && speaks();

/** A call, whichever way it goes. What LiveKit needs is loaded when it is needed. */
async function line(name, on) {
  if (page.livekit === null) return new Call(name, proof(), on);
  const { RoomCall } = await import("/-/page/room.js");
  return new RoomCall(name, on);
}

/** Call an agent. */
async function dialUp(name) {
  const mine = open(name, null);
  const here = () => talk === mine;
  mine.turns = { agent: false, caller: false };
  const on = {
    begun: (id) => {
      if (!here()) return;
      mine.session = id;
      $("as-test").hidden = Boolean(page?.caller);
      history.pushState(null, "", `#/${encodeURIComponent(name)}/${encodeURIComponent(id)}`);
      tellVoice(mine);
    },
    event: (event) => {
      if (!here() || mine.ended) return;
      if (event.type === "message" && event.role === "user") {
        answeredInWriting(mine, event.text);
        mine.understood = { turn: event.turn, at: performance.now() };
      }
      put(event);
      settle(mine);
    },
    talking: (who, whether) => {
      mine.turns[who] = whether;
      if (who === "agent" && whether && mine.understood) {
        if (here()) measured(mine, mine.understood.turn, performance.now() - mine.understood.at);
        mine.understood = null;
      }
      if (here()) tellVoice(mine);
    },
    level: (loud) => here() && showLevel(loud),
    trouble: (words) => here() && trouble(words && sentence(words)),
    deaf: (words) => {
      mine.deaf = true;
      if (!here()) return;
      trouble(sentence(words));
      $("mute").hidden = true;
      tellVoice(mine);
    },
    refused: () => ask("GET", `/v1/agents/${encodeURIComponent(name)}/voice?rate=24000`).then(() => "", (error) => (error instanceof Refused && error.code !== "bad_request" ? error.message : "")),
    over: (words) => here() && over(words || REASONS.caller_left),
  };
  showTaps(false);
  $("voice").hidden = true;
  $("speaking").hidden = $("mute").hidden = false;
  const call = await line(name, on).catch(() => null);
  if (!here()) return;
  if (!call) return over("The call could not begin: the runner does not answer.");
  mine.call = call;
  mute(false);
  tellVoice(mine);
  $("agent-name").focus();
  mine.call.begin().catch((error) => mine.call.stop(`The call could not begin: ${error.message}`));
}

/** What was written is in the log now that the agent has it. */
function answeredInWriting(mine, text) {
  const at = mine.queue.findIndex((each) => each.text.trim() === text);
  if (at >= 0) mine.queue.splice(at, 1)[0].bubble.remove();
}

function tellVoice(mine) {
  const { agent, caller } = mine.turns;
  const said = !mine.session ? "Calling…"
    : agent ? `${mine.persona || "The agent"} is speaking. You may interrupt.`
    : caller ? "You are speaking."
    : mine.deaf ? "The agent cannot hear you. Write below."
    : mine.call?.muted ? "Your microphone is off."
    : "Listening. Speak, or write below.";
  if ($("speaking-words").textContent !== said) $("speaking-words").textContent = said;
  $("speaking").classList.toggle("agent", agent);
}

function showLevel(loud) {
  const shown = Math.min(1, 0.15 + loud * 6);
  [...$("level").children].forEach((bar, at) => bar.style.setProperty("--loud", String(Math.max(0.15, shown * [0.5, 0.8, 1, 0.8, 0.5][at]))));
}

function mute(muted) {
  talk?.call?.mute(muted);
  $("mute").setAttribute("aria-pressed", String(muted));
  $("speaking").classList.toggle("muted", muted);
  if (talk?.call) tellVoice(talk);
}

async function begin(name, draft = "") {
  const mine = open(name, null);
  $("text").value = draft;
  $("text").focus();
  await turn(mine, { idle: true });
  if (talk === mine && mine.session) next(mine);
}

function send() {
  const text = $("text").value;
  if (!text.trim() || !talk || talk.ended) return;
  $("text").value = "";
  grow();
  say(text);
}

/** Say it now, or after what is being answered. */
function say(text) {
  const mine = talk;
  mine.said.push(text);
  mine.at = mine.said.length;
  const bubble = el("li", { class: "mine" }, el("p", { class: "said" }, el("span", { class: "sr" }, "You: "), text));
  mine.queue.push({ text, bubble });
  $("first-lines").replaceChildren();
  $("queue").append(bubble);
  down();
  if (mine.call || mine.turns) write(mine);
  else if (!mine.busy) next(mine);
}

/** In a call what is written goes out at once: it interrupts what is being said. */
function write(mine) {
  const { text } = mine.queue.at(-1);
  if (mine.call?.send({ type: "text", text })) return;
  giveBack(mine);
  if ($("trouble").hidden) trouble("Your message did not get through. It is back in the box; send it again in a moment.");
}

async function next(mine) {
  while (talk === mine && mine.queue.length && !mine.busy && !mine.ended) {
    mine.sending = mine.queue.shift();
    const { text, keypad, app, sent, bubble } = mine.sending;
    if (bubble) talk.trace.add(bubble);
    const said = app ? { app, with: sent } : keypad ? { keypad } : { text };
    const done = await turn(mine, mine.session ? { ...said, session_id: mine.session } : { ...said, idle: true });
    if (talk !== mine) return;
    if (!done && mine.sending) {
      bubble?.remove();
      mine.queue.unshift(mine.sending);
      giveBack(mine);
    }
    mine.sending = null;
  }
}

/** Put what was not said back into the box. */
function giveBack(mine) {
  if (!mine.queue.length) return;
  dial(mine.queue.map((each) => each.keypad ?? "").join("") || $("pad-keys").textContent);
  $("text").value = [...mine.queue.map((each) => each.text), $("text").value].filter(Boolean).join("\n");
  mine.queue = [];
  $("queue").replaceChildren();
  grow();
}

async function turn(mine, body) {
  waiting(mine, true);
  trouble("");
  let done = false;
  try {
    const reply = await ask("POST", `/v1/agents/${encodeURIComponent(mine.agent)}/turns`, body);
    done = true;
    if (talk === mine) answered(mine, reply);
  } catch (error) {
    if (talk === mine) failed(mine, error, body);
  }
  waiting(mine, false);
  return done;
}

function answered(mine, reply) {
  if (!mine.session) history.pushState(null, "", `#/${encodeURIComponent(mine.agent)}/${encodeURIComponent(reply.session_id)}`);
  mine.session = reply.session_id;
  $("typing").hidden = true;
  mine.failure = reply.failure ?? "";
  mine.persona = reply.persona;
  reply.events.forEach((event, at) => hear(mine, reply.first_event + at, event));
  if (mine.failure) unanswered(mine.failure);
  panel(reply.persona, reply.variables, reply.release);
  const { input_tokens: read, output_tokens: written } = reply.usage;
  const took = reply.latency_ms < 1000 ? `${reply.latency_ms} ms` : `${(reply.latency_ms / 1000).toFixed(1)} s`;
  $("facts").textContent = read + written ? `${took} · ${read} tokens read, ${written} written` : took;
  measured(mine, Math.max(0, ...reply.events.map((event) => event.turn)), reply.latency_ms);
  if (reply.ended && !mine.ended) over("The conversation has ended.");
  if (page) notice(page);
  listen(mine);
  offer(mine);
}

/** Note what a turn took, and draw it beside the others. */
async function measured(mine, turn, ms) {
  mine.times.set(turn, ms);
  const { latency } = await import("/-/page/latency.js");
  if (talk !== mine) return;
  $("latency").replaceChildren(...latency([...mine.times].map(([turn, all]) => ({ turn, ms: { turn: all } }))));
  $("latency").hidden = false;
}

/** Put an event of the conversation in its place: it comes with the answer, with the stream, or with both. */
function hear(mine, number, event) {
  if (number <= mine.seen) return;
  if (!mine.stream) mine.seen = number - 1;
  mine.early.set(number, event);
  while (mine.early.has(mine.seen + 1)) {
    mine.seen += 1;
    const due = mine.early.get(mine.seen);
    mine.early.delete(mine.seen);
    if (due.type === "message" && due.role === "user" && mine.sending) mine.sending = null;
    else put(due);
  }
}

/** Hear what happens between two turns: a question into the silence, a limit, the end. */
async function listen(mine) {
  if (mine.call || mine.stream || mine.calling || mine.ended || !mine.session || document.hidden) return;
  mine.calling = true;
  const opened = await stream(mine.session, mine.seen).catch(() => null);
  mine.calling = false;
  if (!opened || talk !== mine || mine.stream || mine.ended) return void opened?.close();
  mine.stream = opened;
  mine.stream.onmessage = (message) => {
    if (talk !== mine || mine.ended) return;
    const before = mine.seen;
    hear(mine, Number(message.lastEventId), JSON.parse(message.data));
    if (!mine.busy && mine.seen > before) settle(mine);
  };
  mine.stream.onerror = () => {
    if (mine.stream?.readyState === EventSource.CLOSED) deaf(mine);
    if (talk === mine && !mine.busy && !mine.ended) closedStream(mine);
  };
}

/** The stream ends with the conversation, or breaks off; then the browser connects again by itself, unless its ticket is used. */
async function closedStream(mine) {
  try {
    const now = await session(mine.session);
    if (talk === mine && !mine.ended && now.ended) replay(now);
    else if (proof()) setTimeout(() => listen(mine), POLL);
  } catch (error) {
    if (talk === mine && error.status === 404) over(LOST);
  }
}

function deaf(mine) {
  mine?.stream?.close();
  if (mine) mine.stream = null;
}

/** What the agent knows may have changed with what happened between two turns. */
function settle(mine) {
  clearTimeout(mine.settling);
  mine.settling = setTimeout(async () => {
    if (talk !== mine || mine.ended || mine.busy) return;
    const now = await session(mine.session).catch(() => null);
    if (now && talk === mine && !mine.busy) panel(now.persona, now.variables, now.release);
  }, SETTLE);
}

/** First lines for whoever does not know what to say. */
function offer(mine) {
  const lines = mine.said.length || mine.ended ? [] : page?.agents.find((each) => each.name === mine.agent)?.suggestions ?? [];
  $("first-lines").replaceChildren(...lines.map((line) => el("li", {}, el("button", { class: "button quiet", type: "button", onclick: () => { say(line); $("text").focus(); } }, line))));
  down();
}

function unanswered(reason) {
  talk.trace.add(el("li", { class: "row unanswered" }, el("p", {}, el("strong", {}, "What went wrong: "), reason), el("p", { class: "note" }, "Only you see this, since the page is on the runner’s own machine. Callers hear what the agent says in its place.")));
  down();
}

function failed(mine, error, body) {
  if (error.code === "ended") over(error.told);
  else if (error.code === "unknown_session") over("The runner no longer knows this conversation: it has ended.");
  else if (!mine.session) over(error instanceof Gone ? "The conversation could not begin: the runner does not answer." : `The conversation could not begin. ${error.message}`);
  else if (error instanceof Gone) trouble("Your message did not get through. It is back in the box; send it again once the runner answers.");
  else trouble(error.message ?? String(error));
  if (!body.text && !body.keypad && !body.app && !mine.session) $("again").focus();
}

function waiting(mine, busy) {
  mine.busy = busy;
  if (talk !== mine) return;
  clearTimeout(mine.slow);
  $("typing").hidden = !busy;
  $("typing-words").textContent = busy ? `${mine.persona || "The agent"} is answering` : "";
  if (busy) {
    mine.slow = setTimeout(() => { $("typing-words").textContent = `${mine.persona || "The agent"} is still at it…`; }, 10000);
    down();
  }
  grow();
}

function replay(now) {
  const kept = talk.said, draft = $("text").value;
  const mine = open(now.agent, now.id);
  talk.said = now.events.filter((each) => each.type === "message" && each.role === "user").map((each) => each.text);
  if (!talk.said.length) talk.said = kept;
  talk.at = talk.said.length;
  $("text").value = draft;
  $("log").parentElement.setAttribute("aria-busy", "true");
  now.events.forEach(put);
  $("log").parentElement.removeAttribute("aria-busy");
  panel(now.persona, now.variables, now.release);
  grow();
  if (now.ended) over(why(now.reason));
  if (now.ended && !$("over").hidden) $("over-when").textContent = `It ended ${at(now.ended)}. It can be read here for an hour after its end.`;
  mine.seen = now.events.length;
  listen(mine);
  offer(mine);
}

const at = (time) => `at ${new Date(time).toLocaleTimeString(ENGLISH, { hour: "numeric", minute: "2-digit" })}`;

async function restore(agent, id) {
  const mine = open(agent, id);
  try {
    const now = await session(id);
    if (talk === mine) replay(now);
  } catch (error) {
    if (talk === mine && error.status) over("This conversation has ended, or the runner has been started again.");
  }
}

async function end() {
  const mine = talk;
  if (mine?.call && !mine.call.ended) {
    mine.call.hangUp();
    return over(REASONS.caller_left);
  }
  if (!mine?.session) return lobby();
  $("end").disabled = true;
  try {
    await ask("DELETE", `/v1/sessions/${encodeURIComponent(mine.session)}`);
  } catch (error) {
    if (error instanceof Gone) return void ($("end").disabled = false);
  }
  if (talk === mine) over(REASONS.caller_left);
}

const why = (reason) => REASONS[reason] ?? sentence(["The conversation has ended", reason].filter(Boolean).join(": "));

/** Show and copy the conversation as a test; it can be had for an hour after the end. */
async function copyAsTest() {
  const mine = talk;
  const { asTest } = await import("/-/page/astest.js");
  if (!(await asTest(mine.session)) && talk === mine) trouble("There is no test to be had of this conversation: the runner does not know it any more, or does not answer.");
}

/** Hang up, and begin again with the same agent. */
function anew() {
  const { agent, session: old, call } = talk;
  if (call) return dialUp(agent);
  if (old) ask("DELETE", `/v1/sessions/${encodeURIComponent(old)}`).catch(() => {});
  begin(agent, $("text").value);
}

function over(words) {
  if (talk.ended) return;
  talk.ended = true;
  deaf(talk);
  giveBack(talk);
  $("first-lines").replaceChildren();
  $("typing").hidden = true;
  $("over-words").textContent = words;
  $("over-when").textContent = "";
  $("over").hidden = false;
  $("composer").hidden = $("keys").hidden = $("speaking").hidden = true;
  showPad(false);
  showTaps(false);
  $("end").hidden = true;
  trouble("");
  down();
  $("over-words").focus({ preventScroll: true });
}

function trouble(text) {
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
  if (text) down();
}

// --- what was said and done ---------------------------------------------------------------------------------------

function put(event) {
  if (event.type === "end") over(why(event.reason));
  else talk.trace.put(event);
  down();
}

function down() {
  $("scroll").scrollTop = $("scroll").scrollHeight;
}

const persona = (name) => talk.trace.persona(name);

// --- the side panel -----------------------------------------------------------------------------------------------

function panel(now, variables, release) {
  $("as-test").hidden = !talk.session || Boolean(page?.caller);
  const before = talk.variables;
  talk.persona = now;
  talk.release = release;
  if (now && !talk.personas.includes(now)) talk.personas.push(now);
  $("personas").replaceChildren(...talk.personas.map((name) => {
    const row = el("li", name === now ? { class: "now", "aria-current": "true" } : {}, persona(name));
    if (name === now) row.append(el("span", { class: "tag" }, "now"));
    return row;
  }));
  const all = page?.agents.find((each) => each.name === talk.agent)?.variables ?? [];
  const known = Object.entries({ ...Object.fromEntries(variables ? all.map((name) => [name, null]) : []), ...variables });
  const changed = (name, value) => before !== null && JSON.stringify(before[name] ?? null) !== JSON.stringify(value);
  $("vars").replaceChildren(...known.map(([name, value]) => variable(name, value, changed(name, value))));
  $("no-vars").hidden = variables === null || known.length > 0;
  talk.variables = variables;
  const many = known.filter(([, value]) => !UNKNOWN.includes(words(value))).length;
  $("panel-persona").replaceChildren(now ? persona(now) : "");
  $("panel-brief").textContent = known.length ? `${many} of ${known.length} variables known` : "Details";
  showRelease();
}

function variable(name, value, changed) {
  const row = el("div", { "data-variable": name, ...(changed ? { class: "changed" } : {}) }, el("dt", {}, name), el("dd", {}, words(value)));
  if (changed) row.firstChild.append(el("span", { class: "tag" }, "changed"));
  if (UNKNOWN.includes(words(value))) row.lastChild.className = "none";
  return row;
}

function showRelease() {
  const served = page?.release.id;
  $("release").textContent = talk.release || served || "–";
  const newer = Boolean(talk.release && served && served !== talk.release);
  $("newer").hidden = !newer;
  $("newer").textContent = newer ? `The files have changed since: new conversations get ${served}. ${carriesOn()}` : "";
}

// --- the box ------------------------------------------------------------------------------------------------------

function grow() {
  const box = $("text");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 192)}px`;
  box.style.overflowY = box.scrollHeight > 192 ? "auto" : "hidden";
  $("send").disabled = !box.value.trim() || !talk || talk.ended;
}

function earlier(step) {
  const at = talk.at + step;
  if (at < 0 || at > talk.said.length) return false;
  if (talk.at === talk.said.length) talk.draft = $("text").value;
  talk.at = at;
  $("text").value = at === talk.said.length ? talk.draft : talk.said[at];
  $("text").setSelectionRange($("text").value.length, $("text").value.length);
  grow();
  return true;
}

function key(event) {
  if (event.isComposing) return;
  const box = event.target;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  } else if (event.key === "ArrowUp" && (talk.at < talk.said.length || !box.value || box.selectionEnd === 0)) {
    if (earlier(-1)) event.preventDefault();
  } else if (event.key === "ArrowDown" && talk.at < talk.said.length) {
    if (earlier(1)) event.preventDefault();
  }
}

// --- the keys of a telephone --------------------------------------------------------------------------------------

const PAD = [..."123456789*0#"];
const PAD_NAMES = { "*": "star", "#": "hash" };

function showPad(open) {
  const there = Boolean(page?.agents.find((each) => each.name === talk?.agent)?.keypad) && !talk.ended;
  $("pad-open").hidden = !there;
  $("pad").hidden = !there || !open;
  $("pad-open").setAttribute("aria-expanded", String(!$("pad").hidden));
}

function dial(keys) {
  $("pad-keys").textContent = keys.slice(0, 64);
  $("pad-send").disabled = $("pad-back").disabled = !keys;
}

function padKey(event) {
  const box = $("pad-keys");
  if (PAD.includes(event.key)) dial(box.textContent + event.key);
  else if (event.key === "Backspace") dial(box.textContent.slice(0, -1));
  else if (event.key === "Enter" && event.target.id !== "pad-send" && !event.target.dataset.key) sendKeys();
  else if (event.key === "Escape") { showPad(false); $("pad-open").focus(); } else return;
  event.preventDefault();
}

function sendKeys() {
  const keypad = $("pad-keys").textContent;
  if (!keypad || !talk || talk.ended) return;
  dial("");
  if (talk.call) return void talk.call.send({ type: "keypad", keys: keypad });
  talk.queue.push({ keypad });
  $("first-lines").replaceChildren();
  if (!talk.busy) next(talk);
}

// --- the caller's app ---------------------------------------------------------------------------------------------

/** Over the runner's own socket there is no app: there only what is said, written and pressed goes through. */
async function showTaps(open) {
  const mine = talk;
  const methods = page?.agents.find((each) => each.name === mine?.agent)?.taps ?? [];
  const there = methods.length > 0 && !mine.ended && !(mine.turns && page.livekit === null);
  $("taps-open").hidden = !there;
  $("taps").hidden = !there || !open;
  $("taps-open").setAttribute("aria-expanded", String(!$("taps").hidden));
  if ($("taps").hidden) return;
  const { offer, use } = await import("/-/page/taps.js");
  if (talk !== mine) return;
  $("taps").onsubmit = use;
  offer(methods, tap);
  $("tap-method").focus();
}

function tap(app, sent) {
  if (!talk || talk.ended) return;
  if (talk.call) return void talk.call.send({ type: "app", app, sent });
  talk.queue.push({ app, sent });
  $("first-lines").replaceChildren();
  if (!talk.busy) next(talk);
}

$("taps-open").addEventListener("click", () => showTaps($("taps").hidden));
$("taps").addEventListener("keydown", (event) => {
  if (event.key === "Escape") { showTaps(false); $("taps-open").focus(); }
});

$("pad-grid").append(...PAD.map((each) => el("button", { type: "button", class: "pad-key", "data-key": each, ...(PAD_NAMES[each] ? { "aria-label": PAD_NAMES[each] } : {}), onclick: () => dial($("pad-keys").textContent + each) }, each)));
$("pad").addEventListener("keydown", padKey);
$("pad-open").addEventListener("click", () => { showPad($("pad").hidden); if (!$("pad").hidden) $("pad-grid").firstChild.focus(); });
$("pad-back").addEventListener("click", () => dial($("pad-keys").textContent.slice(0, -1)));
$("pad-send").addEventListener("click", sendKeys);

// --- start --------------------------------------------------------------------------------------------------------

function route() {
  const [path, asked = ""] = location.hash.slice(1).split("?");
  const [name, id] = path.split("/").map(decodeURIComponent);
  if (VIEWS.includes(name)) return void visit(name, id, Object.fromEntries(new URLSearchParams(asked)));
  const [agent, session] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (!agent || !session) {
    leave();
    show("lobby");
    if (page) notice(page);
  } else if (talk?.session !== session) restore(agent, session);
}

const narrow = matchMedia("(max-width: 60rem)");
const fold = () => { $("panel").open = !narrow.matches; };
narrow.addEventListener("change", fold);
fold();
$("text").addEventListener("input", grow);
$("text").addEventListener("keydown", key);
$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("end").addEventListener("click", end);
$("as-test").addEventListener("click", () => copyAsTest().catch(() => {}));
$("again").addEventListener("click", () => (talk.call ? dialUp(talk.agent) : begin(talk.agent, $("text").value)));
$("mute").addEventListener("click", () => mute(!talk.call.muted));
$("others").addEventListener("click", lobby);
$("home").addEventListener("click", (event) => { event.preventDefault(); lobby(); });
addEventListener("popstate", route);
addEventListener("hashchange", () => arrive() && location.reload());
attend(() => refresh().then(route).catch(() => {}));
$("folder-again").addEventListener("click", anew);
$("folder-close").addEventListener("click", closeNotice);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return deaf(talk);
  if (talk?.session) listen(talk);
  poll();
});
arrive();
refresh().catch(() => {}).finally(() => { route(); again(gone ? POLL_GONE : POLL); });
