// Campaigns: whom agents call, how far each is, and the buttons that begin, pause and end it.

import { ask } from "/-/page/api.js";
import { el, sentence } from "/-/page/dom.js";
import { many, number } from "/-/page/said.js";

const STATES = { new: "Never started", loading: "Being prepared", running: "Running", paused: "Paused", stopped: "Stopped", finished: "Finished" };
const OUTCOMES = { answered: "answered", no_answer: "no answer", busy: "busy", mailbox: "a mailbox", failed: "the line failed", wrong_number: "no such number", opted_out: "wants no calls", lost: "not known: the runner stopped", skipped: "skipped", removed: "not in the table any more" };
const START = { new: "Start", paused: "Go on", stopped: "Start again", finished: "Start again" };
const AGAIN = 2000;

/** The campaigns for the page *Agents*; nothing where there is none. Where they cannot be had now, it says why. */
export async function campaigns() {
  const { rows, why } = await had();
  if (!rows.length && !why) return [];
  const made = el("section", { class: "campaigns", "aria-labelledby": "campaigns-title" }, el("h2", { id: "campaigns-title" }, "Campaigns"));
  made.append(el("p", { class: "trouble away", role: "alert", hidden: "" }), el("div", { class: "portraits" }, ...rows.map(card)));
  put(made.querySelector(".away"), why);
  follow(made);
  return [made];
}

/** All of them as they are now, or why they cannot be had. */
async function had() {
  try {
    return { rows: await ask("GET", "/v1/campaigns"), why: "" };
  } catch (error) {
    const why = error.message ? sentence(error.message) : "The runner does not answer.";
    return { rows: [], why: `How far campaigns are cannot be shown now. ${why}` };
  }
}

/** Look again for as long as it is on the page. */
function follow(box) {
  setTimeout(async () => {
    if (!box.isConnected) return;
    if (!document.hidden) {
      const { rows, why } = await had();
      put(box.querySelector(".away"), why);
      for (const row of rows) {
        const known = [...box.querySelectorAll("[data-campaign]")].find((each) => each.dataset.campaign === row.name);
        if (known) fill(known, row);
        else box.querySelector(".portraits").append(card(row));
      }
    }
    follow(box);
  }, AGAIN);
}

function card(row) {
  const made = el("article", { class: "portrait", "data-campaign": row.name },
    el("h3", {}, row.name), el("p", { class: "line", role: "status" }), el("p", { class: "why" }),
    el("dl", { class: "vars" }), el("div", { class: "do" }), el("p", { class: "trouble", role: "alert", hidden: "" }));
  fill(made, row);
  return made;
}

function fill(made, row) {
  const line = `${STATES[row.state]} · ${row.agent} calls${row.round ? ` · ${number(row.done)} of ${many(row.contacts, "contact")} done` : ""}`;
  put(made.querySelector(".line"), line);
  put(made.querySelector(".why"), row.reason ? sentence(row.reason) : "");
  const counts = [["waiting", row.waiting], ["on the phone now", row.calling], ...Object.entries(row.outcomes).map(([name, count]) => [OUTCOMES[name] ?? name, count])];
  const facts = made.querySelector("dl");
  facts.hidden = !row.round;
  facts.replaceChildren(...counts.map(([name, count]) => el("div", {}, el("dt", {}, name), el("dd", {}, number(count)))));
  if (made.dataset.state !== row.state) buttons(made, row);
}

/** Text that is the same is not put again: it would be read out once more. */
function put(where, text) {
  if (where.textContent !== text) where.textContent = text;
  where.hidden = !text;
}

function buttons(made, { name, state }) {
  const held = made.querySelector(".do").contains(document.activeElement);
  const can = [["start", START[state]], ["pause", state === "running" && "Pause"], ["stop", ["running", "paused"].includes(state) && "Stop"]];
  made.dataset.state = state;
  made.querySelector(".do").replaceChildren(...can.filter(([, word]) => word).map(([what, word]) => el("button", { class: what === "stop" ? "button quiet bad" : "button quiet", type: "button", onclick: () => press(made, name, what) }, word, el("span", { class: "sr" }, `: ${name}`))));
  if (held) made.querySelector(".do button")?.focus();
}

/** What cannot be taken back is asked for once more. */
const SURE = {
  stop: (name) => `End the campaign ${name}? Who starts it afterwards has everybody called again.`,
  start: (name) => `Have everybody called who stands in the table of ${name}?`,
};

async function press(made, name, what) {
  const goesOn = what === "start" && made.dataset.state === "paused";
  if (SURE[what] && !goesOn && !window.confirm(SURE[what](name))) return;
  const trouble = made.querySelector(".trouble");
  try {
    fill(made, await ask("POST", `/v1/campaigns/${encodeURIComponent(name)}/${what}`));
    put(trouble, "");
  } catch (error) {
    put(trouble, error.message ? sentence(error.message) : "The runner does not answer.");
  }
}
