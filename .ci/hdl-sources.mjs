// Where the RTL of the engine is and which variants are built from it.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** RTL by dependency level, leaves first; paths from the project root. */
export const rtlSources = [
  'hdl/rtl/tech/generic/mac_dsp.sv',
  'hdl/rtl/tech/generic/ram_1r1w.sv',
  'hdl/rtl/tech/generic/ram_2r1w.sv',
  'hdl/rtl/lane.sv',
  'hdl/rtl/pivot_unit.sv',
  'hdl/rtl/difference.sv',
  'hdl/rtl/post_processor.sv',
  'hdl/rtl/scaling_path.sv',
  'hdl/rtl/sequencer.sv',
  'hdl/rtl/operand_walk.sv',
  'hdl/rtl/drain.sv',
  'hdl/rtl/toggle_counter.sv',
  'hdl/rtl/tierwise_engine.sv',
];

export const harnessSource = 'hdl/sim/harness.cc';
export const top = 'tierwise_engine';

/** The engine that ships: 1024 features with 8 outputs fit (1032 columns, 129 blocks), with at least 64 rows per chunk. */
export const defaultParameters = { N: 8, DW: 18, AW: 48, OPERAND_DEPTH: 147456, GRAM_DEPTH: 132096, MAX_FEATURES: 1024, LIMBS: 2 };

export function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

/** Text of each source by its path from the project root. */
export async function readSources(paths, from = root) {
  const entries = await Promise.all(paths.map(async (path) => [path, await readFile(resolve(from, path), 'utf8')]));
  return Object.fromEntries(entries);
}
