// The charts page: asks until the charts are counted, says how far that is, and draws them.

import { ask } from "./asking.js";
import { drawing } from "./charts_loading.js";
import { el, fill, strange } from "./dom.js";
import { bytes, clock, lasting } from "./telling.js";
import { begin } from "./shell.js";

const AGAIN = 1000; // milliseconds between two questions while they are counted
const FRESH = 30_000; // milliseconds between two looks whether the dataset has changed
const LONG = 300; // seconds of counting, after which it is told what goes on

const main = document.querySelector("main");
fill(main, el("h1", {}, "Charts"), el("p", { class: "message" }, "Looking for the datasets …"));
begin(show);

function show(dataset, place) {
  const page = layout(dataset, () => count({ again: 1 }));
  const ended = new AbortController();
  let timer;
  fill(place, ...page.nodes);

  const later = (what, wait) => {
    clearTimeout(timer);
    timer = setTimeout(what, wait);
  };
  const count = async (wish = {}) => {
    const began = performance.now();
    page.busy("Reading the charts …");
    for (let parameters = wish; !ended.signal.aborted; parameters = {}) {
      try {
        const told = await ask(`/api/datasets/${encodeURIComponent(dataset.key)}/charts`, parameters, ended.signal);
        if (told.state !== "counting") return shown(told);
        page.busy(counting(dataset, (performance.now() - began) / 1000, told.message));
      } catch (error) {
        if (!ended.signal.aborted) page.stopped(error.message, true);
        return;
      }
      await pause(AGAIN, ended.signal);
    }
  };
  const shown = async (told) => {
    const charts = Array.isArray(told.charts) ? told.charts.filter((one) => one?.id != null) : [];
    if (told.state === "failed") return page.stopped(told.message || "The charts could not be counted.", true);
    if (!charts.length) return page.stopped(told.message || NOTHING, false);
    try {
      page.draw(await drawing("./bars.js"), charts, told);
    } catch {
      return page.stopped("The charts cannot be drawn: a file of theirs did not come. Load the page again.", true);
    }
    later(() => look(told.as_of), FRESH);
  };
  const look = async (asOf) => {
    try {
      const { datasets } = document.hidden ? {} : await ask("/api/datasets", {}, ended.signal);
      const now = datasets?.find((one) => one.key === dataset.key);
      if (now && Date.parse(now.changed) > Date.parse(asOf)) return page.changed(now.changed);
    } catch {
      if (ended.signal.aborted) return; // else the server is away: it is asked again later
    }
    if (!ended.signal.aborted) later(() => look(asOf), FRESH);
  };
  count();
  return () => {
    ended.abort();
    clearTimeout(timer);
  };
}

const NOTHING = "There is nothing to chart yet: charts show answers, and this dataset has none. A run brings them (python dset_generator.py), a rehearsal without cost (python dset_generator.py --rehearse).";

function pause(wait, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, wait);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

function counting(dataset, seconds, message) {
  const said = `Counting the answers, for ${lasting(seconds)} so far. ${message ?? ""}`.trim();
  if (seconds < 10) return said;
  const size = Number.isFinite(dataset.answers_bytes) ? `The dataset has ${bytes(dataset.answers_bytes)}; a` : "A";
  if (seconds < LONG) return `${said} ${size}ll of it is read once, and this page shows the charts as soon as that is done.`;
  return `${said} This takes long. The server still answers and goes on counting. A disk in a network is slow, and so is a machine that does much else; you may leave this page and come back. To give up, end the server with Ctrl-C: nothing is lost.`;
}

/** The page's parts, and what can be said in them. */
function layout(dataset, again) {
  const line = el("p"), spoken = el("p", { class: "sr", role: "status" }), contents = el("nav", { "aria-label": "On this page", hidden: true });
  const title = el("h2", { class: "sr", hidden: true }, "All charts"), charts = el("div", {});
  const button = el("button", { type: "button", hidden: true, click: again }, "Count again");
  const say = (text, label, told = text) => {
    line.textContent = text;
    line.className = contents.hidden ? "message" : "quiet";
    if (spoken.textContent !== told) spoken.textContent = told; // what changes each second is not read out each second
    button.hidden = !label;
    button.textContent = label ?? "";
  };
  return {
    nodes: [el("h1", {}, "Charts of ", strange(dataset.name, "bdi")), el("div", { class: "news" }, line, button, spoken), contents, title, charts],
    busy: (text) => say(text, null, "The answers are counted."),
    stopped: (text, isWorthAnother) => say(text, isWorthAnother ? "Try again" : "Look again"),
    changed: (iso) => say(`The dataset has changed since, at ${clock(iso)}.`, "Count again"),
    draw: (draw, specs, told) => {
      draw(charts, specs);
      const isOpen = contents.firstChild?.open ?? matchMedia("(min-width: 48rem)").matches; // on a phone the charts come first
      fill(contents, el("details", { open: isOpen }, el("summary", {}, `On this page: ${specs.length} charts`), el("ul", {}, ...specs.map(entry))));
      contents.hidden = title.hidden = false;
      say(told.as_of ? `As of ${clock(told.as_of)}.` : "", null, "The charts are ready.");
    },
  };
}

function entry(spec) {
  return el("li", {}, strange(spec.title ?? spec.id, "a", { href: `#chart-${spec.id}` }));
}
