// What each turn of a conversation took, as bars: of one that is on, and of one that is kept.

import { bars } from "/-/page/plots.js";
import { took } from "/-/page/said.js";

const PARTS = [["stt", "hearing"], ["llm", "thinking"], ["tts", "speaking"], ["rest", "the rest"]];

/** What each turn took, by its parts. */
export function latency(turns) {
  if (!turns.length) return [];
  const rows = turns.map(({ turn, ms }) => {
    const known = ["stt", "llm", "tts"].map((part) => [part, ms[part] ?? 0]);
    const all = ms.turn ?? known.reduce((sum, [, value]) => sum + value, 0);
    const rest = Math.max(0, all - known.reduce((sum, [, value]) => sum + value, 0));
    return { label: turn === 0 ? "Greeting" : `Turn ${turn}`, words: took(all), all, parts: rest === all ? [["all", all]] : [...known, ["rest", rest]], cells: [...["stt", "llm", "tts"].map((part) => (ms[part] === undefined ? "–" : took(ms[part]))), took(all)] };
  });
  const slowest = rows.reduce((one, other) => (other.all > one.all ? other : one));
  const legend = PARTS.filter(([part]) => rows.some(({ parts }) => parts.some(([kind, value]) => kind === part && value > 0)));
  return [bars({ title: "Latency by turn", said: `The longest answer took ${slowest.words} (${slowest.label.toLowerCase()}).`, rows, head: ["Turn", "Hearing", "Thinking", "Speaking", "In all"], legend })];
}
