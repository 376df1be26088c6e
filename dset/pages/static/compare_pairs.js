// Pairs of answers side by side, with the words that differ marked.

import { differences } from "./compare_words.js";
import { el, strange } from "./dom.js";
import { count, span, usd } from "./telling.js";

/** The pairs; `names` are those of the two datasets, `link(side, n)` leads to an answer in full. */
export function pairs(rows, names, link) {
  return el("ol", { class: "pairs" }, ...rows.map((row) => pair(row, names, link)));
}

/** A text that is higher than its place is scrolled there, for which it must be reached by keyboard. */
export function reach(place) {
  for (const said of place.querySelectorAll(".said")) {
    if (said.scrollHeight > said.clientHeight) Object.entries({ tabindex: 0, role: "group", "aria-label": "An answer" }).forEach((one) => said.setAttribute(...one));
    else said.removeAttribute("tabindex");
  }
}

function pair(row, names, link) {
  const { left, right } = row;
  const found = left && right ? differences(left.answer ?? "", right.answer ?? "") : null;
  const isSame = found && (left.answer ?? "") === (right.answer ?? "");
  const title = row.row != null ? `Row ${count(row.row)}` : row.id ?? "A row";
  return el("li", { class: "card pair" },
    el("div", { class: "bar" }, strange(title, "h2", {}), verdict(left, right, isSame)),
    row.question == null ? null : strange(row.question, "p", { class: "question text" }),
    el("div", { class: "sides" },
      side(left, names.left, found?.left, "left", right, link),
      side(right, names.right, found?.right, "right", left, link)),
    found?.note ? el("p", { class: "quiet note" }, found.note) : null);
}

function verdict(left, right, isSame) {
  if (!left || !right) return el("span", { class: "status warn" }, left ? "only left" : "only right");
  return isSame ? el("span", { class: "status good" }, "same") : el("span", { class: "status blocked" }, "different");
}

function side(answer, name, pieces, where, other, link) {
  const head = el("h3", {}, el("span", { class: "quiet" }, where === "left" ? "Left: " : "Right: "), strange(name));
  if (!answer) return el("section", { class: `side ${where}` }, head, el("p", { class: "quiet" }, "No answer of this row here."));
  return el("section", { class: `side ${where}` }, head,
    answer.answer ? el("div", { dir: "auto", class: "text said" }, ...(pieces ?? [[answer.answer, false]]).map((piece) => marked(piece, where))) : el("p", { class: "quiet" }, "The answer is empty."),
    el("p", { class: "facts quiet" }, ...facts(answer, other), answer.n == null ? null : el("a", { href: link(where, answer.n) }, "In full")));
}

function marked([text, isOnly], where) {
  if (!isOnly) return text;
  return el(where === "left" ? "del" : "ins", {}, el("span", { class: "sr" }, `[only ${where}: `), text, el("span", { class: "sr" }, "]"));
}

/** What else is known of an answer; what the other one has otherwise is marked too. */
function facts(answer, other) {
  const known = [
    [answer.label, other?.label, (value) => value], [answer.model, other?.model, (value) => value],
    [answer.length, undefined, (value) => `${count(value)} characters`], [answer.cost_usd, undefined, usd], [answer.seconds, undefined, span],
  ].filter(([value]) => value != null && value !== "");
  return known.map(([value, another, words]) => {
    const isOther = another != null && another !== "" && another !== value;
    return el("span", { class: isOther ? "fact other" : "fact" }, strange(words(value)), isOther ? el("span", { class: "sr" }, " (differs)") : null);
  });
}
