// The parts of one answer in full.

import { copier } from "./answers_copy.js";
import { formatted } from "./answers_formatted.js";
import { whole } from "./answers_picture.js";
import { status } from "./answers_table.js";
import { el, fill, strange } from "./dom.js";
import { moment, span, usd } from "./telling.js";

/** All parts of `found`, as the API has it, that hold something. `view` keeps `{isFormatted}` from answer to answer. */
export function parts(found, source, view) {
  const about = found.metadata ?? {};
  return [
    summary(found, about),
    found.reason ? el("section", { class: "part rejected" }, el("h3", {}, "Why it was rejected"), strange(found.reason, "p", { class: "text" })) : null,
    textual("Question", found.question),
    found.has_picture ? el("figure", {}, whole(source, found), el("figcaption", {}, answer(found, view, "Caption"))) : answer(found, view, "Answer"),
    isEmpty(found.thoughts) ? null : folded("Thoughts", strange(worded(found.thoughts), "div", { class: "text long" })),
    json("Data", found.data),
    prompt(found),
    pairs("Columns of the row", found.columns),
    pairs("Metadata", found.metadata),
    el("p", { class: "actions" }, copier("Copy everything as JSON", () => pretty(found), () => document.querySelector("dialog[open] .body"))),
  ].filter(Boolean);
}

function summary(found, about) {
  const said = [about.model, Number.isFinite(about.cost_usd) ? usd(about.cost_usd) : null,
    Number.isFinite(about.seconds) ? span(about.seconds) : null, about.timestamp ? moment(about.timestamp) : null];
  return el("p", { class: "summary" }, status(found.status), ...said.filter((one) => one != null && one !== "").map((one) => strange(worded(one), "span", { class: "quiet" })));
}

function textual(title, text) {
  return isEmpty(text) ? null : el("section", { class: "part" }, el("h3", {}, title), strange(worded(text), "div", { class: "text" }));
}

function answer(found, view, title) {
  if (isEmpty(found.answer) && isEmpty(found.answer_html)) return el("section", { class: "part" }, el("h3", {}, title), el("p", { class: "quiet" }, "No answer came."));
  const place = el("div", { class: "said" });
  const button = (words, isFormatted) => el("button", { type: "button", class: "small", click: () => {
    view.isFormatted = isFormatted;
    tell();
  } }, words);
  const plain = button("As text", false), laid = button("Formatted", true);
  const tell = () => {
    const isFormatted = Boolean(view.isFormatted && found.answer_html);
    plain.setAttribute("aria-pressed", String(!isFormatted));
    laid.setAttribute("aria-pressed", String(isFormatted));
    fill(place, isFormatted ? formatted(found.answer_html) : strange(worded(found.answer), "div", { class: "text" }));
  };
  tell();
  const both = found.answer_html ? el("span", { role: "group", "aria-label": "How it is shown", class: "toggle" }, plain, laid) : null;
  return el("section", { class: "part" },
    el("div", { class: "bar" }, el("h3", {}, title), both, copier("Copy", () => worded(found.answer), () => place)), place);
}

function json(title, value) {
  if (isEmpty(value)) return null;
  const shown = el("pre", { dir: "auto", class: "long" }, pretty(value));
  return el("section", { class: "part" }, el("div", { class: "bar" }, el("h3", {}, title), copier("Copy JSON", () => pretty(value), () => shown)), shown);
}

function prompt(found) {
  const turns = Array.isArray(found.sent) ? found.sent : [];
  if (!turns.length && !found.sent_note) return null;
  return folded("The prompt that was sent",
    found.sent_note ? strange(found.sent_note, "p", { class: "quiet" }) : null,
    ...turns.map((turn) => el("div", { class: "turn" }, strange(turn?.role ?? "", "h4", {}), strange(spoken(turn?.content), "div", { class: "text long" }))));
}

/** What was sent in a turn: a text, or parts of which some are texts. */
function spoken(content) {
  if (!Array.isArray(content)) return worded(content);
  return content.map((part) => (typeof part?.text === "string" ? part.text : worded(part))).join("\n");
}

function pairs(title, values) {
  if (isEmpty(values) || typeof values !== "object") return null;
  const lines = Object.entries(values).map(([name, value]) => el("tr", {},
    strange(name, "th", { scope: "row" }), el("td", {}, strange(worded(value), "div", { class: "text" }))));
  return folded(title, el("table", { class: "pairs" }, el("caption", { class: "sr" }, title), el("tbody", {}, ...lines)));
}

function folded(title, ...content) {
  return el("details", { class: "part" }, el("summary", {}, el("h3", {}, title)), ...content);
}

function isEmpty(value) {
  return value == null || value === "" || (typeof value === "object" && !Object.keys(value).length);
}

function worded(value) {
  if (value == null) return "";
  return typeof value === "object" ? pretty(value) : String(value);
}

function pretty(value) {
  return JSON.stringify(value, null, 2);
}
