// What stands on a page while it waits for the server: never a wheel that turns without end, always a word of what is done.

import { fill } from "./dom.js";
import { bytes, lasting } from "./telling.js";

const SLOW = 3; // seconds until it is told what takes so long

/** Say in `element` that something is read, and for how long so far. Returns what ends it. */
export function waiting(element, what, why) {
  const began = performance.now();
  const say = () => {
    const seconds = (performance.now() - began) / 1000;
    fill(element, seconds < SLOW ? `${what} …` : `${what}, for ${lasting(seconds)} so far. ${why}`);
  };
  say();
  const timer = setInterval(say, 1000);
  return () => clearInterval(timer);
}

/** Why the first look at a dataset takes its time. */
export function slowness(dataset) {
  const size = dataset?.answers_bytes;
  const amount = Number.isFinite(size) ? `${bytes(size)} of answers are` : "All answers are";
  return `${amount} gone through once; from then on only what is new is read. If nothing comes within a minute, look at the window where the program serves.`;
}
