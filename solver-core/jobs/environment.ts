import { dirname, join } from 'node:path';
import { FileCache } from './file-cache.ts';
import { sha256File } from './files.ts';
import type { OpenedModel } from './open-model.ts';
import type { SwitchingFigures } from './switching-figures.ts';
import type { PythonFigures } from './python-figures.ts';
import type { OddWeights } from './weight-values.ts';

/** What the jobs of one process share. */
export interface Environment {
  /** Version of Tierwise, for fit records. */
  readonly version: string;
  /** Folder with engine.wasm and manifest.json. */
  readonly engineFolder: string;
  readonly models: FileCache<OpenedModel>;
  readonly datasetRows: FileCache<number | null>;
  readonly hashes: FileCache<string | null>;
  /** What models switch on the rows of their plans. */
  readonly switching: FileCache<SwitchingFigures>;
  /** Weights of models that are not powers of two. */
  readonly oddWeights: FileCache<OddWeights>;
  /** Figures of models that Python source builds, under the plan that its annotations state. */
  readonly pythonFigures: FileCache<PythonFigures>;
}

/** The environment of a bundle that lies in dist/ beside the engine. */
export function createEnvironment(version: string, bundlePath: string): Environment {
  return {
    version,
    engineFolder: join(dirname(bundlePath), 'engine'),
    models: new FileCache(2),
    datasetRows: new FileCache(16),
    hashes: new FileCache(32),
    switching: new FileCache(4),
    oddWeights: new FileCache(16),
    pythonFigures: new FileCache(4),
  };
}

/** SHA-256 of a file, remembered while the file stays the same; null when it is not there. */
export function fileHash(environment: Environment, path: string): Promise<string | null> {
  return environment.hashes.get(path, () => sha256File(path));
}
