import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TierwiseError } from '../../model/error.ts';

/** A verified image of the simulated board. */
export interface BoardImage {
  readonly wasm: Uint8Array;
  /** sha256 of `wasm`, hexadecimal. */
  readonly sha256: string;
  /** Parameters the board was built with, by their names in the RTL. */
  readonly parameters: Readonly<Record<string, number>>;
}

function failure(code: string, message: string, cause?: unknown): TierwiseError {
  const advice = 'Run npm run build:hdl.';
  return new TierwiseError(code, message, advice, cause === undefined ? { category: 'backend' } : { category: 'backend', cause });
}

/** Reads board.wasm and board-manifest.json from `folder` and checks the hash. Throws `board-image-missing` or `board-image-damaged`. */
export async function loadBoardImage(folder: string): Promise<BoardImage> {
  const [text, wasm] = await Promise.all([
    readFile(join(folder, 'board-manifest.json'), 'utf8'),
    readFile(join(folder, 'board.wasm')),
  ]).catch((cause: unknown) => {
    throw failure('board-image-missing', `the image of the simulated board is not in ${folder}`, cause);
  });
  let manifest: { readonly wasmSha256?: unknown; readonly parameters?: unknown };
  try {
    manifest = JSON.parse(text) as typeof manifest;
  } catch (cause) {
    throw failure('board-image-damaged', `the manifest of the simulated board in ${folder} is not JSON`, cause);
  }
  const sha256 = createHash('sha256').update(wasm).digest('hex');
  if (manifest.wasmSha256 !== sha256)
    throw failure('board-image-damaged', `the simulated board has sha256 ${sha256}, its manifest names ${String(manifest.wasmSha256)}`);
  const named = Object.entries((manifest.parameters ?? {}) as Record<string, unknown>);
  const parameters = Object.fromEntries(named.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
  return { wasm, sha256, parameters };
}
