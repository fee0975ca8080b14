/** Longest text compared; ids are far shorter, and the work is quadratic. */
const maxLength = 64;

/** The candidates closest to `word` by edit distance (at most 2, or a third of its length), best first; at most 3. */
export function nearest(word: string, candidates: Iterable<string>): readonly string[] {
  if (word.length > maxLength) return [];
  const limit = Math.max(2, Math.floor(word.length / 3));
  return [...candidates]
    .filter((candidate) => candidate.length <= maxLength)
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein distance, O(|a|·|b|) time, two rows of memory. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
