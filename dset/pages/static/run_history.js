// How the run went over time: answers and failures per span of time, and how long an answer takes.

import { el } from "./dom.js";
import { span } from "./telling.js";
import { drawing } from "./charts_loading.js";
import { onChange, say, section } from "./run_parts.js";

const PAUSE = 4000; // milliseconds between two drawings

/** The section. The drawing is fetched once there is something to draw and somebody comes near it: it is most of the page's weight. */
export function history() {
  const charts = el("div", { class: "charts" }), note = el("p", { class: "quiet" });
  const made = section("history", "Over time", note, charts);
  let specs = [], timer = 0, drawn = -PAUSE, isNear = false;
  const paint = async () => {
    try {
      const draw = await drawing();
      draw(charts, specs);
      say(note, "");
    } catch {
      say(note, "The charts cannot be drawn: a file of theirs did not come. Load the page again; the figures above hold without them.");
    }
    drawn = performance.now();
    timer = 0;
  };
  const soon = () => {
    if (isNear && specs.length && !timer) timer = setTimeout(paint, Math.max(0, drawn + PAUSE - performance.now()));
  };
  const near = new IntersectionObserver((seen) => (isNear = seen.at(-1).isIntersecting, soon()), { rootMargin: "400px" });
  near.observe(made.node);
  const show = onChange((told) => {
    specs = specsOf(told);
    made.node.hidden = !specs.length;
    if (!charts.children.length && !note.textContent) say(note, "The charts are on their way.");
    soon();
  });
  return { node: made.node, update: (run) => show(run.history), end: () => (near.disconnect(), clearTimeout(timer)) };
}

/** Chart specs of a history; none where there is nothing in it. */
export function specsOf({ bucket_s: bucket, points }) {
  const known = points.filter((one) => Number.isFinite(one.at));
  if (!known.length) return [];
  const of = (name) => known.map((one) => (Number.isFinite(one[name]) ? one[name] : null));
  const x = { kind: "time", values: known.map((one) => one.at), unit: "" };
  const one = { 1: "second", 60: "minute", 3600: "hour", 86400: "day" }[bucket];
  const each = Number.isFinite(bucket) ? ` per ${one ?? span(bucket).replace(/[.,]0(?= )/, "")}` : "";
  const specs = [{
    id: "throughput", title: `Rows${each}`, kind: "columns", stacked: true, x, note: "", summary: heaviest(known),
    series: [series("answered", "rows", of("answered")), series("failed", "rows", of("failed"))],
  }];
  if (known.some((one) => Number.isFinite(one.p50) || Number.isFinite(one.p90))) specs.push({
    id: "latency", title: "How long an answer takes", kind: "lines", x, note: "", summary: slowest(known),
    series: [series("half are faster than", "s", of("p50")), series("nine in ten are faster than", "s", of("p90"))],
  });
  return specs;
}

function series(name, unit, values) {
  return { name, unit, values };
}

function heaviest(points) {
  const most = Math.max(...points.map((one) => one.answered ?? 0)), failed = points.reduce((sum, one) => sum + (one.failed ?? 0), 0);
  return `At most ${most.toLocaleString()} answered; ${failed.toLocaleString()} failed in all.`;
}

function slowest(points) {
  const last = points.findLast((one) => Number.isFinite(one.p50));
  return last ? `Of late half of the answers took less than ${span(last.p50)}${Number.isFinite(last.p90) ? `, nine in ten less than ${span(last.p90)}` : ""}.` : "";
}
