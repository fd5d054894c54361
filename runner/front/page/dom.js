// Small parts of which all of the page is made. What comes from outside is put in as text, never as HTML.

export const $ = (id) => document.getElementById(id);
export const HUES = [172, 65, 300, 245, 20, 125];
export const UNKNOWN = ["not known yet", "nothing yet"];
export const ENGLISH = navigator.language.startsWith("en") ? navigator.language : "en-GB";
const DAY = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
const HOUR = { hour: "numeric", minute: "2-digit", timeZone: "UTC" };
const WRITTEN = /^(?:(\d{4}-\d{2}-\d{2})(?:[T ](?=\d))?)?(\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/;

export function el(tag, about = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (name === "class") made.className = value;
    else if (name === "onclick") made.addEventListener("click", value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function icon(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const drawn = document.createElementNS(space, "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  return svg;
}

export const WRENCH = "M14.7 6.3a4 4 0 0 0-5.2 5.2L4 17l3 3 5.5-5.5a4 4 0 0 0 5.2-5.2L15 12l-3-3z";
export const ARROW = "M4 12h15M14 7l5 5-5 5";

export function words(value) {
  if (value === null || value === undefined || value === "") return "not known yet";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (Array.isArray(value)) return value.length ? value.map((each) => "• " + words(each)).join("\n") : "nothing yet";
  if (typeof value === "object") return Object.entries(value).map(([k, v]) => `${k}: ${words(v)}`).join(", ");
  return typeof value === "string" ? moment(value) : String(value);
}

/** A date, a time or both as people write them, in the zone that they are written in; other text as it is. */
export function moment(text) {
  const [, day, hour, zone] = WRITTEN.exec(text) ?? [];
  if (!day && !hour) return text;
  const at = new Date(`${day ?? "2000-01-01"}T${(hour ?? "00:00").slice(0, 8)}Z`);
  if (Number.isNaN(at.getTime())) return text;
  const made = at.toLocaleString(ENGLISH, { ...(day ? DAY : {}), ...(hour ? HOUR : {}), timeZone: "UTC" });
  return zone ? `${made} (UTC${zone === "Z" ? "" : zone})` : made;
}

export function pretty(value) {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  try {
    const inside = JSON.parse(value);
    return inside && typeof inside === "object" ? JSON.stringify(inside, null, 2) : value;
  } catch {
    return value;
  }
}

export function lines(given) {
  if (!given || typeof given !== "object" || Array.isArray(given)) return pretty(given ?? "none");
  return Object.entries(given).map(([name, value]) => `${name}: ${pretty(value)}`).join("\n") || "none";
}

export function sentence(text) {
  const said = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…][”’"')]?$/.test(said) ? said : said + ".";
}
