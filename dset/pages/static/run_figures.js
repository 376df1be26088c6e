// How far the run is, how fast, and what it costs.

import { el, fill } from "./dom.js";
import { count, figure, span, usd } from "./telling.js";
import { figures, onChange, say, section } from "./run_parts.js";

const PARTS = [["done", "Done", "✓"], ["failed", "Failed", "✕"], ["blocked", "Blocked", "⊘"], ["pending", "Pending", "○"]];

/** The rows: a bar of what became of them, and each part in figures. */
export function progress() {
  const bar = el("div", { class: "parts", "aria-hidden": "true" });
  const spans = PARTS.map(([name]) => el("span", { class: `part is-${name}` }));
  bar.append(...spans);
  const told = el("progress", { class: "sr", max: 1, value: 0, "aria-labelledby": "rows-title rows-said" });
  const said = el("p", { class: "share", id: "rows-said" }), list = el("ul", { class: "legend" }), note = el("p", { class: "quiet" });
  const made = section("rows", "Rows", said, told, bar, list, note);
  const update = onChange((rows) => {
    const all = total(rows);
    told.max = all || 1;
    told.value = rows.done ?? 0;
    say(said, share(rows, all));
    PARTS.forEach(([name], at) => widen(spans[at], all ? rows[name] ?? 0 : 0));
    bar.hidden = !all;
    fill(list, ...PARTS.map(([name, word, sign]) => key(name, word, sign, rows[name])));
    say(note, remark(rows));
  });
  return { node: made.node, update: (run) => (update(run.rows), made.node.hidden = isNew(run)) };
}

/** As wide as its share; what is there at all can be seen. */
function widen(part, value) {
  part.style.flexGrow = Math.max(0, value);
  part.hidden = !(value > 0);
}

/** There is nothing to count yet: what to do stands at the head of the page. */
function isNew(run) {
  return run.state === "new" && !total(run.rows);
}

function total(rows) {
  return rows.all ?? ["done", "failed", "blocked", "pending"].reduce((sum, name) => sum + (rows[name] ?? 0), 0);
}

function share(rows, all) {
  if (!Number.isFinite(rows.done)) return "How many rows are done is not known.";
  if (!all) return "There are no rows yet: write questions into q.csv, or plan a task.";
  if (rows.all == null) return `${count(rows.done)} rows are done; how many there are in all is not known.`;
  const percent = Math.floor((1000 * rows.done) / all) / 10; // 99.96 % is not yet all
  return `${figure(percent, percent > 0 && percent < 100 ? 1 : 0)} % done: ${count(rows.done)} of ${count(all)} rows`;
}

function key(name, word, sign, value) {
  return el("li", { class: `is-${name}` }, el("span", { class: "sign", "aria-hidden": "true" }, sign), `${word} `, el("b", {}, count(value ?? NaN)));
}

function remark(rows) {
  if (!(rows.rejected > 0)) return "";
  return rows.rejected === 1 ? "1 answer is in rejected.json with its reason." : `${count(rows.rejected)} answers are in rejected.json, each with its reason.`;
}

/** Rate, time left, tokens, cost. */
export function amounts() {
  const speed = figures(), tokens = figures(), cost = figures(), budget = budgetBar();
  const made = section("figures", "Speed, tokens and cost",
    el("div", { class: "grid trio" }, group("Speed", speed.node), group("Tokens", tokens.node), group("Cost", cost.node, budget.node)));
  made.node.firstChild.className = "sr"; // its parts have headings of their own
  const update = (run) => {
    made.node.hidden = isNew(run);
    speed.update(speedRows(run.rate, run.state));
    tokens.update(tokenRows(run.tokens));
    cost.update(costRows(run.cost));
    budget.update(run.cost);
  };
  return { node: made.node, update };
}

function group(title, ...children) {
  return el("div", { class: "group" }, el("h3", {}, title), ...children);
}

function speedRows(rate, state) {
  const overall = ["Overall", perTime(rate.rows_per_s)];
  if (state !== "running" && state !== "waiting") return [overall];
  return [["Now", perTime(rate.recent_rows_per_s)], overall, ["Time left", span(rate.left_s ?? NaN), rate.left_s == null ? "not known yet" : ""]];
}

/** A rate in the unit in which it is a figure that one can imagine. */
function perTime(rate) {
  if (!Number.isFinite(rate)) return "–";
  if (rate >= 1 || rate === 0) return `${figure(rate, rate >= 100 || rate === 0 ? 0 : 1)} rows/s`;
  return rate * 60 >= 1 ? `${figure(rate * 60, 1)} rows/min` : `${figure(rate * 3600, 1)} rows/h`;
}

function tokenRows(tokens) {
  return [
    ["In", count(tokens.prompt ?? NaN), tokens.cached > 0 ? `${count(tokens.cached)} from the cache` : ""],
    ["Out", count(tokens.completion ?? NaN), tokens.reasoning > 0 ? `${count(tokens.reasoning)} for thinking` : ""],
  ];
}

function costRows(cost) {
  const unknown = cost.unknown > 0 ? `and ${count(cost.unknown)} of unknown price` : "";
  const rows = [["In all", usd(cost.usd ?? NaN), unknown], ["This run", usd(cost.run_usd ?? NaN)]];
  if (cost.maybe_usd > 0) rows.push(["Possibly billed twice", usd(cost.maybe_usd), "asked again after an answer was lost"]);
  return rows;
}

function budgetBar() {
  const bar = el("progress", { max: 1, value: 0, "aria-labelledby": "budget-said" }), said = el("p", { id: "budget-said" });
  const node = el("div", { class: "budget" }, said, bar);
  const update = onChange((cost) => {
    const has = cost.budget_usd > 0, spent = cost.spent_usd ?? cost.run_usd ?? 0, part = has ? spent / cost.budget_usd : 0;
    bar.hidden = !has;
    bar.max = 1;
    bar.value = Math.min(part, 1);
    node.dataset.manner = part >= 1 ? "bad" : part >= 0.8 ? "warn" : "good";
    say(said, has ? `Budget: ${usd(spent)} of ${usd(cost.budget_usd)} spent (${count(Math.round(100 * part))} %)${worry(part)}`
      : "No budget is set: --budget 5 stops a run at 5 US dollars.");
  });
  return { node, update };
}

function worry(part) {
  if (part >= 1) return ". It is used up: a larger --budget goes on.";
  return part >= 0.8 ? ". It is nearly used up." : "";
}
