import type * as vscode from 'vscode';
import type { Translate } from './format.ts';
import { inert } from './inert.ts';

/** A file's address, as far as it matters here. */
type Address = Pick<vscode.Uri, 'scheme' | 'path'>;

/** Why a plan or model cannot be worked with where it is, in one sentence; undefined for a file on a local disk. */
export function farText({ scheme, path }: Address, t: Translate): string | undefined {
  if (scheme === 'file') return undefined;
  const name = inert(path.split('/').at(-1)?.slice(0, 80) ?? '');
  if (scheme === 'untitled') return t('Save {0} beside its model first: energy and fits are computed from files on a disk.', name);
  return t(
    '{0} is in a virtual workspace: energy and fits need the model on a local disk, because a process of its own reads it there.',
    name,
  );
}
