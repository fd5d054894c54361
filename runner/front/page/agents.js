// Agents: what each one is, its personas and the ways between them, its models.

import { ask } from "/-/page/api.js";
import { campaigns } from "/-/page/campaigns.js";
import { el, sentence } from "/-/page/dom.js";
import { portraits } from "/-/page/external.js";
import { drawn } from "/-/page/plots.js";

const MODES = { voice: "Speaks", text: "Writes" };
const HEAD = 22, PADDING = 14;

let shown = null;

export async function open(root, { site }) {
  const mine = shown = {};
  const list = el("div", { class: "portraits" }, el("p", { class: "empty", role: "status" }, "Looking for agents…"));
  root.replaceChildren(el("h1", { tabindex: "-1" }, "Agents"), list);
  try {
    const agents = await ask("GET", "/-/page.agents.json");
    const [others, calling] = site.page()?.preview ? [[], []] : await Promise.all([portraits(), campaigns()]);
    if (shown !== mine) return;
    list.replaceChildren(...agents.map((each) => portrait(each, Boolean(site.page()?.livekit))), ...others);
    root.append(...calling);
    if (!agents.length && !others.length) list.append(el("p", { class: "empty" }, "No agent is served yet. As soon as the folder has one, it appears here."));
  } catch (error) {
    if (shown === mine) list.replaceChildren(el("p", { class: "trouble", role: "alert" }, error.message ? sentence(error.message) : "The runner does not answer."));
  }
}

export function close() {
  shown = null;
}

function portrait(agent, rooms) {
  const about = [MODES[agent.mode] ?? agent.mode, !rooms ? "over this page alone" : agent.registered ? "ready for calls" : "not ready for calls yet"].join(" · ");
  const facts = [...agent.models.map(({ noun, names }) => [noun, names.map(({ name, about }) => (about ? `${name} (${about})` : name)).join(", ")]), ...(agent.tools.length ? [["tools", agent.tools.join(", ")]] : [])];
  const made = el("article", { class: "portrait", "data-portrait": agent.name }, el("h2", {}, agent.name), el("p", { class: "line" }, about));
  if (agent.description) made.append(el("p", {}, agent.description));
  made.append(picture(agent), el("details", { class: "as-table" }, el("summary", {}, "In words", el("span", { class: "sr" }, `: ${agent.name}`)), el("ul", {}, ...agent.picture.sentences.map((each) => el("li", {}, each)))));
  made.append(el("dl", { class: "vars" }, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))));
  made.append(el("div", { class: "do" }, el("a", { class: "button quiet", href: `#calls?agent=${encodeURIComponent(agent.name)}` }, "Its calls"), el("a", { class: "button quiet", href: `#figures?agent=${encodeURIComponent(agent.name)}` }, "Its figures")));
  return made;
}

/** The personas as boxes with the words of their handoffs, and the arrows between them, in the page's own colours. */
function picture({ name, picture: { wide, tall, boxes, ways } }) {
  const tip = `tip-${name}`;
  const svg = drawn("svg", { width: wide, height: tall, viewBox: `0 0 ${wide} ${tall}`, role: "img", "aria-label": `Personas of ${name} and the handoffs between them` });
  const marker = drawn("marker", { id: tip, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 8, markerHeight: 8, orient: "auto" });
  marker.append(drawn("path", { class: "tip", d: "M0 0 L10 5 L0 10 z" }));
  const arrows = ways.map((d) => drawn("path", { class: "way", d, "marker-end": `url(#${CSS.escape(tip)})` }));
  svg.append(marker, ...arrows, ...boxes.flatMap(box));
  return el("div", { class: "picture", tabindex: "0", role: "group", "aria-label": `Picture of ${name}` }, svg);
}

function box({ title, begins, left, top, wide, tall, rows }) {
  return [
    drawn("rect", { class: begins ? "box start" : "box", x: left, y: top, width: wide, height: tall, rx: 8 }),
    drawn("text", { class: "name", x: left + PADDING, y: top + HEAD }, title),
    ...rows.map(({ label, y }) => drawn("text", { x: left + PADDING, y: y + 4.5 }, label))];
}
