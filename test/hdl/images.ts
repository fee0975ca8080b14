import { join } from 'node:path';
import { buildEngine } from '../../.ci/build-hdl.mjs';
import { sha256 } from '../../.ci/hdl-sources.mjs';
import type { EngineParameters } from '../../solver-core/backends/engine/parameters.ts';
import { loadImage } from '../../solver-core/backends/sim/load-image.ts';
import type { EngineImage } from '../../solver-core/backends/sim/load-image.ts';
import { projectRoot } from '../shared.ts';
import { rtlParameters } from './simulators.ts';

/** Folder of the engine that ships, built when its sources changed. */
export async function defaultImageFolder(): Promise<string> {
  const folder = join(projectRoot, 'dist/engine');
  await buildEngine({ folder });
  return folder;
}

/** Image of the RTL under `from` with these parameters, from the cache of variants when nothing changed. */
export async function variantImage(parameters: EngineParameters, from = projectRoot): Promise<EngineImage> {
  const named = rtlParameters(parameters);
  const name = from === projectRoot ? Object.values(named).join('-') : `changed-${sha256(from).slice(0, 12)}`;
  const folder = join(projectRoot, 'dist/engine-variants', name);
  await buildEngine({ parameters: named, folder, from });
  return loadImage(folder);
}
