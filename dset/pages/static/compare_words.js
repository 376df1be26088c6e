// Which words of two texts differ. Words are found by the browser (UAX #29), so that languages without spaces have them too.

const MOST = 4_000_000; // cells of the table that finds what is common: a thousand words on either side, and what is between them
const LONGEST = 20_000; // characters of a text; 25 pairs of such texts take a few seconds
const LONG = "They are too long to be compared word by word.";
const RUN = 1000; // characters; the time that a browser takes for a text grows with its square
const FEW = 0.2; // of the words; where less is common, every mark would only be noise

/** {left, right, note}: each side as pieces [text, isOnlyHere]; `note` says so where the words were not compared. */
export function differences(left, right) {
  if (left === right) return { left: [[left, false]], right: [[right, false]], note: "" };
  if (Math.max(left.length, right.length) > LONGEST) return { left: [[left, false]], right: [[right, false]], note: LONG };
  const [a, b] = [words(left), words(right)];
  const head = alike(a, b, (at) => at, (at) => at);
  const tail = alike(a.slice(head), b.slice(head), (at, all) => all.length - 1 - at, (at, all) => all.length - 1 - at);
  const [mine, theirs] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const isLarge = (mine.length + 1) * (theirs.length + 1) > MOST;
  const common = isLarge ? [] : longest(mine, theirs);
  const known = weight(a.slice(0, head)) + weight(a.slice(a.length - tail)) + weight(common.map(([at]) => mine[at]));
  if (known < FEW * Math.max(weight(a), weight(b))) {
    return { left: [[left, false]], right: [[right, false]], note: isLarge ? LONG : "They have hardly a word in common." };
  }
  const side = (all, part, kept) => pieces([
    [all.slice(0, head).join(""), false], ...part.map((word, at) => [word, !kept.has(at)]), [all.slice(all.length - tail).join(""), false],
  ]);
  return {
    left: side(a, mine, new Set(common.map(([at]) => at))),
    right: side(b, theirs, new Set(common.map(([, at]) => at))),
    note: isLarge ? `${LONG} All between the first and the last difference is marked.` : "",
  };
}

function words(text) {
  const runs = text.split(/(\s+)/u).filter(Boolean).flatMap(short);
  if (!Intl.Segmenter) return runs;
  const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  return runs.flatMap((run) => (run.length > 1 ? Array.from(segmenter.segment(run), (one) => one.segment) : [run]));
}

function short(run) {
  if (run.length <= RUN) return [run];
  return Array.from({ length: Math.ceil(run.length / RUN) }, (_, at) => run.slice(at * RUN, (at + 1) * RUN));
}

/** How many words are alike from one end on. */
function alike(a, b, ofA, ofB) {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[ofA(at, a)] === b[ofB(at, b)]) at += 1;
  return at;
}

/** The longest common subsequence, as pairs of places. */
function longest(a, b) {
  const wide = b.length + 1, best = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const here = i * wide + j;
      best[here] = a[i] === b[j] ? best[here + wide + 1] + 1 : Math.max(best[here + wide], best[here + 1]);
    }
  }
  const found = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const here = i * wide + j;
    if (a[i] === b[j]) found.push([i++, j++]);
    else if (best[here + wide] >= best[here + 1]) i += 1;
    else j += 1;
  }
  return found;
}

/** Letters and figures count; the spaces between words tell nothing of likeness. */
function weight(all) {
  return all.filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** Neighbours of one kind become one piece, and a space between two marks goes with them. */
function pieces(all) {
  const made = [];
  for (const [at, [text, isOnly]] of all.entries()) {
    const isBetween = !isOnly && !text.trim() && made.at(-1)?.[1] && all[at + 1]?.[1];
    if (text && made.length && (made.at(-1)[1] === isOnly || isBetween)) made.at(-1)[0] += text;
    else if (text) made.push([text, isOnly]);
  }
  return made;
}
