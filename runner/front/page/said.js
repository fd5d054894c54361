// How the page puts times, lengths and numbers.

import { ENGLISH } from "/-/page/dom.js";

export const when = (text) => new Date(text).toLocaleString(ENGLISH, { day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" });
export const number = (value) => value.toLocaleString(ENGLISH);
export const many = (value, one, more = `${one}s`) => `${number(value)} ${value === 1 ? one : more}`;

/** Milliseconds as one reads them. */
export const took = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** Seconds as a clock has them: 0:07, 12:30, 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `end_call` and the like, as words. */
export const plain = (name) => name.replaceAll("_", " ");
