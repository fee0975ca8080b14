import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TierwiseError } from '../../model/error.ts';
import type { Limbs } from '../engine/device.ts';
import type { EngineParameters } from '../engine/parameters.ts';

/** A verified image of the simulated engine. */
export interface EngineImage {
  readonly wasm: Uint8Array;
  /** sha256 of `wasm`, hexadecimal: the identity of the image in provenance. */
  readonly sha256: string;
  readonly parameters: EngineParameters;
}

const rebuildAdvice = 'Run npm run build:hdl.';

function failure(code: string, message: string, cause?: unknown): TierwiseError {
  return new TierwiseError(code, message, rebuildAdvice, cause === undefined ? { category: 'backend' } : { category: 'backend', cause });
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw failure('engine-image-missing', `engine image not built; run npm run build:hdl (cannot read ${path})`, error);
  }
}

function positive(parameters: Record<string, unknown>, name: string): number {
  const value = parameters[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw failure(
      'engine-image-damaged',
      `The manifest of the engine image has ${JSON.stringify(value)} for ${name}, expected a positive integer.`,
    );
  }
  return value;
}

function limbs(parameters: Record<string, unknown>): Limbs {
  const value = positive(parameters, 'LIMBS');
  if (value !== 1 && value !== 2)
    throw failure('engine-image-damaged', `The manifest of the engine image has ${value} for LIMBS, expected 1 or 2.`);
  return value;
}

/**
 * Reads engine.wasm and manifest.json from `folder` (dist/engine of an installation) and checks the hash of the image.
 * Throws `engine-image-missing` or `engine-image-damaged`.
 */
export async function loadImage(folder: string): Promise<EngineImage> {
  const manifestBytes = await read(join(folder, 'manifest.json'));
  const wasm = await read(join(folder, 'engine.wasm'));
  let manifest: { readonly wasmSha256?: unknown; readonly parameters?: unknown };
  try {
    manifest = JSON.parse(new TextDecoder().decode(manifestBytes)) as typeof manifest;
  } catch (error) {
    throw failure('engine-image-damaged', `The manifest of the engine image in ${folder} is not JSON.`, error);
  }
  const sha256 = createHash('sha256').update(wasm).digest('hex');
  if (manifest.wasmSha256 !== sha256) {
    throw failure('engine-image-damaged', `The engine image has sha256 ${sha256}, its manifest names ${String(manifest.wasmSha256)}.`);
  }
  const named = (manifest.parameters ?? {}) as Record<string, unknown>;
  const parameters: EngineParameters = {
    lanes: positive(named, 'N'),
    wordBits: positive(named, 'DW'),
    accumulatorBits: positive(named, 'AW'),
    operandDepth: positive(named, 'OPERAND_DEPTH'),
    gramDepth: positive(named, 'GRAM_DEPTH'),
    maxFeatures: positive(named, 'MAX_FEATURES'),
    ...(named['LIMBS'] === undefined ? {} : { limbs: limbs(named) }),
  };
  return { wasm, sha256, parameters };
}
