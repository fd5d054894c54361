// Who comes in, and what they are shown: the token that is asked for, a caller who has signed in, and the link of a preview.

import { ask, forget, hears, proof, prove } from "/-/page/api.js";
import { $, ENGLISH, el, sentence } from "/-/page/dom.js";

const LINK = /^#preview=(lkpreview_[\w-]+)$/;
const AT_REST = { broken: false, looked: "", diagnostics: [], changed: null, release: null, changes: [] };

let caller = false;      // whether who looks has signed in as a caller, who may do less

/** The token of a preview's link is kept like any other, and leaves the address at once: it is not sent, shown or kept in the history. */
export function arrive() {
  const [, token] = LINK.exec(location.hash) ?? [];
  if (!token) return false;
  prove(token);
  history.replaceState(null, "", location.pathname);
  return true;
}

/** Have the door ask for a token, and call `on` once one is given; what is on the page stays as it is. */
export function attend(on) {
  hears.strange = knocked;
  $("door-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const token = $("token").value.trim();
    if (!token) return;
    enter(token);
    on();
  });
  $("preview-leave").addEventListener("click", () => { forget(); location.assign(location.pathname); });
}

function enter(token) {
  caller = false;
  prove(token);
  $("door").close();
}

/** A token is asked for; of one that was sent it is said what is wrong with it. */
function knocked(error) {
  if (error.code === "preview_over") return ended(error);
  if ($("door").open) return;
  $("door-wrong").textContent = proof() ? wrong(error) : "";
  $("door-wrong").hidden = !proof();
  $("door-login").hidden = !error.help.includes("ID token");
  $("token").value = "";
  $("door").showModal();
}

/** What is wrong with the token that was sent; of a login provider's it is known. */
const wrong = ({ told, help }) => (told.includes("ID token") ? `${told} ${sentence(help)}` : "That is not one of its tokens.");

/** The preview has had its time: nothing more begins with it, and what was said stays to be read. */
function ended(error) {
  $("preview").hidden = false;
  $("preview").classList.add("past");
  $("preview-words").textContent = `${error.told} ${sentence(error.help)}`;
}

/** What the page shows: all there is, or to a caller what callers may know. */
export async function look(patience) {
  if (!caller) {
    try {
      return met(await ask("GET", "/-/page.json", undefined, patience));
    } catch (error) {
      if (error.code !== "not_for_callers") throw error;
      caller = true;
    }
  }
  const { agents, livekit_url: livekit } = await ask("GET", "/api/config", undefined, patience);
  const nothing = { start: "", mode: "voice", registered: true, personas: [], variables: [], suggestions: [], keypad: true, meet: null };
  return met({ version: "", livekit, release: { id: "", time: "", agents: [] }, agents: agents.map((each) => ({ ...nothing, ...each })), folder: AT_REST, dev: false, preview: null, caller });
}

/** Show whose page it is. */
function met(page) {
  document.body.classList.toggle("guest", Boolean(page.caller || page.preview));
  document.body.classList.toggle("caller", Boolean(page.caller));
  $("preview").hidden = !page.preview;
  $("preview").classList.remove("past");
  if (page.preview) {
    const until = new Date(page.preview.expires).toLocaleTimeString(ENGLISH, { hour: "numeric", minute: "2-digit" });
    $("preview-words").replaceChildren(el("strong", {}, "A preview: "), `you talk with what is saved in the folder. Callers still hear what is served. New conversations begin until ${until}.`);
  }
  return page;
}
