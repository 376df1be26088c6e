// The endpoints: which is in use, how many requests it takes at once, which is spent and until when.

import { el, fill, strange } from "./dom.js";
import { clock, count, span } from "./telling.js";
import { section } from "./run_parts.js";

const STATES = { "in use": ["good", "▶", "in use"], open: ["plain", "○", "ready"], closed: ["warn", "✕", "spent"] };
const HEADS = ["Endpoint", "State", "At once", "In flight", "Answered", "Asked today"];

/** The table, or why there is none. On a phone its rows are blocks, which are a table to a screen reader by their roles only. */
export function endpoints() {
  const body = el("tbody", { role: "rowgroup" }), empty = el("p", { class: "quiet" },
    "None yet: the first request of a run shows here where it goes.");
  const table = el("table", { role: "table" }, el("caption", { class: "sr" }, "The endpoints of this run"),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...HEADS.map((head, at) => el("th", { scope: "col", role: "columnheader", class: at > 1 ? "number" : null }, head)))), body);
  const frame = el("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "Endpoints, a table" }, table);
  const made = section("endpoints", "Endpoints", frame, empty);
  const update = (run) => {
    fill(body, ...run.endpoints.map(row));
    frame.hidden = !run.endpoints.length;
    empty.hidden = !frame.hidden;
  };
  return { node: made.node, update };
}

function row(one) {
  const [colour, sign, word] = STATES[one.state] ?? ["plain", "?", one.state ?? "unknown"];
  const today = one.per_day == null ? count(one.asked_today ?? NaN) : `${count(one.asked_today ?? NaN)} of ${count(one.per_day)}`;
  return el("tr", { role: "row" },
    strange(one.name || "unnamed", "th", { scope: "row", role: "rowheader", class: "name" }),
    el("td", { class: "how", role: "cell" }, el("span", { class: colour }, `${sign} `, strange(word)), until(one.until), why(one.reason)),
    ...[count(one.at_once ?? NaN), count(one.in_flight ?? NaN), count(one.answered ?? NaN), today]
      .map((text, at) => el("td", { class: "number", "data-head": HEADS[at + 2], role: "cell" }, text)));
}

function until(iso) {
  if (!iso) return null;
  const left = (new Date(iso) - Date.now()) / 1000;
  return el("div", { class: "quiet" }, `until ${clock(iso)}${left > 0 ? ` (in ${span(left)})` : ""}`);
}

function why(reason) {
  return reason ? strange(reason, "div", { class: "quiet" }) : null;
}
