// Following a run: the server tells what changes as long as the page is looked at.

import { ask } from "./asking.js";

const SILENT = 45_000; // milliseconds without a word, after which the server is asked whether it is still there
const SOON = 1_000, LATEST = 15_000; // between two tries

/**
 * Follow the run of a dataset. `tell.heard(document)` is called with each news, `tell.lost(line)` when the server
 * does not answer, `tell.resting()` when nothing is followed. Returns { pause, go, end }.
 */
export function follow(key, tell) {
  const base = `/api/datasets/${encodeURIComponent(key)}`;
  let source, timer, asking, wait = SOON, isPaused = false;

  const stop = () => {
    source?.close();
    asking?.abort();
    clearTimeout(timer);
  };
  const start = () => {
    stop();
    if (isPaused || document.hidden) return;
    source = new EventSource(`${base}/events`);
    source.addEventListener("run", heard);
    source.addEventListener("error", learn);
    timer = setTimeout(learn, SILENT);
  };
  const heard = (event) => {
    clearTimeout(timer);
    timer = setTimeout(learn, SILENT);
    wait = SOON;
    tell.heard(JSON.parse(event.data));
  };
  // The stream broke or is silent. It cannot say why; a question can.
  const learn = async () => {
    stop();
    const mine = asking = new AbortController();
    try {
      const told = await ask(`${base}/run`, {}, mine.signal);
      wait = SOON;
      tell.heard(told);
    } catch (error) {
      if (!mine.signal.aborted) tell.lost(error.message);
    }
    if (mine.signal.aborted) return;
    timer = setTimeout(start, wait);
    wait = Math.min(wait * 2, LATEST);
  };
  const seen = () => {
    if (document.hidden) stop(), tell.resting();
    else start();
  };
  document.addEventListener("visibilitychange", seen);
  start();
  return {
    pause: () => (isPaused = true, stop(), tell.resting()),
    go: () => (isPaused = false, start()),
    end: () => (stop(), document.removeEventListener("visibilitychange", seen)),
  };
}
