import path from 'node:path';

/**
 * The file that a chat model means, as an absolute real path inside one of the folders of the workspace; a sentence why not otherwise.
 * Relative names are tried in every folder; links are followed first, so that none leads out.
 * @param asked a path relative to a folder of the workspace, or an absolute one inside it
 * @param folders absolute paths of the workspace's folders
 * @param endings what the name may end with, such as ".tiers"
 */
export async function workspaceFile(
  asked: string,
  folders: readonly string[],
  endings: readonly string[],
): Promise<{ readonly file: string } | { readonly problem: string }> {
  if (asked.includes('\0')) return { problem: 'bad-input: the path holds a character that no path has.' };
  if (!endings.some((ending) => asked.toLowerCase().endsWith(ending)))
    return { problem: `bad-input: the path must end with ${endings.join(' or ')}.` };
  // Loaded here to follow links, which VS Code's own file system does not: nothing is read.
  const { realpath } = await import('node:fs/promises');
  let outside = false;
  for (const folder of folders) {
    const root = await realpath(folder).catch(() => undefined);
    const file = await realpath(path.resolve(folder, asked)).catch(() => undefined);
    if (root === undefined || file === undefined) continue;
    const below = path.relative(root, file);
    const isInside = below !== '' && below !== '..' && !below.startsWith(`..${path.sep}`) && !path.isAbsolute(below);
    // A link may lead to a file of another kind.
    if (isInside && endings.some((ending) => file.toLowerCase().endsWith(ending))) return { file };
    outside = true;
  }
  return outside
    ? { problem: 'outside-workspace: only files inside the folders of the workspace can be read.' }
    : { problem: 'file-not-found: there is no such file in the workspace. Give a path relative to a folder of the workspace.' };
}

/** Whether two absolute paths mean one file, through whatever links and in whatever case of a drive. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  const { realpath } = await import('node:fs/promises');
  const [a, b] = await Promise.all([one, other].map((file) => realpath(file).catch(() => file)));
  return a !== undefined && b !== undefined && path.relative(a, b) === '';
}
