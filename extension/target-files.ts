import * as vscode from 'vscode';

/** A file that describes a target: one that ships, or one of the workspace. */
export interface TargetFile {
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly uri: vscode.Uri;
  readonly shipped: boolean;
}

const maxTargets = 200;
const maxLength = 200;

/** The targets that ship with the extension, then those of the workspace. A file that cannot be read is left out; `check` says why. */
export async function targetFiles(extensionUri: vscode.Uri): Promise<readonly TargetFile[]> {
  const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'targets');
  const entries = await vscode.workspace.fs.readDirectory(folder).then(
    (found) => found.map(([name]) => name).filter((name) => name.endsWith('.json')),
    () => [],
  );
  const own = await vscode.workspace.findFiles('**/.tierwise/targets/*.json', '**/node_modules/**', maxTargets);
  const read = [
    ...entries.sort().map((name) => readTarget(vscode.Uri.joinPath(folder, name), true)),
    ...own.sort((a, b) => a.path.localeCompare(b.path)).map((uri) => readTarget(uri, false)),
  ];
  return (await Promise.all(read)).filter((target) => target !== undefined);
}

async function readTarget(uri: vscode.Uri, shipped: boolean): Promise<TargetFile | undefined> {
  try {
    const target: unknown = JSON.parse((await vscode.workspace.openTextDocument(uri)).getText());
    if (typeof target !== 'object' || target === null) return undefined;
    const { id, name, summary } = target as Record<string, unknown>;
    if (typeof id !== 'string' || id === '') return undefined;
    const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, maxLength) : '');
    return { id: id.slice(0, maxLength), name: text(name), summary: text(summary), uri, shipped };
  } catch {
    return undefined;
  }
}
