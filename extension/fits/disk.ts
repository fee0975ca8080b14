import * as vscode from 'vscode';
import { SolverError } from '../solver-error.ts';

/** The file system as the history of fits needs it. Addresses are URIs as text; a model's content never enters this process. */
export interface Disk {
  /** Bytes of a file; undefined where there is none. */
  size(file: string): Promise<number | undefined>;
  /** Names of what is in a folder; none where there is no such folder. */
  names(folder: string): Promise<readonly string[]>;
  /** A small JSON file; undefined where there is none or it is longer than `limitBytes`. */
  readText(file: string, limitBytes: number): Promise<string | undefined>;
  /** Writes a text whole or not at all; makes its folder. */
  writeText(file: string, text: string): Promise<void>;
  /** Copies a file whole or not at all over whatever was there; makes its folder. */
  copy(from: string, to: string): Promise<void>;
  /** Gives a folder another name; nothing may be there yet. */
  move(from: string, to: string): Promise<void>;
  /** Deletes a file or folder for good; one that is not there is no error. */
  remove(address: string): Promise<void>;
}

/** That a file could not be written or deleted, e.g. because the disk is full or another program holds it. */
export function notWritable(file: vscode.Uri, error: unknown): SolverError {
  const why = error instanceof Error ? error.message : String(error);
  return new SolverError(
    'file-not-writable',
    `${file.fsPath} could not be written: ${why}`,
    'Close the program that holds it, make the folder writable or free some space, then try again.',
    { cause: error },
  );
}

/** The file system of the machine where the extension runs. */
export function workspaceDisk(): Disk {
  const { fs } = vscode.workspace;
  const at = (address: string): vscode.Uri => vscode.Uri.parse(address, true);
  const whole = async (to: string, write: (temporary: vscode.Uri) => Thenable<void>): Promise<void> => {
    const temporary = at(`${to}.tierwise-tmp`);
    try {
      await fs.createDirectory(vscode.Uri.joinPath(at(to), '..'));
      await write(temporary);
      await fs.rename(temporary, at(to), { overwrite: true });
    } catch (error) {
      await fs.delete(temporary).then(undefined, () => undefined);
      throw notWritable(at(to), error);
    }
  };
  return {
    size: async (file) => {
      try {
        const { type, size } = await fs.stat(at(file));
        return (type & vscode.FileType.File) === 0 ? undefined : size;
      } catch {
        return undefined;
      }
    },
    names: async (folder) => {
      try {
        return (await fs.readDirectory(at(folder))).map(([name]) => name);
      } catch {
        return [];
      }
    },
    readText: async (file, limitBytes) => {
      if (!file.endsWith('.json')) return undefined;
      try {
        if ((await fs.stat(at(file))).size > limitBytes) return undefined;
        return new TextDecoder().decode(await fs.readFile(at(file)));
      } catch {
        return undefined;
      }
    },
    writeText: (file, text) => whole(file, (temporary) => fs.writeFile(temporary, new TextEncoder().encode(text))),
    copy: (from, to) => whole(to, (temporary) => fs.copy(at(from), temporary, { overwrite: true })),
    move: async (from, to) => {
      try {
        await fs.rename(at(from), at(to), { overwrite: false });
      } catch (error) {
        throw notWritable(at(to), error);
      }
    },
    remove: async (address) => {
      try {
        await fs.delete(at(address), { recursive: true });
      } catch (error) {
        // Gone already is what was wanted.
        if (!(error instanceof vscode.FileSystemError && error.code === 'FileNotFound')) throw notWritable(at(address), error);
      }
    },
  };
}
