// The list of the answers, as a table or a gallery, with what is said about it and its pages.

import { gallery } from "./answers_gallery.js";
import { paging } from "./answers_paging.js";
import { SORTS, sorting, swap, table } from "./answers_table.js";
import { progress, showing } from "./answers_words.js";
import { el, fill } from "./dom.js";

/** `on` as the table takes it, and `view(name)`, `turn(page)`, `again()`. */
export function list(dataset, limit, on) {
  let state = {}, found = null, facets = null, drawn = "";
  const said = el("p", { role: "status", class: "count" }), reading = el("p", { class: "reading quiet", hidden: true });
  const far = el("progress", { "aria-label": "Read so far", hidden: true });
  const sorts = el("select", { change: () => {
    const [sort, order] = sorts.value.split(" ");
    on.sort({ sort, order });
  } }, ...SORTS.map(([sort, order, words]) => el("option", { value: `${sort} ${order}` }, words)));
  const views = ["Gallery", "Table"].map((words) => el("button", { type: "button", class: "small", "data-view": words.toLowerCase(), click: () => on.view(words.toLowerCase()) }, words));
  const toggle = el("span", { role: "group", "aria-label": "View", class: "toggle", hidden: true }, ...views);
  const results = el("div", { class: "results" }), pages = paging(on.turn);
  const sorted = el("label", { class: "sorts" }, "Sorted: ", sorts), again = el("button", { type: "button", class: "small", click: on.again }, "Look again");
  const section = el("section", { "aria-label": "Answers found", tabindex: -1, class: "list" }, el("div", { class: "bar" }, said, toggle, sorted, again),
    reading, far, results, pages.nav);

  const isGallery = () => (state.view || (dataset.kind === "captions" ? "gallery" : "table")) === "gallery";
  function tell(next, values = facets) {
    [state, facets] = [next, values];
    const { sort, order } = sorting(state);
    if (![...sorts.options].some((one) => one.value === `${sort} ${order}`)) sorts.append(el("option", { value: `${sort} ${order}` }, `${sort}, ${order === "asc" ? "upwards" : "downwards"}`));
    sorts.value = `${sort} ${order}`;
    for (const one of views) one.setAttribute("aria-pressed", String((one.dataset.view === "gallery") === isGallery()));
    if (found) draw();
  }
  function begin() {
    section.setAttribute("aria-busy", "true");
    if (!found) fill(results, el("p", { class: "message" }, "Looking …"));
  }
  function told(now) {
    section.setAttribute("aria-busy", "false");
    reading.textContent = progress(now?.reading);
    reading.hidden = far.hidden = !reading.textContent;
    if (now?.reading?.of > 0) [far.max, far.value] = [now.reading.of, Math.min(now.reading.bytes ?? 0, now.reading.of)];
  }
  function show(now, next, values) {
    told(now);
    found = now;
    sorted.hidden = again.hidden = false;
    said.textContent = showing(now.offset ?? 0, rows().length, now.total, now.total === 1 ? "answer" : "answers");
    pages.tell(next.page, count());
    tell(next, values ?? facets);
  }
  function say(message, now = null) {
    told(now);
    [found, drawn] = [null, ""];
    said.textContent = now ? "No answers" : "";
    toggle.hidden = sorted.hidden = again.hidden = true;
    pages.tell(1, 1);
    fill(results, message);
  }
  function draw() {
    toggle.hidden = dataset.kind !== "captions" && !state.view && !rows().some((row) => row.has_picture);
    if (!rows().length) { // so far: it is still read
      drawn = "";
      return void fill(results, el("p", { class: "message" }, "Looking …"));
    }
    const next = JSON.stringify([rows(), facets?.label_name, { ...state, answer: "" }]);
    if (next === drawn) return; // what stands there keeps the focus, and a selection
    drawn = next;
    swap(results, isGallery() ? gallery(rows(), on) : table(rows(), state, on, columns()));
  }
  function columns() {
    const isThere = (name) => rows().some((row) => row[name] != null && row[name] !== "");
    const known = { label: facets?.labels?.length, model: facets?.models?.length, cost_usd: facets?.cost_usd };
    const hide = new Set(Object.keys(known).filter((name) => !known[name] && !isThere(name) && state.sort !== name));
    if (!rows().some((row) => row.has_picture)) hide.add("picture");
    // The same word in every row tells nothing.
    if (facets?.models?.length === 1 && !facets.reading) hide.add("model");
    if (rows().every((row) => row.status === "answered") && !state.status && state.sort !== "status") hide.add("status");
    return { hide, labelName: facets?.label_name };
  }
  const rows = () => (Array.isArray(found?.rows) ? found.rows : []);
  const count = () => Math.max(Math.ceil((found?.total ?? 0) / limit), 1);
  const focus = (n) => (results.querySelector(`a[data-n="${CSS.escape(String(n))}"]`) ?? section).focus();
  return { section, tell, begin, show, say, rows, pages: count, focus, top: () => section.scrollIntoView({ block: "start" }) };
}
