// What the run waits for: like waits together, each with the time until it is tried again.

import { el, fill, strange } from "./dom.js";
import { count, span } from "./telling.js";
import { say, section } from "./run_parts.js";

const MOST = 8; // groups that are shown
const FEW = 5; // rows that are named

/** The section; between two news it counts down by itself, as long as the page is live. */
export function waits() {
  const list = el("ul", { class: "waits" }), note = el("p", { class: "quiet" });
  const made = section("waiting", "What it waits for", list, note);
  let clocks = [], timer, at = 0;
  const tick = () => clocks.forEach(([node, due]) => say(node, remaining(due - performance.now() / 1000)));
  const live = (isLive) => {
    clearInterval(timer);
    if (isLive && clocks.length) timer = setInterval(tick, 1000);
  };
  const update = (run) => {
    at = performance.now() / 1000;
    const groups = grouped(run.waiting);
    clocks = [];
    fill(list, ...groups.slice(0, MOST).map((group) => entry(group, at, clocks)));
    made.node.hidden = !groups.length;
    say(note, groups.length > MOST ? `And ${count(groups.length - MOST)} more reasons.` : "");
    tick();
    live(true);
  };
  return { node: made.node, update, live, end: () => clearInterval(timer) };
}

/** Waits of one reason and attempt are one group; the soonest first. */
export function grouped(waiting) {
  const found = new Map();
  for (const one of waiting) {
    const name = JSON.stringify([one.reason, one.attempt, one.attempts]);
    const group = found.get(name) ?? { ...one, rows: [], in_s: Infinity };
    group.rows.push(one.row);
    group.in_s = Math.min(group.in_s, one.in_s ?? Infinity);
    found.set(name, group);
  }
  return [...found.values()].sort((one, other) => one.in_s - other.in_s);
}

function entry(group, at, clocks) {
  const clock = el("b", { class: "clock" });
  clocks.push([clock, at + group.in_s]);
  return el("li", {}, clock, el("div", {},
    strange(group.reason || "No reason is given.", "p"),
    el("p", { class: "quiet" }, [named(group.rows), attempt(group)].filter(Boolean).join(" · "))));
}

function attempt(group) {
  if (group.attempt == null) return "";
  return group.attempts == null ? `attempt ${count(group.attempt)}` : `attempt ${count(group.attempt)} of ${count(group.attempts)}`;
}

/** Rows by their numbers, as a spreadsheet counts them; not more than a person reads. */
export function named(rows, all = rows.length) {
  const known = rows.filter((row) => row != null);
  if (!known.length) return all === 1 ? "one row" : `${count(all)} rows`;
  const shown = known.slice(0, FEW).join(", "), left = all - Math.min(known.length, FEW);
  return `${all === 1 ? "row" : "rows"} ${shown}${left > 0 ? ` and ${count(left)} more` : ""}`;
}

/** Seconds as a clock that runs down. */
function remaining(seconds) {
  if (!Number.isFinite(seconds)) return "soon";
  const left = Math.ceil(seconds);
  if (left <= 0) return "now";
  if (left < 100) return `in ${count(left)} s`;
  if (left < 6000) return `in ${count(Math.floor(left / 60))}:${String(left % 60).padStart(2, "0")} min`;
  return `in ${span(left)}`;
}
