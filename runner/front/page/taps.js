// What the caller's app may ask the agent for, with fields for what it sends: so that an app can be tried without one.

import { $, el } from "/-/page/dom.js";

const NUMBERS = ["integer", "number"];
const WRITTEN = { date: "date", time: "time", integer: "number", number: "number" };

let methods = [];       // those of the agent
let tell = () => {};    // told the method, and what is sent with it

/** Offer an agent's methods; `done` is told which one is used, and with what. */
export function offer(those, done) {
  [methods, tell] = [those, done];
  const choose = $("tap-method");
  choose.replaceChildren(...methods.map(({ name }) => el("option", {}, name)));
  choose.onchange = fields;
  fields();
}

/** The fields of the method that is chosen. */
function fields() {
  const method = methods.find(({ name }) => name === $("tap-method").value);
  $("tap-fields").replaceChildren(...(method?.fields ?? []).map(row));
  wrong("");
}

function row(field) {
  const id = `tap-${field.name}`;
  const input = control(field, id);
  if (!field.optional) input.required = true;
  return el("p", {}, el("label", { for: id }, field.name, field.optional ? el("span", { class: "muted" }, " (may be left out)") : ""), input);
}

function control({ type, choices }, id) {
  const listed = type === "yes_no" ? ["yes", "no"] : choices;
  if (listed.length) return el("select", { id }, el("option", { value: "" }, ""), ...listed.map((each) => el("option", { value: each }, each)));
  if (type === "list" || type === "object") return el("textarea", { id, rows: "2", placeholder: type === "list" ? '["soup", "bread"]' : '{"name": "Ann"}' });
  return el("input", { id, type: WRITTEN[type] ?? "text", ...(type === "number" && { step: "any" }), autocomplete: "off" });
}

/** What a field holds, as JSON has it; nothing where it is empty. */
function value({ name, type }) {
  const written = $(`tap-${name}`).value;
  if (written.trim() === "") return undefined;
  if (NUMBERS.includes(type)) return Number(written);
  if (type === "yes_no") return written === "yes";
  return type === "list" || type === "object" ? JSON.parse(written) : written;
}

function wrong(words, field) {
  $("tap-wrong").textContent = words;
  for (const input of $("tap-fields").querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  if (!field) return;
  $(`tap-${field.name}`).setAttribute("aria-invalid", "true");
  $(`tap-${field.name}`).focus();
}

/** Have it done. */
export function use(event) {
  event.preventDefault();
  const method = methods.find(({ name }) => name === $("tap-method").value);
  const given = {};
  for (const field of method?.fields ?? []) {
    try {
      const one = value(field);
      if (one !== undefined) given[field.name] = one;
    } catch {
      return wrong(`${field.name} is no ${field.type === "list" ? "list" : "object"} in JSON, such as ${$(`tap-${field.name}`).placeholder}`, field);
    }
  }
  wrong("");
  if (method) tell(method.name, given);
}
