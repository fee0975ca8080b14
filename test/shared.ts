import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Folder of extra test material beside the project (models, data, hostile samples); not part of the project. */
export const sharedDir = process.env['TIERWISE_SHARED'] ?? resolve(projectRoot, '../shared');

/** Path of a material file, e.g. shared('material/hostile/g_xss.onnx'). */
export function shared(relative: string): string {
  return join(sharedDir, relative);
}

/** True when the extra material is there; tests that need it use `test.skipIf(!hasShared)`. */
export const hasShared = existsSync(join(sharedDir, 'material'));
