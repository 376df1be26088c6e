// One answer in full, in a dialog beside the list.

import { ask } from "./asking.js";
import { loader } from "./answers_loader.js";
import { parts } from "./answers_parts.js";
import { named } from "./answers_table.js";
import { failed, progress, route } from "./answers_words.js";
import { el, fill } from "./dom.js";

/**
 * A <dialog> for the answers of a dataset. `on` has `step(n, found, by)`, which goes to the answer before (-1) or after (1),
 * `has(n, found, by)`, whether there is one, `found(n)` for one that was sought, and `closed(n)`. Its `show(n)` shows an
 * answer, '' closes it; `seek(id)` looks for one by its id, as long as there is something left to read.
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
    sought.end();
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
      if (error.status === 404) gone();
      else wrong(failed(error, () => load(n)));
    }
    body.setAttribute("aria-busy", "false");
    body.parentElement.scrollTop = 0;
    tell();
  }
  function wrong(words) {
    title.textContent = "This answer cannot be shown";
    fill(body, words);
  }
  function gone() {
    wrong(el("p", { class: "message" }, "There is no such answer here (any more). Close this and choose another one."));
  }
  function present(words) {
    if (dialog.open) return;
    title.textContent = "One answer";
    fill(body, el("p", { class: "quiet" }, words));
    dialog.showModal();
  }
  function show(n) {
    if (n === at) return;
    sought.end();
    at = n;
    if (!n) return dialog.close();
    present("Reading…");
    load(n);
  }
  function seek(id) {
    if (id === at) return;
    control?.abort();
    [at, found] = [id, null];
    present("Looking for this answer…");
    tell();
    sought.look({ id, limit: 1 });
  }
  function tried(told) {
    if (told.rows?.length) {
      at = "";
      on.found(String(told.rows[0].n));
    } else if (told.reading) fill(body, el("p", { class: "quiet" }, `Looking for this answer. ${progress(told.reading)}`));
    else gone();
  }
  const sought = loader(route(key, "answers"), { begin() {}, show: tried, fail: (error) => wrong(failed(error, () => sought.look({ id: at, limit: 1 }))) });
  return { dialog, show, seek, tell, end: () => (control?.abort(), sought.end(), (at = ""), dialog.remove()) };
}
