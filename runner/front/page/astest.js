// A conversation as a test of the language, to be copied.

import { file } from "/-/page/api.js";
import { $ } from "/-/page/dom.js";

/** Show the test of a session, and copy it; whether there is one. */
export async function asTest(id) {
  const made = await file(`/v1/sessions/${encodeURIComponent(id)}/test`);
  if (!made) return false;
  const text = await made.text();
  const [, name] = /^ {2}(\w+):$/m.exec(text) ?? [];
  $("test-name").textContent = `${name ?? "talk"}.yaml`;
  $("test-text").value = text;
  $("test-copy").onclick = () => copy(text);
  $("test").showModal();
  await copy(text);
  return true;
}

/** A browser copies only for a page at https:// or on this machine; else the text is selected, to be copied by hand. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    $("test-copied").textContent = "It is copied.";
  } catch {
    $("test-text").focus();
    $("test-text").select();
    $("test-copied").textContent = "Copy it from here: this browser lets the page copy nothing.";
  }
}
