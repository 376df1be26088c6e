// The page of the answers: what its address asks for, searched and shown.

import { ask } from "./asking.js";
import { go, link, read } from "./answers_address.js";
import { NAMES, filters } from "./answers_filters.js";
import { list } from "./answers_list.js";
import { loader } from "./answers_loader.js";
import { one } from "./answers_one.js";
import { sorting } from "./answers_table.js";
import { advice, failed, route } from "./answers_words.js";
import { el, fill } from "./dom.js";
import { begin } from "./shell.js";

const LIMIT = 50;
const OTHERS = ["sort", "order", "view", "answer", "id"];

begin((dataset, main) => {
  let state = {}, wanted = "", facets = null;
  const search = filters((values, isTyped) => change({ ...values, page: 1 }, !(isTyped && history.state?.isTyped), { isTyped }));
  const shown = list(dataset, LIMIT, {
    link: (n) => link({ ...state, answer: n }),
    open: (n) => change({ answer: String(n) }, true, { openedOn: state.page }),
    source: (n) => route(dataset.key, "answers", n, "picture"),
    sort: (chosen) => change({ ...chosen, page: 1 }),
    view: (view) => change({ view }),
    turn: (page) => (change({ page }), shown.top()),
    again: () => [look(), values.look({})],
  });
  const full = one(dataset.key, { has, step, closed, found: (n) => change({ id: "", answer: n }, false) });
  const answers = loader(route(dataset.key, "answers"), { begin: shown.begin, show, fail });
  const values = loader(route(dataset.key, "facets"), { begin() {}, show: offer, fail() {} }, 5000);
  let isHalfRead = false;
  let following = null; // where to go once the page of the list that was turned to is there

  function change(changes, isStep = true, note = null) {
    go({ ...state, ...changes }, isStep, note);
    moved();
  }
  function moved() {
    state = { dataset: dataset.key, ...read([...NAMES, ...OTHERS]) };
    search.tell(state);
    shown.tell(state);
    if (state.id && !state.answer) full.seek(state.id);
    else full.show(state.answer);
    if (JSON.stringify(question()) !== wanted) look();
  }
  function question() {
    const asked = Object.fromEntries(NAMES.map((name) => [name, state[name]]));
    return { ...asked, ...sorting(state), offset: (state.page - 1) * LIMIT, limit: LIMIT };
  }
  function look() {
    wanted = JSON.stringify(question());
    answers.look(question());
  }
  function fail(error) {
    following = null;
    shown.say(failed(error, look));
  }
  function show(found) {
    if (found.reading?.of === 0 && !dataset.answers_bytes) found.reading = null; // there is nothing to read
    const pages = Math.max(Math.ceil((found.total ?? 0) / LIMIT), 1);
    if (state.page > pages && !found.reading) return change({ page: pages }, false);
    if (!found.total && !found.reading) shown.say(NAMES.some((name) => state[name]) ? nothingFound() : nothingYet(), found);
    else shown.show(found, state, facets);
    if (isHalfRead && !found.reading) values.look({}); // what there is to filter by is known now
    isHalfRead = Boolean(found.reading);
    follow();
    full.tell();
  }
  function offer(found) {
    facets = found;
    search.offer(found);
    shown.tell(state, facets);
  }
  function nothingFound() {
    return advice("Nothing is found", ["No answer has all of that. Take a filter away, or search for fewer words."], ["Clear the filters", search.clear]);
  }
  function nothingYet() {
    return advice("There are no answers yet", [
      dataset.is_running ? "A run is at work on it: its answers stand here as they come." : ["Ask the questions: ", el("code", {}, "python dset_generator.py"), ". How it goes can be seen without a key and without cost: ", el("code", {}, "python dset_generator.py --rehearse"), "."],
    ], ["Look again", look]);
  }

  // From one answer to the next: along the list as it is filtered and sorted, else through the file.
  function place(n, by) {
    const at = shown.rows().findIndex((row) => String(row.n) === n);
    return { at, next: at < 0 ? null : shown.rows()[at + by] };
  }
  function has(n, found, by) {
    const { at, next } = place(n, by);
    if (at < 0) return found?.[by < 0 ? "older" : "newer"] != null;
    return Boolean(next) || (by < 0 ? state.page > 1 : state.page < shown.pages());
  }
  function step(n, found, by) {
    const { at, next } = place(n, by);
    if (at < 0) change({ answer: String(found[by < 0 ? "older" : "newer"]) }, false);
    else if (next) change({ answer: String(next.n) }, false);
    else {
      following = by;
      change({ page: state.page + by }, false);
    }
  }
  function follow() {
    const rows = shown.rows(), by = following;
    following = null;
    if (by && rows.length && state.answer) change({ answer: String(rows.at(by < 0 ? -1 : 0).n) }, false);
  }
  function closed(n) {
    if (state.answer || state.id) {
      if (history.state?.openedOn === state.page) history.back();
      else change({ answer: "", id: "" }, false);
    }
    shown.focus(n);
  }

  fill(main, el("h1", {}, "Answers"), search.form, shown.section, full.dialog);
  moved();
  values.look({});
  return Object.assign(() => [answers, values, search, full].forEach((one) => one.end()), { moved });
});
