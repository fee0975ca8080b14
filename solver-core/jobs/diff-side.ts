import { dirname, extname, join, resolve } from 'node:path';
import { fitRowCount } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import type { DiffSide } from '../protocol/index.ts';
import { datasetRows } from './dataset-rows.ts';
import { fileHash } from './environment.ts';
import type { Environment } from './environment.ts';
import { sha256, readRegularFile } from './files.ts';
import { lfsPointer, maxPointerBytes, pointerError } from './git-lfs.ts';
import { revisionPath } from './git-show.ts';
import { takeOut } from './git-take-out.ts';
import { openModel } from './open-model.ts';
import { readPlan } from './read-plan.ts';
import type { ReadPlan } from './read-plan.ts';

/** One side of a comparison, read. */
export interface OpenedSide {
  readonly side: Omit<DiffSide, 'quality'>;
  /** Where the file lies, or would lie if it were of today. */
  readonly home: string;
  /** Null for a model. */
  readonly read: ReadPlan | null;
  readonly modelPath: string;
  readonly modelHash: string;
  readonly layers: readonly Layer[];
  /** SHA-256 of the plan's data; null for a model and when the data is not there. */
  readonly dataHash: string | null;
  /** Rows that a fit of the plan uses; null when the data is not there. */
  readonly rows: number | null;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Opens a model, a plan or `REVISION:path`. Files of a revision are put into `folder`, an empty one of their own.
 * Throws TierwiseError when there is nothing to compare: no such file or revision, a pointer instead of a file, a plan without a model.
 */
export async function openSide(environment: Environment, name: string, folder: string): Promise<OpenedSide> {
  const revision = revisionPath(name);
  const taken = revision === undefined ? null : await takeOut(revision, folder, process.cwd());
  const path = taken?.path ?? resolve(name);
  const found = extname(path) === '.tiers' ? await openPlan(environment, path, name) : await openOne(environment, path, name);
  const relabel = (d: Diagnostic): Diagnostic => relabelled(d, folder, revision?.revision);
  return { ...found, home: taken?.home ?? path, diagnostics: [...(taken?.diagnostics ?? []), ...found.diagnostics].map(relabel) };
}

type Found = Omit<OpenedSide, 'home'>;

async function openPlan(environment: Environment, path: string, name: string): Promise<Found> {
  const read = await readPlan(path);
  const { plan, modelPath } = read;
  if (plan === undefined || modelPath === null)
    throw new TierwiseError(
      'plan-has-errors',
      `${name} names no model that may be read`,
      'Repair the plan; `tierwise check` lists every finding.',
    );
  const model = await openLayers(environment, modelPath, `${name}, its model`);
  const rows = read.dataPath === null || plan.data === undefined ? null : await datasetRows(environment, read.dataPath, plan.data);
  return {
    side: {
      name,
      sha256: sha256(read.text),
      model: { path: plan.modelPath, sha256: model.sha256 },
    },
    read,
    modelPath,
    modelHash: model.sha256,
    layers: model.layers,
    dataHash: read.dataPath === null ? null : await fileHash(environment, read.dataPath),
    rows: rows === null || plan.data === undefined ? null : fitRowCount(rows, plan.data.split),
    diagnostics: read.diagnostics,
  };
}

async function openOne(environment: Environment, path: string, name: string): Promise<Found> {
  const model = await openLayers(environment, path, name);
  return {
    side: { name, sha256: model.sha256 },
    read: null,
    modelPath: path,
    modelHash: model.sha256,
    layers: model.layers,
    dataHash: null,
    rows: null,
    diagnostics: [],
  };
}

async function openLayers(
  environment: Environment,
  path: string,
  name: string,
): Promise<{ readonly layers: readonly Layer[]; readonly sha256: string }> {
  const opened = await openModel(environment, path);
  if (opened.content !== undefined) return { layers: opened.content.layers, sha256: opened.sha256 };
  const pointer = opened.sizeBytes > maxPointerBytes ? undefined : lfsPointer(await readRegularFile(path, maxPointerBytes));
  if (pointer !== undefined) throw pointerError(name, pointer);
  const first = opened.diagnostics.find((d) => d.severity === 'error');
  throw new TierwiseError(
    first?.code ?? 'not-onnx',
    `${name}: ${first?.message ?? 'it is not a model'}`,
    'Give models (.onnx) or plans (.tiers).',
  );
}

/** The model's paths at which records may lie: where it was read, and where it lies today when it was taken out of a revision. */
export function modelPathsOf({ read, home, modelPath }: OpenedSide): readonly string[] {
  const named = read?.plan?.modelPath;
  return [modelPath, named === undefined ? home : resolve(dirname(home), named)];
}

/** Findings about files of a revision name the revision, not the folder they were put into. */
function relabelled(d: Diagnostic, folder: string, revision: string | undefined): Diagnostic {
  if (revision === undefined) return d;
  const named = (text: string): string => text.replaceAll(join(folder, '/'), `${revision}:`).replaceAll(folder, revision);
  const { path } = d.where;
  return { ...d, message: named(d.message), where: path === undefined ? d.where : { ...d.where, path: named(path) } };
}
