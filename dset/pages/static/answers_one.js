// One answer in full, in a dialog beside the list.

import { ask } from "./asking.js";
import { parts } from "./answers_parts.js";
import { named } from "./answers_table.js";
import { failed, route } from "./answers_words.js";
import { el, fill } from "./dom.js";

/**
 * A <dialog> for the answers of a dataset. `on` has `step(n, found, by)`, which goes to the answer before (-1) or after (1),
 * `has(n, found, by)`, whether there is one, and `closed(n)`. Its `show(n)` shows an answer, '' closes it.
 */
export function one(key, on) {
  const view = { isFormatted: false };
  let at = "", found = null, control = null;
  const title = el("h2", { id: "one-title", tabindex: -1, autofocus: true, dir: "auto" });
  const stepper = (words, sign, by) => el("button", { type: "button", title: `${words} (${by < 0 ? "←" : "→"} key)`, "aria-label": `${words} answer`, click: () => step(by) }, sign);
  const before = stepper("Previous", "‹ Previous", -1), after = stepper("Next", "Next ›", 1);
  const close = el("button", { type: "button", click: () => dialog.close() }, "Close");
  const body = el("div", { class: "body" });
  const dialog = el("dialog", { class: "one", "aria-labelledby": "one-title", keydown: key_, close: closed, click: (event) => event.target === dialog && dialog.close() },
    el("div", { class: "frame" }, el("div", { class: "head" }, title, before, after, close), body));

  function step(by) {
    if (on.has(at, found, by)) on.step(at, found, by);
  }
  function key_(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    // The arrows move what is wider than its place, and reach for nothing else there.
    if (!by || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.target.closest(".wide")) return;
    event.preventDefault();
    step(by);
  }
  function closed() {
    control?.abort();
    const last = at;
    at = "";
    if (last) on.closed(last);
  }
  function tell() {
    for (const [button, by] of [[before, -1], [after, 1]]) button.setAttribute("aria-disabled", String(!on.has(at, found, by)));
  }
  async function load(n) {
    control?.abort();
    const { signal } = control = new AbortController();
    found = null;
    body.setAttribute("aria-busy", "true");
    tell();
    try {
      const read = await ask(route(key, "answers", n), {}, signal);
      if (signal.aborted) return;
      found = read ?? {};
      title.textContent = named({ n, ...found });
      fill(body, ...parts(found, route(key, "answers", n, "picture"), view));
    } catch (error) {
      if (signal.aborted) return;
      title.textContent = "This answer cannot be shown";
      fill(body, error.status === 404 ? el("p", { class: "message" }, "There is no such answer here (any more). Close this and choose another one.") : failed(error, () => load(n)));
    }
    body.setAttribute("aria-busy", "false");
    body.parentElement.scrollTop = 0;
    tell();
  }
  function show(n) {
    if (n === at) return;
    if (!n) {
      at = "";
      dialog.close();
      return;
    }
    at = n;
    if (!dialog.open) {
      title.textContent = "One answer";
      fill(body, el("p", { class: "quiet" }, "Reading…"));
      dialog.showModal();
    }
    load(n);
  }
  return { dialog, show, tell, end: () => (control?.abort(), (at = ""), dialog.remove()) };
}
