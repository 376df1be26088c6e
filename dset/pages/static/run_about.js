// What this run asks, and the last lines of its log: for who wants to know more.

import { el, fill, strange } from "./dom.js";
import { moment } from "./telling.js";
import { onChange, say, section } from "./run_parts.js";

/** The section, with two parts that open. */
export function about() {
  const settings = el("dl", { class: "settings" }), lines = el("pre", { dir: "auto" });
  const scroll = el("div", { class: "lines", tabindex: 0, role: "group", "aria-label": "The last lines of run.log" }, lines);
  const noLog = el("p", { class: "quiet" }, "run.log has no line yet.");
  const made = section("about", "More about this run",
    el("details", {}, el("summary", {}, "What it asks, and whom"), settings),
    el("details", { toggle: () => toEnd(scroll) }, el("summary", {}, "The last lines of run.log"), scroll, noLog));
  const showRun = onChange((run) => fill(settings, ...(run ? facts(run) : [el("dd", { class: "quiet" }, "No run is known here yet.")])));
  const showLog = onChange((log) => {
    const isAtEnd = scroll.scrollTop + scroll.clientHeight >= scroll.scrollHeight - 8;
    say(lines, log.join("\n"));
    scroll.hidden = !log.length;
    noLog.hidden = !scroll.hidden;
    if (isAtEnd) toEnd(scroll);
  });
  return { node: made.node, update: (run) => (showRun(run.run), showLog(run.log), made.node.hidden = run.state === "new") };
}

function toEnd(element) {
  element.scrollTop = element.scrollHeight;
}

function facts(run) {
  const rows = [
    ["Model", run.model], ["Began", moment(run.started)], ["Ended", run.ended ? moment(run.ended) : "not yet, or without a word"],
    ["Rehearsal", run.is_rehearsal ? "yes: offline and without cost" : ""], ["System", run.system], ["Prompt", run.prompt], ["Run", run.id],
  ];
  return rows.filter(([, text]) => text != null && text !== "")
    .map(([word, text]) => el("div", {}, el("dt", {}, word), strange(text, "dd", { class: "text" })));
}
