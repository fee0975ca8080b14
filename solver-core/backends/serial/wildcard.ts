/**
 * True when the whole of `text` fits `pattern`: `*` stands for any characters of one name, `?` for one, neither for "/"; every other
 * character for itself. Patterns come from plans, so this takes at most text × pattern steps: only the last star is ever tried again.
 */
export function fitsPattern(text: string, pattern: string): boolean {
  let t = 0;
  let p = 0;
  /** Behind the last star, and where in the text it ends for now. */
  let behindStar = -1;
  let starEnd = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      behindStar = ++p;
      starEnd = t;
    } else if (pattern[p] === text[t] || (pattern[p] === '?' && text[t] !== '/')) {
      p++;
      t++;
    } else {
      // A "/" is taken by a "/" of the pattern only, so that stars before it need not be looked at again.
      if (behindStar < 0 || text[starEnd] === '/') return false;
      t = ++starEnd;
      p = behindStar;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
