// Whether the run is well: one sentence, what to do next, and whether what stands here is still so.

import { el, fill, strange } from "./dom.js";
import { count } from "./telling.js";
import { say, worded } from "./run_parts.js";

const STATES = {
  running: ["good", "▶", "Running"],
  waiting: ["warn", "…", "Waiting"],
  finished: ["good", "✓", "Finished"],
  stopped: ["bad", "✕", "Stopped early"],
  idle: ["warn", "○", "Not running"],
  new: ["plain", "○", "Not begun"],
};

/** The head of the page; `press(isPaused)` is called when the reader wants it still, or live again. */
export function status(dataset, press) {
  const mark = el("span", { class: "mark", "aria-hidden": "true" }), word = el("span", { class: "word" });
  const headline = el("h1", { id: "headline", dir: "auto" }), next = el("div", { class: "next" });
  const spoken = el("p", { class: "sr", role: "status" });
  const line = liveLine(press);
  const node = el("section", { class: "card state", "aria-labelledby": "headline" },
    mark, el("p", { class: "eyebrow" }, word, " · ", strange(dataset.name, "bdi")), headline, next, line.node, spoken);
  let state, advised, isLost = false;
  const update = (run) => {
    const [colour, sign, name] = manner(run);
    node.dataset.manner = colour;
    say(mark, sign);
    say(word, name);
    say(headline, run.headline || "The server tells nothing of this run.");
    if (advised !== run.next) fill(next, ...advice(run.next));
    if (state !== undefined && state !== run.state) spoken.textContent = `${name}. ${run.headline}`;
    else if (isLost) spoken.textContent = "Live again.";
    [state, advised, isLost] = [run.state, run.next, false];
    document.title = title(run, name, dataset);
    line.live();
  };
  const lost = (why) => {
    line.lost(why);
    if (isLost) return;
    isLost = true;
    say(word, `Last known: ${word.textContent}`);
    spoken.textContent = why;
    document.title = `Not live · ${dataset.name} · dset`;
  };
  return { node, update, lost, rest: line.rest };
}

function manner(run) {
  const found = STATES[run.state] ?? ["plain", "?", run.state || "Unknown"];
  const isMixed = run.state === "finished" && run.rows.failed > 0;
  return isMixed ? ["warn", "!", "Finished, with failures"] : found;
}

function advice(next) {
  return next ? [el("strong", {}, "What to do: "), worded(next, "span")] : [];
}

function title(run, name, dataset) {
  const { all, done } = run.rows;
  const share = all > 0 && Number.isFinite(done) ? `${count(Math.floor((100 * done) / all))} % · ` : "";
  return `${share}${name} · ${dataset.name} · dset`;
}

/** Whether the page is live, in words, and the button that holds it still. */
function liveLine(press) {
  const words = el("span", {}), dot = el("span", { class: "dot", "aria-hidden": "true" });
  let isPaused = false, at = null;
  const button = el("button", { type: "button", click: () => {
    isPaused = !isPaused;
    say(button, isPaused ? "Go on" : "Pause");
    press(isPaused);
  } }, "Pause");
  const node = el("p", { class: "live quiet" }, dot, words, button);
  const show = (manner, text) => {
    node.dataset.live = manner;
    fill(words, worded(text, "span"));
  };
  const since = () => (at ? ` What stands here is as of ${at.toLocaleTimeString()}.` : "");
  return {
    node,
    live: () => (at = new Date(), show("live", `Live, as of ${at.toLocaleTimeString()}`)),
    lost: (why) => show("lost", `Not live. ${why}${since()} It is tried again by itself.`),
    rest: () => show("rest", isPaused ? `Paused.${since()}` : `Not live while the page is hidden.${since()}`),
  };
}
