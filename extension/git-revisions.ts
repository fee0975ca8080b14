import * as vscode from 'vscode';

/** A commit that can be compared with. */
export interface Revision {
  /** Hash of the commit. */
  readonly name: string;
  readonly title: string;
  readonly when: string;
}

/** The part of the interface of VS Code's git extension (vscode.git, version 1) that is used here. */
interface GitApi {
  getRepository(uri: vscode.Uri): GitRepository | null;
}
interface GitRepository {
  log(options: { maxEntries: number; path: string }): Promise<readonly GitCommit[]>;
}
interface GitCommit {
  readonly hash: string;
  readonly message: string;
  readonly authorDate?: Date;
}

const maxRevisions = 15;
const waitMs = 4000;

/** The newest commits that changed a file, newest first. Empty without the git extension, outside a repository, or when git takes too long. */
export async function revisionsOf(file: vscode.Uri): Promise<readonly Revision[]> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<readonly Revision[]>((resolve) => {
    timer = setTimeout(() => resolve([]), waitMs);
  });
  try {
    return await Promise.race([commits(file), tooLong]);
  } catch {
    // The list is a convenience: HEAD and typed revisions work without it.
    return [];
  } finally {
    clearTimeout(timer);
  }
}

async function commits(file: vscode.Uri): Promise<readonly Revision[]> {
  const extension = vscode.extensions.getExtension<{ getAPI(version: 1): GitApi }>('vscode.git');
  if (!extension) return [];
  const git = (extension.isActive ? extension.exports : await extension.activate()).getAPI(1);
  const found = await git.getRepository(file)?.log({ maxEntries: maxRevisions, path: file.fsPath });
  return (found ?? []).map(({ hash, message, authorDate }) => ({
    name: hash,
    title: message.split('\n')[0]?.slice(0, 120) ?? '',
    when: authorDate?.toLocaleString(vscode.env.language) ?? '',
  }));
}
