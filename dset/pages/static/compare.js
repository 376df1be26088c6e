// The page that puts two datasets side by side, paired by the ids of their rows.

import { go, link, read } from "./answers_address.js";
import { loader } from "./answers_loader.js";
import { paging } from "./answers_paging.js";
import { advice, failed, progress, showing } from "./answers_words.js";
import { choice } from "./compare_choice.js";
import { pairs, reach } from "./compare_pairs.js";
import { el, fill } from "./dom.js";
import { begin } from "./shell.js";

const LIMIT = 25;
const NAMES = ["right", "q", "only"];

begin((dataset, main, datasets) => {
  const others = datasets.filter((one) => one.key !== dataset.key);
  if (!others.length) {
    fill(main, el("h1", {}, "Compare"), lonely());
    return () => {};
  }
  let state = {}, wanted = "", drawn = "";
  const chosen = choice(dataset, others, (values, isTyped) => change({ ...values, page: 1 }, !(isTyped && history.state?.isTyped), { isTyped }),
    (now) => link({ dataset: now.right, right: dataset.key, q: now.q, only: { left: "right", right: "left" }[now.only] ?? now.only }));
  const said = el("p", { role: "status", class: "count" }), reading = el("p", { class: "reading quiet", hidden: true });
  const results = el("div", { class: "results" });
  const pages = paging((page) => {
    change({ page });
    section.scrollIntoView({ block: "start" });
  });
  const section = el("section", { "aria-label": "Pairs found", class: "list" }, el("div", { class: "bar" }, said), reading, results, pages.nav);
  const asked = loader("/api/compare", { begin: busy, show, fail: (error) => say(failed(error, look)) });

  function change(changes, isStep = true, note = null) {
    go({ ...state, ...changes }, isStep, note);
    moved();
  }
  function moved() {
    state = { dataset: dataset.key, ...read(NAMES) };
    if (!others.some((one) => one.key === state.right)) state.right = likely(dataset, others).key;
    chosen.tell(state);
    if (JSON.stringify(state) !== wanted) look();
  }
  function look() {
    wanted = JSON.stringify(state);
    asked.look({ left: dataset.key, right: state.right, q: state.q, only: state.only, offset: (state.page - 1) * LIMIT, limit: LIMIT });
  }
  function busy() {
    section.setAttribute("aria-busy", "true");
    if (!results.childElementCount) fill(results, el("p", { class: "message" }, "Looking …"));
  }
  function told(found) {
    section.setAttribute("aria-busy", "false");
    reading.textContent = progress(found?.reading);
    reading.hidden = !reading.textContent;
  }
  function say(message) {
    told(null);
    said.textContent = "";
    pages.tell(1, 1);
    drawn = "";
    fill(results, message);
  }
  function show(found) {
    const rows = Array.isArray(found.rows) ? found.rows : [], last = Math.max(Math.ceil((found.total ?? 0) / LIMIT), 1);
    if (state.page > last && !found.reading) return change({ page: last }, false);
    chosen.figures(found.counts);
    if (!rows.length && !found.reading) {
      say(state.q || state.only ? advice("No pair is like that", ["Choose other pairs, or search for fewer words."], ["Show all", chosen.clear]) : advice("There is nothing to compare yet", ["Neither of the two has answers. Choose another dataset, or look again once there are some."], ["Look again", look]));
      return;
    }
    told(found);
    said.textContent = showing(found.offset ?? 0, rows.length, found.total, found.total === 1 ? "row" : "rows");
    pages.tell(state.page, last);
    const names = { left: dataset.name, right: others.find((one) => one.key === state.right)?.name };
    const key = { left: dataset.key, right: state.right };
    if (!rows.length) return void fill(results, el("p", { class: "message" }, "Looking …")); // so far: it is still read
    const next = JSON.stringify([rows, names]);
    if (next === drawn) return;
    drawn = next;
    fill(results, pairs(rows, names, (side, n) => `/answers${link({ dataset: key[side], answer: n })}`));
    reach(results);
  }

  fill(main, el("h1", {}, "Compare"), chosen.form, section);
  moved();
  const resized = () => reach(results);
  addEventListener("resize", resized);
  return Object.assign(() => (removeEventListener("resize", resized), [asked, chosen].forEach((one) => one.end())), { moved });
});

/** The one that somebody would most likely look at next to it: of the same kind, with answers. */
function likely(dataset, others) {
  return others.find((one) => one.kind === dataset.kind && one.answers_bytes) ?? others.find((one) => one.answers_bytes) ?? others[0];
}

function lonely() {
  return advice("There is only one dataset", [
    "Two are needed to compare: the same questions asked of two models, say, or a first and a second pass.",
    ["Serve both folders: ", el("code", {}, "python dset_generator.py serve first second")],
  ], ["Look again", () => location.reload()]);
}
