import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** How many folders are looked at, from a file's own upwards, when none of them is the root of a repository. */
const maxLevels = 8;
/** How many files of a folder are read. */
const maxFiles = 64;
/** How many names of a folder are looked at. */
const maxNames = 4096;
/** Largest file that is read; far above any honest one. */
const maxFileBytes = 1 << 18;

/** A small file of a workspace: its text, or why it was not read. */
export type WorkspaceFile = { readonly path: string } & ({ readonly text: string } | { readonly fault: string });

/**
 * The folder of a file and its parents, nearest first, up to the one that holds `.git`; at most eight. Here `.tierwise` folders are
 * looked for.
 */
export function workspaceFolders(path: string): readonly string[] {
  const folders: string[] = [];
  let folder = dirname(resolve(path));
  while (folders.length < maxLevels) {
    folders.push(folder);
    const parent = dirname(folder);
    if (parent === folder || existsSync(join(folder, '.git'))) break;
    folder = parent;
  }
  return folders;
}

/**
 * The `.json` files of `folder`/`below`, by name. Only regular files that lie inside `folder` after all symbolic links are read, and of a
 * bounded number and size; the others come with the reason. A folder that is not there has no files. Never throws.
 */
export function readWorkspaceFiles(folder: string, below: string): readonly WorkspaceFile[] {
  const place = join(folder, below);
  const names = namesOf(place).filter((name) => name.toLowerCase().endsWith('.json') && !name.startsWith('.'));
  const files = names.slice(0, maxFiles).map((name): WorkspaceFile => readWorkspaceFile(folder, join(place, name)));
  const first = names[maxFiles];
  if (first === undefined) return files;
  return [...files, { path: join(place, first), fault: `is one of ${names.length} files; only the first ${maxFiles} by name are read` }];
}

/** One file below `folder`, by the same rules. */
export function readWorkspaceFile(folder: string, path: string): WorkspaceFile {
  try {
    if (!isInside(realpathSync(folder), realpathSync(path))) return { path, fault: `is reached through a link that leaves ${folder}` };
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = fstatSync(file);
      if (!info.isFile()) return { path, fault: 'is not a regular file' };
      if (info.size > maxFileBytes) return { path, fault: `has ${info.size} bytes; the limit is ${maxFileBytes}` };
      const bytes = new Uint8Array(info.size);
      const length = readSync(file, bytes, 0, bytes.length, 0);
      return { path, text: new TextDecoder('utf-8').decode(bytes.subarray(0, length)) };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { path, fault: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Changes whenever the file does; undefined when there is no regular file. */
export function fileStamp(path: string): string | undefined {
  try {
    const info = statSync(path, { bigint: true });
    return info.isFile() ? `${info.size}:${info.mtimeNs}:${info.ino}` : undefined;
  } catch {
    return undefined;
  }
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).slice(0, maxNames).sort();
  } catch {
    return [];
  }
}

/** True when `path` lies in `folder`, or is it; links are not followed. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
