/**
 * Why a plan may not use this path, or undefined when it may. Relative paths stay inside the plan's folder; absolute ones are the
 * author's explicit word. Network shares and device paths are refused on every system: opening one already talks to a stranger.
 */
export function pathProblem(path: string): string | undefined {
  if (path.length === 0) return 'is empty; name a file';
  if (path.length > 4096) return `has ${path.length} characters; at most 4096 are read`;
  if (path.includes('\0')) return 'holds a zero character';
  const slashed = path.replaceAll('\\', '/');
  if (slashed.startsWith('//')) return 'is a network or device path; use a file on this machine';
  if (/^[a-z][a-z0-9+.-]+:/i.test(slashed)) return 'is a URL; use a file on this machine';
  if (/^[a-z]:(?!\/)/i.test(slashed)) return 'names a drive without a folder; write the whole path';
  if (isAbsolutePath(path)) return undefined;
  let depth = 0;
  for (const part of slashed.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return "leaves the plan's folder; move the file into it or use an absolute path";
  }
  return undefined;
}

/** True for `/a/b` and `C:\a`. */
export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/') || /^[a-z]:[\\/]/i.test(path);
}
