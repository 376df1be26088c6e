// The last answers as they come, newest first. While somebody reads in the list it stays still, and says how many are new.

import { el, fill, strange } from "./dom.js";
import { clock, count, span, usd } from "./telling.js";
import { say, section } from "./run_parts.js";

const MOST = 20;

/** The section. */
export function latest(dataset) {
  const list = el("ol", { class: "latest" }), note = el("p", { class: "quiet" });
  const button = el("button", { type: "button", hidden: true });
  const made = section("latest", "The last answers", el("div", { class: "news" }, note, button), list);
  let shown = new Map(), newest = new Map();
  const bring = () => {
    const nodes = [...newest].map(([name, one]) => shown.get(name) ?? entry(one, dataset));
    arrange(list, nodes);
    shown = new Map([...newest.keys()].map((name, at) => [name, nodes[at]]));
    button.hidden = true;
  };
  button.addEventListener("click", () => {
    bring();
    list.querySelector("a")?.focus();
  });
  const update = (run) => {
    newest = new Map(run.latest.slice(0, MOST).map((one) => [name(one), one]));
    const fresh = [...newest.keys()].filter((one) => !shown.has(one)).length;
    const isHeld = fresh > 0 && shown.size > 0 && isRead(list);
    if (!isHeld) bring();
    button.hidden = !isHeld;
    say(button, `Show ${count(fresh)}${fresh === MOST ? " or more" : ""} new`);
    say(note, remark(shown.size, run.state));
  };
  return { node: made.node, update };
}

/** Somebody is in the list: with the focus, the pointer or a marked text, or has scrolled down into it. */
function isRead(list) {
  const marked = getSelection();
  return list.contains(document.activeElement) || list.matches(":hover") || list.getBoundingClientRect().top < 0
    || (!marked.isCollapsed && list.contains(marked.anchorNode));
}

/** What tells an answer from the others; those of the original tool have no id. Its line may not be counted yet. */
function name(one) {
  return JSON.stringify(one.id ? [one.id, one.at] : [one.row, one.at, one.question]);
}

/** New entries before the old ones, which stay the nodes that they are. */
function arrange(list, nodes) {
  for (const node of [...list.children]) if (!nodes.includes(node)) node.remove();
  nodes.forEach((node, at) => {
    if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
  });
}

function entry(one, dataset) {
  const there = new URLSearchParams({ dataset: dataset.key, ...(one.id ? { id: one.id } : {}) }); // without one: the list, newest first
  const facts = [one.row == null ? "" : `row ${one.row}`, one.seconds == null ? "" : span(one.seconds), one.cost_usd == null ? "" : usd(one.cost_usd)];
  return el("li", {},
    el("h3", {}, el("a", { href: `/answers?${there}`, dir: "auto" }, one.question || "(a question without text)")),
    strange(one.answer || "(an answer without text)", "p", { class: "text" }),
    el("p", { class: "quiet" }, el("time", { datetime: one.at }, clock(one.at)), ...facts.filter(Boolean).map((fact) => ` · ${fact}`),
      ...(one.model ? [" · ", strange(one.model, "bdi")] : [])));
}

function remark(shown, state) {
  if (shown) return "Newest first. Each leads to the whole answer.";
  return state === "running" || state === "waiting" ? "No answer has come yet; the first ones show here."
    : "There is no answer yet. A run brings them: python dset_generator.py, or first without cost: python dset_generator.py --rehearse";
}
