import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, type Stats } from 'node:fs';
import { join, sep } from 'node:path';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { quoteName } from '../model/quote.ts';
import { externalTensors, type ExternalLocation, type ExternalReader, type OnnxModel } from '../onnx/index.ts';
import { refuseLocation } from '../onnx/external-data.ts';

/**
 * An external data file that was found to be a plain file of the model's folder. Close it after use.
 * `read` gives exactly `length` bytes from `offset`; a span outside the file gives `external-data-truncated`.
 */
export interface ExternalFile {
  readonly sizeBytes: number;
  read(offset: number, length: number): Checked<Uint8Array>;
  close(): void;
}

/** Largest span read at once. */
const maxReadBytes = 2 ** 31 - 1;

/**
 * Opens an external data file below `modelDir`. Never follows a link and never opens anything but a regular file:
 * every part of the path is looked at without following it, the file is opened with O_NOFOLLOW and without blocking, and
 * what was opened is compared with what was looked at. Files with more than one hard link are refused, because a second
 * name may lie anywhere; copy such a file to use it.
 * Codes: `external-data-outside`, `external-data-missing`, `external-data-not-a-file`, `external-data-unreadable`.
 */
export function openExternal(modelDir: string, location: ExternalLocation): Checked<ExternalFile> {
  const refused = refuseLocation(location.location);
  if (refused !== undefined) return failed('external-data-outside', location, `${refused}. Nothing was opened.`);
  try {
    return openInside(realpathSync(modelDir), location);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return failed('external-data-missing', location, 'which does not exist. Put the file beside the model.');
    if (code === 'ELOOP')
      return failed('external-data-outside', location, 'which is a symbolic link. Copy the file itself into the folder of the model.');
    return failed('external-data-unreadable', location, `which cannot be read (${code}). Check its permissions.`);
  }
}

/** Findings for every external tensor of a model: the files exist, lie inside the folder and are long enough. Reads no data. */
export function checkExternal(model: OnnxModel, modelDir: string): readonly Diagnostic[] {
  const tensors = externalTensors(model);
  const diagnostics = [...tensors.diagnostics];
  for (const { location, sizeBytes } of tensors.value ?? []) {
    const file = openExternal(modelDir, location);
    diagnostics.push(...file.diagnostics);
    if (file.value === undefined) continue;
    const length = location.length ?? sizeBytes;
    if (location.offset + length > file.value.sizeBytes) diagnostics.push(...truncated(location, length, file.value.sizeBytes).diagnostics);
    file.value.close();
  }
  return diagnostics;
}

/** A reader for `readTensor` that fetches external data from the model's folder. */
export function externalReader(modelDir: string): ExternalReader {
  return (location, sizeBytes) => {
    const file = openExternal(modelDir, location);
    if (file.value === undefined) return { value: undefined, diagnostics: file.diagnostics };
    try {
      return file.value.read(location.offset, sizeBytes);
    } finally {
      file.value.close();
    }
  };
}

function openInside(root: string, location: ExternalLocation): Checked<ExternalFile> {
  const parts = location.location.split('/').filter((part) => part !== '' && part !== '.');
  let path = root;
  let seen: Stats | undefined;
  for (const [i, part] of parts.entries()) {
    path = join(path, part);
    seen = lstatSync(path);
    if (seen.isSymbolicLink())
      return failed(
        'external-data-outside',
        location,
        'which is, or passes through, a symbolic link. Copy the file itself into the folder of the model.',
      );
    if (i < parts.length - 1 && !seen.isDirectory())
      return failed('external-data-missing', location, 'which does not exist. Put the file beside the model.');
  }
  if (seen === undefined || !seen.isFile())
    return failed('external-data-not-a-file', location, 'which is not a regular file (a folder or device, for example).');
  // O_NONBLOCK: if a pipe takes the place of the file meanwhile, opening it must not wait for a writer.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  const refused = refuseOpened(fd, seen, path, root);
  if (refused !== undefined) {
    closeSync(fd);
    return failed('external-data-outside', location, refused);
  }
  return { value: opened(fd, fstatSync(fd).size, location), diagnostics: [] };
}

/** Why the opened file is not the plain file that was looked at; undefined when it is. */
function refuseOpened(fd: number, seen: Stats, path: string, root: string): string | undefined {
  const now = fstatSync(fd);
  if (!now.isFile() || now.ino !== seen.ino || now.dev !== seen.dev) return 'which changed while it was opened. Try again.';
  if (now.nlink > 1) return 'which has more than one hard link, so it may be a file from elsewhere. Copy it into the folder of the model.';
  const real = realpathSync(path);
  if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return 'which lies outside the folder of the model.';
  return undefined;
}

function opened(fd: number, sizeBytes: number, location: ExternalLocation): ExternalFile {
  let open = true;
  return {
    sizeBytes,
    read(offset, length) {
      const isSpan = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
      if (!open || !isSpan || length > maxReadBytes || offset + length > sizeBytes)
        return truncated({ ...location, offset }, length, sizeBytes);
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const n = readSync(fd, bytes, done, length - done, offset + done);
        if (n === 0) return truncated({ ...location, offset }, length, offset + done);
        done += n;
      }
      return { value: bytes, diagnostics: [] };
    },
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

function truncated(location: ExternalLocation, length: number, sizeBytes: number): Checked<Uint8Array> {
  return failed(
    'external-data-truncated',
    location,
    `of which bytes ${location.offset} to ${location.offset + length} are needed, but the file has ${sizeBytes}. Fetch or export it again.`,
  );
}

function failed<T>(code: string, location: ExternalLocation, why: string): Checked<T> {
  const message = `Tensor ${quoteName(location.tensor)} has its data at ${quoteName(location.location)}, ${why}`;
  return { value: undefined, diagnostics: [{ severity: 'error', code, message, where: { tensor: location.tensor } }] };
}
