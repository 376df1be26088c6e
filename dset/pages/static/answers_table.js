// The answers as a table; on a narrow screen its rows are cards, by the style sheet alone.

import { el, fill, strange } from "./dom.js";
import { picture } from "./answers_picture.js";
import { clock, count, moment, span, usd } from "./telling.js";

// name, words, what it is sorted by and which way first, what stands in a cell.
const COLUMNS = [
  ["row", "Row", "row", "asc", null],
  ["picture", "Picture", null, null, null],
  ["question", "Question", null, null, (row) => strange(row.question, "div", { class: "cut" })],
  ["answer", "Answer", null, null, said],
  ["label", "Label", "label", "asc", (row) => strange(row.label, "span", { class: "cut" })],
  ["model", "Model", "model", "asc", (row) => strange(row.model, "span", { class: "cut" })],
  ["status", "Status", "status", "asc", (row) => status(row.status)],
  ["length", "Length", "length", "desc", (row) => count(row.length)],
  ["cost_usd", "Cost (USD)", "cost_usd", "desc", (row) => money(row.cost_usd)],
  ["seconds", "Took", "seconds", "desc", (row) => span(row.seconds)],
  ["at", "Asked", "at", "desc", (row) => el("time", { datetime: row.at, title: moment(row.at) }, clock(row.at))],
];
const NUMBERS = new Set(["length", "cost_usd", "seconds"]);
const TONES = { answered: "good", refusal: "blocked", retried: "warn", interrupted: "warn", "done before": "warn" };
/** What can be sorted by, for a list: [sort, order, words]. */
export const SORTS = [
  ["at", "desc", "Newest first"], ["at", "asc", "Oldest first"], ["row", "asc", "By row"],
  ["length", "desc", "Longest first"], ["length", "asc", "Shortest first"],
  ["cost_usd", "desc", "Most expensive first"], ["seconds", "desc", "Slowest first"], ["seconds", "asc", "Fastest first"],
  ["label", "asc", "By label"], ["model", "asc", "By model"], ["status", "asc", "By status"],
];

/** How the answers are sorted where the address does not say. */
export function sorting(state) {
  const sort = COLUMNS.some((one) => one[2] === state.sort) ? state.sort : "at";
  const first = COLUMNS.find((one) => one[2] === sort)[3];
  return { sort, order: ["asc", "desc"].includes(state.order) ? state.order : first };
}

/** The unit stands apart: a column of amounts says it once. */
function money(value) {
  const [amount, unit] = usd(value).split(" ");
  return el("span", {}, amount, unit ? el("span", { class: "unit" }, ` ${unit}`) : null);
}

/** A word, coloured too. */
export function status(word) {
  return strange(word || "unknown", "span", { class: `status ${TONES[word] ?? (word ? "bad" : "quiet")}` });
}

/** What a row is called: by its row, else by what else is known of it. */
export function named(row) {
  return row?.row != null ? `Row ${count(row.row)}` : String(row?.id || `Answer ${row?.n ?? ""}`);
}

/** `on` has `link(n)`, `open(n)`, `sort({sort, order})`, `source(n)` for pictures; `hide` are the names of columns to leave out. */
export function table(rows, state, on, { hide, labelName }) {
  const columns = COLUMNS.filter(([name]) => !hide.has(name));
  const now = sorting(state);
  const heads = columns.map((column) => head(column, now, on.sort, labelName));
  return el("table", { class: "answers", role: "table" },
    el("caption", { class: "sr" }, "Answers; each row opens its answer in full"),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads)),
    el("tbody", { role: "rowgroup" }, ...rows.map((row) => line(row, columns, on, labelName))));
}

function head([name, words, sort, first], now, change, labelName) {
  const shown = name === "label" && labelName ? strange(labelName) : words;
  const attributes = { scope: "col", role: "columnheader", class: `c-${name}${NUMBERS.has(name) ? " number" : ""}` };
  if (!sort) return el("th", attributes, shown);
  const isNow = now.sort === sort, isUp = now.order === "asc";
  const next = isNow ? (isUp ? "desc" : "asc") : first;
  return el("th", { ...attributes, "aria-sort": isNow ? (isUp ? "ascending" : "descending") : null },
    el("button", { type: "button", class: "sort", "data-sort": sort, click: () => change({ sort, order: next }) },
      shown, el("span", { class: "arrow", "aria-hidden": "true" }, isNow ? (isUp ? "▲" : "▼") : "")));
}

function line(row, columns, on, labelName) {
  const open = (event) => {
    if (event.target.closest("a, button") || getSelection()?.type === "Range") return;
    on.open(row.n);
  };
  return el("tr", { role: "row", "data-n": row.n, click: open }, ...columns.map((column) => cell(row, column, on, labelName)));
}

function cell(row, [name, words, , , content], on, labelName) {
  const attributes = { class: `c-${name}${NUMBERS.has(name) ? " number" : ""}`, role: "cell", "data-name": name === "label" && labelName ? labelName : words };
  if (name === "row") {
    return el("th", { ...attributes, scope: "row", role: "rowheader" }, opener(row, on, row.row == null ? named(row) : el("span", {}, el("span", { class: "before" }, "Row "), count(row.row))));
  }
  if (name === "picture") return el("td", attributes, row.has_picture ? picture(on.source(row.n), row) : null);
  const isEmpty = row[name] == null || row[name] === "";
  return el("td", { ...attributes, "data-empty": isEmpty && !row.reason }, content(row));
}

/** The link to an answer in full: a plain click opens it here, any other does what a browser does with links. */
export function opener(row, on, ...content) {
  return el("a", { href: on.link(row.n), class: "opener", "data-n": row.n, dir: "auto", click: (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    on.open(row.n);
  } }, ...content);
}

function said(row) {
  if (!row.answer && !row.reason) return el("span", { class: "quiet" }, "empty");
  return el("div", {}, row.answer ? strange(row.answer, "div", { class: "cut" }) : null,
    row.reason ? strange(row.reason, "div", { class: "cut reason" }) : null);
}

/** Put the new in place of the old; what had the focus has it again. */
export function swap(place, made) {
  const had = place.contains(document.activeElement) ? document.activeElement : null;
  const { n, sort } = had?.dataset ?? {};
  fill(place, made);
  if (!had) return;
  const again = n ? `a[data-n="${CSS.escape(n)}"]` : sort ? `[data-sort="${CSS.escape(sort)}"]` : null;
  (again && place.querySelector(again))?.focus();
}
