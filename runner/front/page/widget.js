// What opens behind the button on another site: a conversation with one agent, by voice or in writing. All that comes is put in as text.

import { Gone, ask, prove, proof, stream } from "/-/page/api.js";
import { el } from "/-/page/dom.js";
import { Call, speaks } from "/-/voice.js";

const LOOK = `
  .panel { box-sizing: border-box; display: flex; flex-direction: column; width: min(23rem, calc(100vw - 2.5rem)); height: min(32rem, calc(100dvh - 2.5rem)); border-radius: 18px; overflow: hidden; background: #fffefb; color: #1f2321; box-shadow: 0 10px 40px rgb(0 0 0 / 25%); }
  header { display: flex; align-items: center; gap: .5rem; padding: .6rem .6rem .6rem 1.1rem; background: var(--color); color: var(--ink); font-weight: 600; }
  header h2 { flex: 1; min-width: 0; margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
  header button { background: transparent; border: 1px solid currentcolor; min-height: 2.25rem; padding: .3rem .9rem; color: inherit; }
  .log { flex: 1; min-height: 0; overflow-y: auto; }
  ol { margin: 0; padding: 1rem; list-style: none; display: flex; flex-direction: column; gap: .6rem; }
  li { max-width: 85%; white-space: pre-wrap; overflow-wrap: anywhere; }
  li.mine { align-self: flex-end; padding: .45rem .85rem; border-radius: 16px 16px 5px; background: color-mix(in srgb, var(--color) 16%, white); }
  .state { margin: 0; padding: .3rem 1.1rem; min-height: 1.4rem; font-size: .875rem; color: #5d6461; }
  .state.bad { color: #a3352b; }
  .state:empty { display: none; }
  form { display: flex; gap: .5rem; padding: .7rem; border-top: 1px solid #e2e0d8; }
  input { flex: 1; min-width: 0; font: inherit; padding: .5rem .9rem; border: 1px solid #cfcdc4; border-radius: 999px; background: white; color: inherit; }
  input:focus-visible { outline: 2px solid var(--color); outline-offset: 1px; }
  .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }`;

const GONE = "Nobody can be reached now, or this page may not ask.";
const NOBODY = "Nobody can answer just now. Please try again in a moment.";   // why not is told on the runner's own page
const BY_VOICE = "Press Speak first. Then you can write as well.";   // who shows an ID token may call, and write in the call

/** Open the panel in place of the button, and begin to write; `about` are the attributes of the script. */
export async function show(root, button, about) {
  if (about.token) prove(about.token);
  const config = await ask("GET", "/api/config").catch((error) => error);
  if (!root.querySelector(".panel")) root.append(new Panel(root, button, about, config).panel);
  button.hidden = true;
  root.querySelector(".panel").hidden = false;
  root.querySelector("input").focus();
}

class Panel {
  constructor(root, button, about, config) {
    Object.assign(this, { root, button, about, config, session: null, call: null, seen: 0, busy: Promise.resolve() });
    const style = new CSSStyleSheet();
    style.replaceSync(LOOK);
    root.adoptedStyleSheets.push(style);
    this.log = el("ol");
    this.scroll = el("div", { class: "log", role: "log", "aria-label": "Messages", tabindex: "0" }, this.log);
    this.state = el("p", { class: "state", role: "status" });
    this.trouble = el("p", { class: "state bad", role: "alert" });
    this.box = el("input", { type: "text", "aria-label": "Your message", placeholder: "Write a message", maxlength: "4000" });
    this.form = el("form", {}, this.box, el("button", { type: "submit" }, "Send"));
    this.speak = el("button", { type: "button", onclick: () => (this.call ? this.call.hangUp() : this.dial()) }, "Speak");
    this.speak.hidden = !speaks() || config instanceof Error;
    const close = el("button", { type: "button", "aria-label": "Close", onclick: () => this.close() }, "✕");
    this.panel = el("section", { class: "panel", role: "dialog", "aria-label": about.title ?? about.agent ?? "Conversation" }, el("header", {}, el("h2", {}, about.title ?? about.agent ?? ""), this.speak, close), this.scroll, this.trouble, this.state, this.form);
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.write(); });
    if (config instanceof Error) this.tell(config instanceof Gone ? GONE : config.message, true);
  }

  /** Say how it stands; what is wrong stands on its own, until something else is begun. */
  tell(words, bad = false) {
    (bad ? this.trouble : this.state).textContent = words;
    if (bad) this.state.textContent = "";
  }

  put(event) {
    if (event.type === "message") {
      const mine = event.role === "user";
      this.log.append(el("li", mine ? { class: "mine" } : {}, el("span", { class: "sr" }, mine ? "You: " : ""), event.text));
      this.scroll.scrollTop = this.scroll.scrollHeight;
    } else if (event.type === "end") this.over("The conversation has ended.");
  }

  // --- in writing -------------------------------------------------------------------------------------------------

  write() {
    const text = this.box.value.trim();
    if (!text) return;
    this.box.value = "";
    if (this.call) return void (this.call.send({ type: "text", text }) || this.tell("It could not be sent.", true));
    this.busy = this.busy.then(() => this.turn(text));
  }

  async turn(text) {
    this.trouble.textContent = "";
    this.tell("…");
    const body = this.session ? { text, session_id: this.session } : { text, idle: true };
    try {
      const reply = await ask("POST", `/v1/agents/${encodeURIComponent(this.about.agent ?? this.config.agents[0]?.name ?? "")}/turns`, body);
      this.tell("");
      if (!this.session) this.begun(reply.session_id);
      reply.events.forEach((event, at) => this.hear(reply.first_event + at, event));
    } catch (error) {
      this.box.value = text;
      if (error.code === "ended" || error.code === "unknown_session") this.session = null;
      this.tell(error instanceof Gone ? GONE : error.status === 503 ? NOBODY : error.code === "not_for_callers" ? BY_VOICE : error.message, true);
    }
  }

  begun(session) {
    Object.assign(this, { session, seen: 0 });
    stream(session, 0).then((opened) => {
      this.news = opened;
      opened.onmessage = ({ data, lastEventId }) => this.hear(Number(lastEventId), JSON.parse(data));
      opened.onerror = () => opened.readyState === EventSource.CLOSED && opened.close();
    }, () => {});
  }

  /** An event comes with the answer, with the stream or with both. */
  hear(number, event) {
    if (number !== this.seen + 1) return;
    this.seen = number;
    this.put(event);
  }

  // --- by voice ---------------------------------------------------------------------------------------------------

  async dial() {
    this.hangUp();
    const agent = this.about.agent ?? this.config.agents[0]?.name ?? "";
    const on = {
      begun: () => this.tell("Listening. Speak, or write below."),
      event: (event) => this.put(event),
      talking: (who, whether) => this.call && this.tell(whether ? (who === "agent" ? "Speaking. You may interrupt." : "You are speaking.") : "Listening. Speak, or write below."),
      level: () => {},
      trouble: (words) => { this.trouble.textContent = words; },
      deaf: (words) => { this.trouble.textContent = words; },
      refused: () => ask("GET", `/v1/agents/${encodeURIComponent(agent)}/voice?rate=24000`).then(() => "", (error) => (error.status === 503 ? NOBODY : error.message)),
      away: NOBODY,
      over: (words) => this.over(words || "The conversation has ended."),
    };
    this.speak.textContent = "End";
    this.trouble.textContent = "";
    this.tell("Calling…");
    const made = this.config.livekit_url ? new (await import("/-/page/room.js")).RoomCall(agent, on) : new Call(agent, proof(), on);
    this.call = made;
    made.begin().catch((error) => made.stop(`The call could not begin: ${error.message}`));
  }

  over(words) {
    this.call = this.session = null;
    this.news?.close();
    this.speak.textContent = "Speak";
    this.tell(words);
  }

  hangUp() {
    this.call?.hangUp();
    if (this.session) ask("DELETE", `/v1/sessions/${encodeURIComponent(this.session)}`).catch(() => {});
    this.news?.close();
    this.call = this.session = null;
  }

  close() {
    this.hangUp();
    this.speak.textContent = "Speak";
    this.trouble.textContent = "";
    this.tell("");
    this.panel.hidden = true;
    this.button.hidden = false;
    this.button.focus();
  }
}
