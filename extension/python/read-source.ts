import * as vscode from 'vscode';

/** Longest Python file that is read from disk, in bytes. */
const maxSourceBytes = 512_000;

/** What tells one state of a file on disk from another; undefined when it is not a file or too long to be read. */
export async function sourceStamp(uri: vscode.Uri): Promise<string | undefined> {
  try {
    const stat = await vscode.workspace.fs.stat(uri);
    return (stat.type & vscode.FileType.File) !== 0 && stat.size <= maxSourceBytes ? `${stat.mtime}-${stat.size}` : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a Python file on disk; undefined when it cannot be read. Opening it as a document would wake every extension for Python. */
export async function readSource(uri: vscode.Uri): Promise<string | undefined> {
  if (!uri.path.endsWith('.py')) return undefined;
  try {
    const bytes = await vscode.workspace.fs.readFile(uri);
    return bytes.byteLength <= maxSourceBytes ? new TextDecoder().decode(bytes) : undefined;
  } catch {
    return undefined;
  }
}
