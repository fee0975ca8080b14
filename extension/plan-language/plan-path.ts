/** The parts of an address that name a file: as addresses write it, and as this machine does. */
interface FilePath {
  readonly path: string;
  readonly fsPath: string;
}

/**
 * A file as a plan in `folder` names it, in quotes: relative where it lies in or below the folder, else absolute, because plans may not climb
 * out of their folder. Signs that hide, break or turn text round are written as escapes.
 */
export function planPath(folder: FilePath, file: FilePath): string {
  const base = folder.path.endsWith('/') ? folder.path : `${folder.path}/`;
  const path = file.path.startsWith(base) ? file.path.slice(base.length) : file.fsPath;
  const escaped = path
    .replace(/["\\]/g, '\\$&')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  return `"${escaped}"`;
}
