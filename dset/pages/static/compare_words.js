// Which words of two texts differ. Words are found by the browser (UAX #29), so that languages without spaces have them too.

const MOST = 1_000_000; // cells of the table that finds what is common: a thousand words on either side
const FEW = 0.2; // of the words; where less is common, every mark would only be noise

/** {left, right, note}: each side as pieces [text, isOnlyHere]; `note` says so where the words were not compared. */
export function differences(left, right) {
  if (left === right) return { left: [[left, false]], right: [[right, false]], note: "" };
  const [a, b] = [words(left), words(right)];
  const head = alike(a, b, (at) => at, (at) => at);
  const tail = alike(a.slice(head), b.slice(head), (at, all) => all.length - 1 - at, (at, all) => all.length - 1 - at);
  const [mine, theirs] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const isLarge = (mine.length + 1) * (theirs.length + 1) > MOST;
  const common = isLarge ? [] : longest(mine, theirs);
  const known = weight(a.slice(0, head)) + weight(a.slice(a.length - tail)) + weight(common.map(([at]) => mine[at]));
  if (known < FEW * Math.max(weight(a), weight(b))) {
    return { left: [[left, false]], right: [[right, false]], note: "They have hardly a word in common." };
  }
  const side = (all, part, kept) => pieces([
    [all.slice(0, head).join(""), false], ...part.map((word, at) => [word, !kept.has(at)]), [all.slice(all.length - tail).join(""), false],
  ]);
  return {
    left: side(a, mine, new Set(common.map(([at]) => at))),
    right: side(b, theirs, new Set(common.map(([, at]) => at))),
    note: isLarge ? "They are long: what is between their first and their last difference is marked as a whole." : "",
  };
}

function words(text) {
  if (!Intl.Segmenter) return text.split(/(\s+|\b)/u).filter(Boolean);
  return Array.from(new Intl.Segmenter(undefined, { granularity: "word" }).segment(text), (one) => one.segment);
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
