import { join } from 'node:path';
import { TierwiseError } from '../model/error.ts';
import { readRegularFile, sha256 } from './files.ts';

/** What a Git LFS pointer stands for. */
export interface LfsPointer {
  readonly oid: string;
  readonly sizeBytes: number;
}

/** Largest pointer file by the specification of Git LFS. */
export const maxPointerBytes = 1024;

/** The pointer that a file's bytes are, or undefined when they are the file itself. */
export function lfsPointer(bytes: Uint8Array): LfsPointer | undefined {
  if (bytes.length > maxPointerBytes) return undefined;
  const text = new TextDecoder('utf-8').decode(bytes);
  if (!text.startsWith('version https://git-lfs.github.com/spec/')) return undefined;
  const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
  const size = Number(/^size (\d{1,15})$/m.exec(text)?.[1]);
  return oid === undefined || !Number.isSafeInteger(size) ? undefined : { oid, sizeBytes: size };
}

/**
 * The bytes behind a pointer from the objects that the clone has; no filter runs and nothing is fetched.
 * Throws TierwiseError git-lfs-pointer when they are not there or not what the pointer says. `name`: how the user calls the file.
 */
export async function lfsObject(commonDir: string, pointer: LfsPointer, name: string, limitBytes: number): Promise<Uint8Array> {
  const { oid, sizeBytes } = pointer;
  const path = join(commonDir, 'lfs', 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
  const bytes = sizeBytes > limitBytes ? null : await readRegularFile(path, limitBytes).catch(() => null);
  if (bytes !== null && bytes.length === sizeBytes && sha256(bytes) === oid) return bytes;
  throw pointerError(name, pointer);
}

/** The error about a file that is a pointer. */
export function pointerError(name: string, { sizeBytes }: LfsPointer): TierwiseError {
  const [revision, path] = name.includes(':') ? [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)] : ['', name];
  const command = revision === '' ? `git lfs pull --include "${path}"` : `git lfs fetch --include "${path}" origin ${revision}`;
  const message = `${name} is a Git LFS pointer to ${sizeBytes} bytes that this clone does not have`;
  return new TierwiseError('git-lfs-pointer', message, `Get them with \`${command}\`, then compare again.`);
}
