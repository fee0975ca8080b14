import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasShared, projectRoot, shared } from '../../shared.ts';

/** A model file to test with. */
export interface Sample {
  readonly name: string;
  readonly path: string;
}

export const fixtureDir = join(projectRoot, 'test', 'fixtures', 'onnx');

/** The committed models. */
export const fixtures: readonly Sample[] = [{ name: 'mlp_digits', path: join(fixtureDir, 'mlp_digits.onnx') }];

/** Valid models of the extra material, when it is there. */
export const materialModels: readonly Sample[] = hasShared ? [...list('material/models/own'), ...list('material/models/third-party')] : [];

/** Folders of ONNX backend tests, when the extra material is there. */
export const backendTests: readonly Sample[] = hasShared
  ? readdirSync(shared('material/models/third-party/onnx-backend'))
      .filter((name) => name.startsWith('test_'))
      .sort()
      .map((name) => ({ name, path: shared(`material/models/third-party/onnx-backend/${name}`) }))
  : [];

function list(folder: string): Sample[] {
  const dir = shared(folder);
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((f) => f.endsWith('.onnx'))
    .sort()
    .map((f) => ({ name: f.replace('.onnx', ''), path: join(dir, f) }));
}

export function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}
