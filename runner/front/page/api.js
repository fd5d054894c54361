// What the page asks of the runner, and how it is told that the runner is gone, is back, or wants a token.

import { sentence } from "/-/page/dom.js";

const WORDS = {
  too_long: "This message is too long. Please send it in parts.",
  full: "The runner is busy with as many conversations as it can hold. Please try again in a moment.",
  draining: "The runner is about to stop and begins no new conversations. Please try again in a moment.",
  unauthorized: "This runner wants a token: one of those below runner.http.tokens in its files.",
  internal: "Something went wrong inside the runner. Its log says more.",
};
const KEPT = "lkrun-token";

let token = sessionStorage.getItem(KEPT) ?? "";    // what the person has proved themselves by

/** Told by whoever listens: the runner does not answer, answers again, or wants a (nother) token. */
export const hears = { lost() {}, found() {}, strange() {} };

export class Refused extends Error {
  constructor(status, error) {
    super(WORDS[error.code] ?? [error.message, error.help].filter(Boolean).map(sentence).join(" "));
    this.status = status;
    this.code = error.code;
    this.told = sentence(error.message);
    this.help = error.help ?? "";
  }
}

export class Gone extends Error {}

export const proof = () => token;

export function prove(by) {
  token = by;
  sessionStorage.setItem(KEPT, token);
}

export function forget() {
  token = "";
  sessionStorage.removeItem(KEPT);
}

/** An address of the runner's, also on a page of another site. */
const at = (path) => new URL(path, import.meta.url);

const shows = () => (token ? { Authorization: `Bearer ${token}` } : {});

export async function ask(method, path, body, patience) {
  let reply, data;
  try {
    reply = await fetch(at(path), {
      method,
      headers: { ...shows(), ...(body !== undefined && { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: patience ? AbortSignal.timeout(patience) : undefined,
    });
    data = reply.status === 204 ? null : await reply.json();
  } catch {
    hears.lost();
    throw new Gone();
  }
  hears.found();
  if (reply.ok) return data;
  const refused = new Refused(reply.status, data.error);
  if (reply.status === 401) hears.strange(refused);
  throw refused;
}

/** A file of the runner's, which a token opens too; null where there is none. */
export async function file(path) {
  const reply = await fetch(at(path), { headers: shows() }).catch(() => null);
  return reply?.ok ? reply.blob() : null;
}

/** Where in an address a question has its parts; the empty ones are left out. */
export function query(parts) {
  const made = new URLSearchParams(Object.entries(parts).filter(([, value]) => value));
  return made.size ? `?${made}` : "";
}

export const session = (id) => ask("GET", `/v1/sessions/${encodeURIComponent(id)}`);

/** The events of a session after a number, as they happen. A browser shows no token there, but a ticket, good once. */
export async function stream(id, after) {
  const ticket = token ? `&ticket=${(await ask("POST", "/v1/tickets")).ticket}` : "";
  return new EventSource(at(`/v1/sessions/${encodeURIComponent(id)}/events?after=${after}${ticket}`));
}
