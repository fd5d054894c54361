// What was said and done, line by line: in a conversation that is on, and in one that is kept.

import { ARROW, HUES, WRENCH, el, icon, lines, pretty, words } from "/-/page/dom.js";

/** How it is put that a conversation is over, by its reason. */
export const ENDS = {
  caller_left: "The caller left.",
  end_call: "The agent has ended the conversation.",
  error: "Something failed, so the conversation could not go on. The runner’s log says more.",
  max_duration: "It reached the longest time that it may take.",
  shutdown: "The runner ended it.",
  silence: "Nobody said anything for a while.",
  transferred: "The caller was put through to a person.",
  hung: "The agent did not answer in time.",
  crashed: "The process of this conversation has died. The runner’s log says more.",
};

/** The same for lists. */
export const SHORT = {
  caller_left: "the caller left",
  end_call: "the agent ended it",
  error: "it failed",
  max_duration: "too long",
  shutdown: "ended by the runner",
  silence: "nobody spoke",
  transferred: "put through to a person",
  hung: "no answer in time",
  crashed: "its process died",
};

const ANSWERS = {
  person: "a person answers",
  mailbox: "a mailbox answers",
  menu: "a phone menu answers",
  full: "a full mailbox answers",
  unsure: "something answers of which nobody can tell what it is",
  nobody: "nobody answers",
};

const PUT = {
  message: "message",
  tool_call: "called",
  tool_result: "returned",
  handoff: "handed",
  event: "elsewhere",
  intent: "certain",
  keypad: "pressed",
  app: "tapped",
  sound: "played",
  language: "turned",
  opt_out: "optedOut",
  dial: "dialled",
  transfer: "putThrough",
};

/**
 * The lines of one conversation, put into a list. `people` says how the caller is called: `you`, as who acts, and `mine`, before what was
 * said for those who do not see whose words they are.
 */
export class Trace {
  constructor(list, agent, personas, people = { you: "You", mine: "You" }) {
    Object.assign(this, { list, agent, personas, people });
    this.calls = new Map();
    this.lastSpeaker = null;
  }

  /** Put an event; its line, or nothing where it has none of its own. */
  put(event) {
    const how = PUT[event.type];
    return how ? this[how](event) : null;
  }

  add(row, speaks = false) {
    if (!speaks) this.lastSpeaker = null;
    this.list.append(row);
    return row;
  }

  persona(name) {
    const made = el("span", { class: "persona" }, name);
    const at = this.personas.indexOf(name);
    made.style.setProperty("--hue", HUES[(at < 0 ? name.length : at) % HUES.length]);
    return made;
  }

  message(event) {
    return event.role === "user" ? this.said(event.text) : this.spoken(event);
  }

  said(text) {
    return this.add(el("li", { class: "mine" }, el("p", { class: "said" }, el("span", { class: "sr" }, `${this.people.mine}: `), text)));
  }

  spoken(event) {
    const made = el("li", { class: "agent" });
    const name = event.persona ?? this.agent;
    if (this.lastSpeaker !== name) made.append(el("p", { class: "speaker" }, this.persona(name)));
    this.lastSpeaker = name;
    made.append(el("p", { class: "said" }, event.text));
    return this.add(made, true);
  }

  called(event) {
    const state = el("span", { class: "state" }, "running");
    const answer = el("pre", { tabindex: "0", role: "group", "aria-label": "Answer" }, "…");
    const title = el("p", { class: "label" }, "Answer");
    const row = el("li", { class: "row tool", "data-tool": event.name },
      el("details", {},
        el("summary", {}, icon(WRENCH), el("span", { class: "sr" }, "Tool "), el("span", { class: "name" }, event.name), el("span", { class: "brief" }, brief(event)), state),
        el("div", { class: "inside" }, el("p", { class: "label" }, "Arguments"), el("pre", { tabindex: "0", role: "group", "aria-label": "Arguments" }, lines(event.arguments)), title, answer)));
    this.calls.set(event.call_id, { row, state, answer, title });
    this.list.append(row);
    return row;
  }

  returned(event) {
    const row = this.calls.has(event.call_id) ? null : this.called({ ...event, arguments: {} });
    const made = this.calls.get(event.call_id);
    made.row.classList.toggle("failed", event.error);
    made.state.textContent = event.error ? "failed" : "done";
    made.title.textContent = event.error ? "What went wrong" : "Answer";
    made.answer.textContent = event.output === null || event.output === "" ? "nothing" : pretty(event.output);
    return row;
  }

  handed(event) {
    return this.act("handoff", { "data-handoff": event.to }, ["Handed over to ", this.persona(event.to)],
      event.from ? `From ${event.from} to ${event.to}, in turn ${event.turn}.` : `To ${event.to}, in turn ${event.turn}.`);
  }

  elsewhere(event) {
    return this.act("intent", { "data-event": event.name }, ["Elsewhere happened ", event.name], `In turn ${event.turn}, with ${JSON.stringify(event.arguments)}.`);
  }

  certain(event) {
    return this.act("intent", { "data-intent": event.name }, ["Acted on the intent ", event.name], `In turn ${event.turn}, before the model was asked.`);
  }

  act(kind, about, [what, whom], inside) {
    return this.add(el("li", { class: `row ${kind}`, ...about },
      el("details", {},
        el("summary", {}, icon(ARROW), el("span", {}, what), el("span", { class: "to" }, whom)),
        el("div", { class: "inside" }, el("p", {}, inside)))));
  }

  who(event) {
    return event.role === "user" ? this.people.you : event.persona ?? this.agent;
  }

  pressed(event) {
    return this.line({ "data-keypad": event.role }, `${this.who(event)} pressed `, event.keys?.split("").join(" ") ?? "keys that stay private");
  }

  tapped(event) {
    const said = event.role === "user" ? "The app asked for " : `${this.who(event)} asked the app for `;
    const given = brief(event);
    return this.line({ "data-app": event.name }, said, event.name, given ? ` (${given})` : "");
  }

  played(event) {
    return this.line({ "data-sound": event.name }, `${event.persona ?? this.agent} played `, event.name);
  }

  turned(event) {
    return this.line({ "data-language": event.to }, "The conversation goes on in ", event.to);
  }

  dialled(event) {
    const to = event.to ?? "nobody: there is no number";
    const calls = event.telephone ? " calls " : ": there is no telephone here; it would call ";
    return this.line({ "data-dial": event.answered_by }, `${event.persona ?? this.agent}${calls}`, to, `, and ${ANSWERS[event.answered_by]}`);
  }

  optedOut(event) {
    return this.line({ "data-opt-out": event.number ?? "" }, event.number ? "Never called again: " : "On the list of those who are never called: ", event.number ?? "nobody, the caller has no number here");
  }

  putThrough(event) {
    const { to, how, state, reason } = event;
    const about = { "data-transfer": state };
    if (state === "calling") return this.line(about, "Calls ", to, ` (${how} transfer)`);
    if (state === "failed") return this.line(about, "Not put through to ", to || "nobody", `: ${reason.replaceAll("_", " ")}`);
    const here = state === "shown" ? "; there is no telephone here, so it is only shown" : "";
    return this.line(about, "Put through to ", to, ` (${how} transfer)${here}`);
  }

  line(about, before, what, after = "") {
    return this.add(el("li", { class: "row keypad", ...about }, el("p", {}, before, el("span", { class: "to" }, what), after)));
  }
}

function brief(event) {
  const given = event.arguments && typeof event.arguments === "object" ? event.arguments : {};
  return Object.entries(given).map(([name, value]) => `${name}: ${words(value)}`).join(", ");
}
