// What failed, by reason: how often, where, and what to do about it. What the reader has opened stays open.

import { el, fill, strange } from "./dom.js";
import { count } from "./telling.js";
import { more, onChange, section, worded } from "./run_parts.js";
import { named } from "./run_waiting.js";

const MOST = 30; // reasons that are shown
const FEW = 8; // until more are asked for

/** The section; the biggest is open from the start. */
export function failures(dataset) {
  const list = el("div", { class: "reasons" }), note = el("p", { class: "quiet" });
  const tell = () => {
    const shown = rest.tell(list.children.length);
    [...list.children].forEach((one, at) => (one.hidden = at >= shown));
  };
  const rest = more(FEW, tell), made = section("failures", "What failed", list, note, rest.node);
  let known = new Map();
  const show = onChange((found) => {
    const sorted = [...found].sort((one, other) => (other.count ?? 0) - (one.count ?? 0));
    const now = new Map();
    sorted.slice(0, MOST).forEach((one, at) => {
      const name = JSON.stringify([one.kind, one.reason]);
      const node = known.get(name) ?? el("details", { open: at === 0 && known.size === 0 }, el("summary"), el("div", { class: "inside" }));
      fill(node.firstChild, ...summary(one));
      fill(node.lastChild, ...inside(one, dataset));
      now.set(name, node);
    });
    arrange(list, [...now.values()]);
    tell();
    made.node.hidden = !sorted.length;
    fill(note, sorted.length > MOST ? `And ${count(sorted.length - MOST)} more reasons: they are in rejected.json.` : "");
    known = now;
  });
  return { node: made.node, update: (run) => show(run.failures) };
}

/** Put the nodes in this order; only what stands in a wrong place moves, for what moves loses its focus. */
function arrange(list, nodes) {
  nodes.forEach((node, at) => {
    if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
  });
  while (list.children.length > nodes.length) list.lastElementChild.remove();
}

function summary(one) {
  return [el("b", { class: "times" }, `${count(one.count ?? NaN)} ×`), " ", el("span", { class: "kind" }, strange(one.kind || "failed")), " ",
    strange(one.reason || "no reason is known", "span", { class: "reason" })];
}

function inside(one, dataset) {
  const rows = Array.isArray(one.rows) ? one.rows : [];
  const seen = new URLSearchParams({ dataset: dataset.key, ...(one.kind ? { status: one.kind } : {}) });
  return [
    strange(one.reason || "No reason is known.", "p", { class: "text" }),
    one.advice ? el("p", { class: "advice" }, el("strong", {}, "What to do: "), worded(one.advice, "span")) : null,
    el("p", { class: "quiet" }, `In ${named(rows, one.count ?? rows.length)}. `, el("a", { href: `/answers?${seen}` }, "See them among the answers")),
  ];
}
