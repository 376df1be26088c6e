// What the answers are searched and filtered by.

import { el, fill, strange } from "./dom.js";
import { patient } from "./answers_loader.js";
import { count, usd } from "./telling.js";

const CHOICES = { label: ["Label", "labels"], model: ["Model", "models"], status: ["Status", "statuses"] };
const RANGES = { length: ["Length in characters", 1], cost: ["Cost in USD", "any"] };
const MOST = 500; // values of a list; a longer one is no help
const LONGEST = 60; // characters of a value in it
export const NAMES = ["q", "label", "model", "status", "length_from", "length_to", "cost_from", "cost_to"];

/** A form; `change(values, isTyped)` is called with what is wanted from now on. `tell(state)`, `offer(facets)`, `end()`. */
export function filters(change) {
  const given = () => Object.fromEntries(NAMES.map((name) => [name, fields[name].value.trim()]));
  const typing = patient((isTyped) => change(given(), isTyped));
  const typed = { input: (event) => event.isComposing || typing.soon(), compositionend: () => typing.soon() };
  const q = el("input", { type: "search", name: "q", autocomplete: "off", spellcheck: "false", dir: "auto", enterkeyhint: "search", placeholder: "Words in questions, answers, thoughts", ...typed });
  const fields = { q }, boxes = {};
  for (const [name, [words]] of Object.entries(CHOICES)) {
    fields[name] = el("select", { name, change: () => typing.now() });
    boxes[name] = el("label", { class: "choice", hidden: true }, el("span", { dir: "auto" }, words), fields[name]);
  }
  const ranges = Object.entries(RANGES).map(([name, [words, step]]) => {
    const end = (side) => fields[`${name}_${side}`] = el("input", { type: "number", name: `${name}_${side}`, min: 0, step, inputmode: "decimal", ...typed });
    boxes[name] = el("span", { class: "quiet", hidden: true });
    return el("fieldset", {}, el("legend", {}, words), el("label", {}, "from ", end("from")), el("label", {}, "to ", end("to")), boxes[name]);
  });
  const more = el("details", {}, el("summary", {}, "More filters"), el("div", { class: "ranges" }, ...ranges));
  const clear = el("button", { type: "button", hidden: true, click: () => emptied() }, "Clear the filters");
  const form = el("form", { role: "search", "aria-label": "Answers", class: "filters card", submit: (event) => {
    event.preventDefault();
    typing.now();
  } }, el("label", { class: "choice sought" }, el("span", {}, "Search"), q), ...Object.keys(CHOICES).map((name) => boxes[name]), clear, more);

  function emptied() {
    for (const field of Object.values(fields)) field.value = "";
    typing.now();
    q.focus();
  }
  function tell(state) {
    for (const name of NAMES) {
      // Where somebody is writing, the cursor stays, and so does what is not yet asked for.
      if (fields[name] === document.activeElement && (typing.waits() || fields[name].value.trim() === state[name])) continue;
      if (name in CHOICES) keep(fields[name], state[name]);
      fields[name].value = state[name];
      if (name in CHOICES) boxes[name].hidden = fields[name].options.length < 3 && !state[name];
    }
    clear.hidden = !NAMES.some((name) => state[name]);
    if (NAMES.slice(4).some((name) => state[name])) more.open = true;
  }
  function offer(facets) {
    for (const [name, [words, from]] of Object.entries(CHOICES)) {
      const chosen = fields[name].value;
      fill(fields[name], ...choices(facets?.[from]));
      keep(fields[name], chosen);
      fields[name].value = chosen;
      boxes[name].hidden = fields[name].options.length < 3 && !chosen;
      if (name === "label") boxes[name].firstChild.textContent = facets?.label_name || words;
    }
    bounds(boxes.length, facets?.length, count);
    bounds(boxes.cost, facets?.cost_usd, usd);
  }
  return { form, tell, offer, clear: emptied, end: typing.end, focus: () => q.focus() };
}

function choices(values) {
  const known = (Array.isArray(values) ? values : []).filter((one) => Array.isArray(one) && one[0] !== "" && one[0] != null);
  const made = known.slice(0, MOST).map(([value, times]) => option(String(value), `${cut(String(value))} (${count(times)})`));
  if (known.length > MOST) made.push(el("option", { disabled: true, value: "" }, `and ${count(known.length - MOST)} more: search for them`));
  return [el("option", { value: "" }, "all"), ...made];
}

/** The value of the address is there to be chosen, whatever the facets say. */
function keep(select, value) {
  if (value && ![...select.options].some((one) => one.value === value)) select.append(option(value, cut(value)));
}

function option(value, words) {
  return strange(words, "option", { value });
}

function cut(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function bounds(element, range, words) {
  const isKnown = Number.isFinite(range?.least) && Number.isFinite(range?.most);
  element.hidden = !isKnown;
  element.textContent = isKnown ? `They have ${words(range.least)} to ${words(range.most)}.` : "";
}
