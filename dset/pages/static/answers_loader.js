// One question after another: a later one ends an earlier one, and an answer of what is half read is asked for again.

import { ask } from "./asking.js";

const AGAIN = 1000; // milliseconds
const PATIENCE = 250; // after the last key

/** `on` has `begin()`, `show(found)` and `fail(error)`; each is only ever called for the newest question. */
export function loader(path, on, every = AGAIN) {
  let control, again;
  const end = () => {
    control?.abort();
    clearTimeout(again);
  };
  async function look(parameters, isAgain = false) {
    end();
    const { signal } = control = new AbortController();
    if (!isAgain) on.begin();
    try {
      const found = await ask(path, parameters, signal);
      if (signal.aborted) return;
      on.show(found ?? {});
      if (found?.reading && !signal.aborted) again = setTimeout(() => look(parameters, true), every);
    } catch (error) {
      if (!signal.aborted) on.fail(error);
    }
  }
  return { look: (parameters) => look(parameters), end };
}

/** `soon` calls `act(true)` once nothing was typed for a moment, `now` calls `act(false)` at once, `end` nothing any more. */
export function patient(act) {
  let timer = null;
  const end = () => {
    clearTimeout(timer);
    timer = null;
  };
  const run = (isTyped) => {
    end();
    act(isTyped);
  };
  return {
    soon() {
      end();
      timer = setTimeout(run, PATIENCE, true);
    },
    now: () => run(false),
    waits: () => timer !== null,
    end,
  };
}
