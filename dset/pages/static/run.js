// The run page: made once, then told what changes.

import { el, fill } from "./dom.js";
import { slowness, waiting } from "./patience.js";
import { about } from "./run_about.js";
import { endpoints } from "./run_endpoints.js";
import { failures } from "./run_failures.js";
import { amounts, progress } from "./run_figures.js";
import { history } from "./run_history.js";
import { latest } from "./run_latest.js";
import { whole } from "./run_shape.js";
import { status } from "./run_status.js";
import { follow } from "./run_stream.js";
import { waits } from "./run_waiting.js";
import { begin } from "./shell.js";

const main = document.querySelector("main");
const endFirst = reading(main, "Looking for the datasets", "If nothing comes, look at the window where the program serves.");
begin(show).finally(endFirst);

function reading(place, what, why) {
  const line = el("p", { class: "message" });
  fill(place, el("h1", {}, "Run"), line);
  return waiting(line, what, why);
}

function show(dataset, place) {
  endFirst();
  const endReading = reading(place, "Reading the run", slowness(dataset));
  const head = status(dataset, (isPaused) => (isPaused ? stream.pause() : stream.go()));
  const across = [progress(), amounts(), waits()], beside = [failures(dataset), latest(dataset), history(), endpoints(), about()];
  const sections = [...across, ...beside];
  const live = (isLive) => sections.forEach((one) => one.live?.(isLive));
  let isShown = false;
  const put = () => {
    if (isShown) return;
    endReading();
    fill(place, head.node, ...across.map((one) => one.node), el("div", { class: "sections" }, ...beside.map((one) => one.node)));
    isShown = true;
  };
  const stream = follow(dataset.key, {
    heard: (told) => {
      const run = whole(told);
      put();
      head.update(run);
      sections.forEach((one) => one.update(run));
    },
    lost: (why) => {
      if (isShown) head.lost(why), live(false);
      else fill(place.querySelector(".message"), why);
    },
    resting: () => (head.rest(), live(false)),
  });
  return () => {
    stream.end();
    endReading();
    sections.forEach((one) => one.end?.());
  };
}
