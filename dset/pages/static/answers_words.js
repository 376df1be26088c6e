// What the pages of answers say about what they show: how many, how far it is read, what to do where there is nothing.

import { el } from "./dom.js";
import { bytes, count } from "./telling.js";

/** "Showing 51–100 of 2,000 answers". */
export function showing(offset, shown, total, what) {
  if (!shown) return `${count(total)} ${what}`;
  return `Showing ${count(offset + 1)}–${count(offset + shown)} of ${count(total)} ${what}`;
}

/** How far the index is; '' where all is read, or as good as. */
export function progress(reading) {
  if (!reading || reading.bytes >= reading.of) return "";
  const far = Number.isFinite(reading.of) && reading.of > 0 ? `${bytes(reading.bytes)} of ${bytes(reading.of)}` : bytes(reading.bytes);
  return `Read ${far} so far; the count is of what is read.`;
}

/** A card that says what to do: `actions` are pairs of a button's words and what it does. */
export function advice(title, lines, ...actions) {
  return el("div", { class: "card advice" },
    el("h2", {}, title),
    ...lines.map((line) => el("p", {}, ...[line].flat())),
    actions.length ? el("p", { class: "actions" }, ...actions.map(([words, act]) => el("button", { type: "button", click: act }, words))) : null);
}

/** What to do about a question that failed; `again` asks it again. */
export function failed(error, again) {
  if (error.status === 404) {
    return advice("This dataset is not there any more",
      ["Its folder was moved, renamed or removed. Choose another dataset above, or look again."],
      ["Look again", () => location.reload()]);
  }
  return advice(error.status ? "This cannot be shown" : "No answer from the server", [error.message], ["Try again", again]);
}

/** An address of the API below a dataset. */
export function route(key, ...parts) {
  return ["/api/datasets", key, ...parts].map((part, at) => (at ? encodeURIComponent(part) : part)).join("/");
}
