// Plots, drawn as SVG as wide as there is room: bars that lie and columns that stand. Each has its words, and its figures as a table.

import { el } from "/-/page/dom.js";

const SPACE = "http://www.w3.org/2000/svg";
const ROW = 30, LABEL = 152, VALUE = 92, GAP = 2;
const TALL = 180, FOOT = 22, SIDE = 34, BETWEEN = 70;

/** A part of a drawing. */
export function drawn(tag, about, text) {
  const made = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(about)) made.setAttribute(name, value);
  if (text !== undefined) made.append(text);
  return made;
}

function picture(wide, tall, children) {
  const made = drawn("svg", { width: wide, height: tall, viewBox: `0 0 ${wide} ${tall}`, "aria-hidden": "true" });
  made.append(...children);
  return made;
}

/** A figure: its title, what it says in words, what is drawn anew at each width, and a table of the same. */
function figure(title, said, draw, head, rows, legend = []) {
  const canvas = el("div", { class: "canvas" });
  let before = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const wide = Math.floor(contentRect.width);
    if (wide > 0 && wide !== before) canvas.replaceChildren(draw(wide));
    before = wide;
  }).observe(canvas);
  const made = el("figure", { class: "plot" }, el("figcaption", {}, el("h2", {}, title), el("p", {}, said)));
  if (legend.length) made.append(el("ul", { class: "legend" }, ...legend.map(([kind, name]) => el("li", { class: kind }, name))));
  made.append(canvas, el("details", { class: "as-table" }, el("summary", {}, "As a table", el("span", { class: "sr" }, `: ${title}`)), table(title, head, rows)));
  return made;
}

function table(title, head, rows) {
  return el("table", {},
    el("caption", { class: "sr" }, title),
    el("thead", {}, el("tr", {}, ...head.map((each) => el("th", { scope: "col" }, each)))),
    el("tbody", {}, ...rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), ...rest.map((each) => el("td", {}, each))))));
}

/** A text that is cut where it would be wider than there is room; a letter is some 7 wide. */
const cut = (text, wide) => (text.length * 7 <= wide ? text : text.slice(0, Math.max(1, Math.floor(wide / 7) - 1)) + "…");

/**
 * Bars that lie one below the other. A row has `label`, `parts` ([kind, value], one after the other), `words` beside it.
 */
export function bars({ title, said, rows, head, legend }) {
  const most = Math.max(1, ...rows.map(({ parts }) => parts.reduce((sum, [, value]) => sum + value, 0)));
  const draw = (wide) => {
    const value = Math.max(VALUE, ...rows.map(({ words }) => words.length * 7 + 16));
    const label = Math.min(LABEL, wide * 0.34), room = Math.max(20, wide - label - value);
    return picture(wide, rows.length * ROW + 4, rows.flatMap((row, at) => bar(row, at * ROW, label, room / most)));
  };
  return figure(title, said, draw, head, rows.map(({ label, cells }) => [label, ...cells]), legend);
}

function bar({ label, parts, words }, top, left, scale) {
  const middle = top + ROW / 2;
  const made = [drawn("text", { x: 0, y: middle, class: "label" }, cut(label, left - 8))];
  let x = left;
  for (const [kind, value] of parts.filter(([, value]) => value > 0)) {
    const wide = Math.max(2, value * scale);
    made.push(drawn("rect", { class: kind, x, y: top + 6, width: wide, height: ROW - 12, rx: 3 }));
    x += wide + (parts.length > 1 ? GAP / 2 : 0);
  }
  return [...made, drawn("text", { x: x + 8, y: middle, class: "value" }, words)];
}

/** Columns that stand side by side: [{label, value, words}] over time. */
export function columns({ title, said, rows, head, kind }) {
  const most = round(Math.max(1, ...rows.map(({ value }) => value)));
  const draw = (wide) => {
    const step = (wide - SIDE) / rows.length, scale = (TALL - FOOT - 10) / most, ground = TALL - FOOT;
    const made = [0, most / 2, most].filter(Number.isInteger).flatMap((value) => [
      drawn("line", { class: "grid", x1: SIDE, x2: wide, y1: ground - value * scale, y2: ground - value * scale }),
      drawn("text", { class: "axis end", x: SIDE - 8, y: ground - value * scale }, String(value))]);
    rows.forEach(({ value }, at) => value && made.push(drawn("rect", { class: kind, x: SIDE + at * step + step * 0.12, y: ground - value * scale, width: Math.max(1, step * 0.76), height: value * scale, rx: Math.min(3, step / 4) })));
    const every = Math.max(1, Math.ceil(BETWEEN / step));
    rows.forEach(({ label }, at) => at % every === 0 && SIDE + at * step < wide - BETWEEN / 2 && made.push(drawn("text", { class: "axis", x: SIDE + at * step, y: TALL - 7 }, label)));
    return picture(wide, TALL, made);
  };
  return figure(title, said, draw, head, rows.filter(({ value }) => value).map(({ words, value }) => [words, String(value)]));
}

/** The next number that is easily read: 1, 2, 4, 10, 20, 40 … */
function round(value) {
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 10].map((each) => each * ten).find((each) => each >= value);
}
