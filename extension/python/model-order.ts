/** A file that a step of Tierwise wrote from a model: it has the same layers, so the model itself comes first. */
const derived = /\.(?:fitted|learned|selected|sparse|compound|lower|upper)\.onnx$/i;

/**
 * Models to match with a Python file, most likely first: those of its folder, then those that plans name, then the nearest of the
 * workspace; within one of these the one with the file's own name, then by name. Paths use "/"; at most `limit` are kept. Default 8.
 */
export function orderModels(source: string, found: readonly string[], named: readonly string[], limit = 8): readonly string[] {
  const folder = folderOf(source);
  const stem = baseOf(source).replace(/\.\w+$/, '');
  const isNamed = new Set(named);
  const rank = (path: string): readonly number[] => [
    derived.test(path) ? 1 : 0,
    folderOf(path) === folder ? 0 : isNamed.has(path) ? 1 : 2,
    steps(folder, folderOf(path)),
    baseOf(path).replace(/\.onnx$/i, '') === stem ? 0 : 1,
  ];
  const ranked = [...new Set([...named, ...found])].map((path) => ({ path, rank: rank(path) }));
  ranked.sort((a, b) => compare(a.rank, b.rank) || a.path.localeCompare(b.path));
  return ranked.slice(0, limit).map(({ path }) => path);
}

/** Folders to leave and to enter on the way from one folder to another. */
export function steps(from: string, to: string): number {
  const [a, b] = [from.split('/'), to.split('/')];
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++;
  return a.length + b.length - 2 * shared;
}

/** The folder part of a path, without the slash at its end. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
