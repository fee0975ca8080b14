import { win32 } from 'node:path';

/** What a program is looked for with. */
export interface ProgramPlace {
  /** process.platform. */
  readonly platform: string;
  /** The variable PATH. */
  readonly path: string;
  /** True for a file that is there. */
  readonly exists: (path: string) => boolean;
}

/**
 * How to name a program so that none of the current folder is started: Windows looks there before it looks into PATH, and the current
 * folder may be somebody else's repository. There it is the first `.exe` or `.com` of that name in an absolute folder of PATH, null
 * without any; elsewhere the name itself, because only PATH is searched.
 */
export function programPath(program: string, { platform, path, exists }: ProgramPlace): string | null {
  if (platform !== 'win32' || win32.isAbsolute(program)) return program;
  const folders = path
    .split(';')
    .map((each) => each.replace(/^"(.*)"$/, '$1'))
    // "\tools" is a folder of whatever drive is current.
    .filter((each) => /^(?:[a-z]:[\\/]|\\\\)/i.test(each));
  const candidates = folders.flatMap((folder) => ['.exe', '.com'].map((extension) => win32.join(folder, `${program}${extension}`)));
  return candidates.find(exists) ?? null;
}
