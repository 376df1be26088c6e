// The endpoints: which is in use, how many requests it takes at once, which is spent and until when.

import { el, fill, strange } from "./dom.js";
import { clock, count, span } from "./telling.js";
import { more, say, section } from "./run_parts.js";

const STATES = { "in use": ["good", "▶", "in use"], open: ["plain", "○", "ready"], closed: ["warn", "✕", "spent"] };
const HEADS = ["Endpoint", "State", "At once", "In flight", "Answered", "Asked today"];
const FEW = 6; // rows that are shown until more are asked for

/** The table, once there is an endpoint. On a phone its rows are blocks, which are a table to a screen reader by their roles only. */
export function endpoints() {
  const body = el("tbody", { role: "rowgroup" }), said = el("p", { class: "quiet" });
  const table = el("table", { role: "table" }, el("caption", { class: "sr" }, "The endpoints of this run"),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...HEADS.map((head, at) => el("th", { scope: "col", role: "columnheader", class: at > 1 ? "number" : null }, head)))), body);
  const frame = el("div", { class: "wide", tabindex: 0, role: "group", "aria-label": "Endpoints, a table" }, table);
  let known = [];
  const show = () => fill(body, ...known.slice(0, rest.tell(known.length)).map(row)), rest = more(FEW, show);
  const made = section("endpoints", "Endpoints", said, frame, rest.node);
  const update = (run) => {
    known = Object.keys(STATES).flatMap((state) => run.endpoints.filter((one) => one.state === state));
    known.push(...run.endpoints.filter((one) => !STATES[one.state]));
    made.node.hidden = !known.length;
    say(said, known.length > 1 ? summary(known) : "");
    show();
  };
  return { node: made.node, update };
}

/** How many of each state, and when the next one of those that are spent is ready again. */
function summary(known) {
  const parts = Object.entries(STATES).map(([state, [, , word]]) => [known.filter((one) => one.state === state).length, word])
    .filter(([times]) => times).map(([times, word]) => `${count(times)} ${word}`);
  const next = known.filter((one) => one.state === "closed" && one.until).map((one) => one.until).sort()[0];
  return `${parts.join(", ")}${next ? `; the next is ready at ${when(next)}` : ""}.`;
}

function when(iso) {
  const left = (new Date(iso) - Date.now()) / 1000;
  return `${clock(iso)}${left > 0 ? ` (in ${span(left)})` : ""}`;
}

function row(one) {
  const [colour, sign, word] = STATES[one.state] ?? ["plain", "?", one.state ?? "unknown"];
  const today = one.per_day == null ? count(one.asked_today ?? NaN) : `${count(one.asked_today ?? NaN)} of ${count(one.per_day)}`;
  return el("tr", { role: "row" },
    strange(one.name || "unnamed", "th", { scope: "row", role: "rowheader", class: "name" }),
    el("td", { class: "how", role: "cell" }, el("span", { class: colour }, `${sign} `, strange(word)),
      one.until ? el("div", { class: "quiet" }, `until ${when(one.until)}`) : null, one.reason ? strange(one.reason, "div", { class: "quiet" }) : null),
    ...[count(one.at_once ?? NaN), count(one.in_flight ?? NaN), count(one.answered ?? NaN), today]
      .map((text, at) => el("td", { class: "number", "data-head": HEADS[at + 2], role: "cell" }, text)));
}
