// What each page begins with: where it is, which dataset it shows, and a word of what to do where there is none.

import { ask } from "./asking.js";
import { el, fill, message, strange } from "./dom.js";

const KINDS = { task: "task", captions: "captions", rehearsal: "rehearsal", second: "second pass" };

/**
 * Fill the header's list of datasets and call `show(dataset, main)` for the one that the address names, else the first.
 * `show` may return a function that ends what it began; it is called before another dataset is shown. Where that
 * function has a `moved`, a step back or forward within the dataset calls it in place of a new beginning.
 */
export async function begin(show) {
  const main = document.querySelector("main"), list = document.querySelector("#dataset");
  let datasets;
  try {
    ({ datasets } = await ask("/api/datasets"));
  } catch (error) {
    fill(main, heading(), message(error.message, " ", again()));
    return;
  }
  if (!datasets.length) {
    fill(main, heading(), nothing());
    list.closest("label").hidden = true;
    return;
  }
  fill(list, ...datasets.map(option));
  list.value = wanted(datasets)?.key ?? "";
  const links = [...document.querySelectorAll("nav a[data-page]")];
  let end, shown;
  const turn = () => {
    const dataset = datasets.find((one) => one.key === list.value);
    end?.();
    if (!dataset) {
      [end, shown] = [];
      fill(main, heading(), message("This dataset is not there any more: choose another one above. ", again()));
      return;
    }
    for (const link of links) link.search = `?dataset=${dataset.key}`;
    document.title = `${heading().textContent} · ${dataset.name} · dset`;
    [end, shown] = [show(dataset, main, datasets), dataset.key];
  };
  list.addEventListener("change", () => {
    history.pushState(null, "", `?dataset=${list.value}`);
    turn();
  });
  addEventListener("popstate", () => {
    list.value = wanted(datasets)?.key ?? "";
    if (list.value === shown && end?.moved) end.moved();
    else turn();
  });
  turn();
}

/** The one that the address names, which may be gone; where it names none the first, or the one that is at work. */
function wanted(datasets) {
  const key = new URLSearchParams(location.search).get("dataset");
  if (key) return datasets.find((one) => one.key === key);
  return datasets.find((one) => one.is_running) ?? datasets[0];
}

function option(dataset) {
  const kind = KINDS[dataset.kind], notes = [kind, dataset.is_running ? "running" : null].filter(Boolean);
  return strange(notes.length ? `${dataset.name} (${notes.join(", ")})` : dataset.name, "option", { value: dataset.key });
}

function heading() {
  return el("h1", {}, document.querySelector("nav a[aria-current]")?.textContent ?? "dset");
}

function nothing() {
  return el("div", { class: "card" },
    el("h2", {}, "There is no dataset here yet"),
    el("p", {}, "Write your questions into ", el("code", {}, "q.csv"), " and run ", el("code", {}, "python dset_generator.py"),
      ". To see first how it goes, without a key and without cost: ", el("code", {}, "python dset_generator.py --rehearse"), "."),
    el("p", {}, "Then load this page again. ", again()));
}

function again() {
  return el("button", { type: "button", click: () => location.reload() }, "Load again");
}
