/** Names longer than this are compared by equality only: no file has a sensible name of that length. */
const maxCompared = 120;
/** At most this many candidates are looked at, so that a model with a million layers costs no more than one with this many. */
const maxCandidates = 20_000;

/**
 * The candidates that were probably meant by `typed`, best first, at most `limit`. Equal but for case comes first, then names that
 * differ by few edits (a third of the length, at most 4), then names that contain the typed text as a whole part.
 * Time is O(candidates · length).
 */
export function closest(typed: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = typed.toLowerCase();
  if (wanted.length === 0 || wanted.length > maxCompared) return [];
  const allowed = Math.min(4, Math.max(1, Math.floor(wanted.length / 3)));
  const found: { readonly name: string; readonly score: number }[] = [];
  let looked = 0;
  for (const name of candidates) {
    if (++looked > maxCandidates) break;
    if (name === typed || name.length > maxCompared) continue;
    const score = distanceScore(wanted, name.toLowerCase(), allowed);
    if (score !== undefined) found.push({ name, score });
  }
  // The sort is stable: equal scores keep the order of the candidates (graph order for layers).
  return found
    .sort((a, b) => a.score - b.score)
    .slice(0, limit)
    .map((f) => f.name);
}

/** Lower is nearer; undefined when the two are too far apart. */
function distanceScore(wanted: string, name: string, allowed: number): number | undefined {
  const distance = editDistance(wanted, name, allowed);
  if (distance !== undefined) return distance;
  if (wanted.length >= 2 && name.includes(wanted)) return allowed + 1 + (name.length - wanted.length) / 1000;
  return undefined;
}

/**
 * Edits (insert, delete, replace, swap of neighbours) from `a` to `b`, or undefined when there are more than `limit`.
 * Only a band of 2·limit+1 cells per row is computed: O(length · limit).
 */
export function editDistance(a: string, b: string, limit: number): number | undefined {
  if (Math.abs(a.length - b.length) > limit) return undefined;
  const far = limit + 1;
  const width = b.length + 1;
  let before: number[] = [];
  let previous = Array.from({ length: width }, (_, j) => Math.min(j, far));
  for (let i = 1; i <= a.length; i++) {
    const row = new Array<number>(width).fill(far);
    if (i <= limit) row[0] = i;
    let best = row[0] ?? far;
    const from = Math.max(1, i - limit);
    const to = Math.min(b.length, i + limit);
    for (let j = from; j <= to; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((previous[j - 1] ?? far) + (same ? 0 : 1), (previous[j] ?? far) + 1, (row[j - 1] ?? far) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? far) + 1);
      row[j] = Math.min(cost, far);
      best = Math.min(best, cost);
    }
    if (best > limit) return undefined;
    before = previous;
    previous = row;
  }
  const result = previous[b.length] ?? far;
  return result <= limit ? result : undefined;
}
