import type { Plan } from '../model/plan.ts';
import type { FitDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { fileHash } from './environment.ts';
import { readJson, sha256 } from './files.ts';
import { lowerFacts, planFacts } from './plan-facts.ts';
import { defaultFittedPath, recordPath } from './outputs.ts';
import { parseFitRecord } from './parse-fit-record.ts';
import type { ReadPlan } from './read-plan.ts';
import { readPlan } from './read-plan.ts';

/** A fit record found beside the model. Stale: the plan's fit clauses, the model, the data or the fitted file changed since. */
export interface FoundFit {
  readonly fit: FitDocument;
  readonly stale: boolean;
  /** False: the lower tiers of the fitted file are still those of the plan, although upper tiers may have other clauses by now. */
  readonly isLowerStale: boolean;
}

/** The newest fit record of a plan, or null when there is none that can be read. */
export async function findFit(environment: Environment, read: ReadPlan, plan: Plan): Promise<FoundFit | null> {
  if (read.modelPath === null) return null;
  const document = parseFitRecord(await readJson(recordPath(defaultFittedPath(read.modelPath))));
  if (document === null) return null;
  const [model, data, output] = await Promise.all([
    fileHash(environment, read.modelPath),
    read.dataPath === null ? null : fileHash(environment, read.dataPath),
    fileHash(environment, defaultFittedPath(read.modelPath)),
  ]);
  const { hashes } = document;
  const sameFiles = hashes.model === model && hashes.data === data && hashes.output === output;
  const stale = !(sameFiles && hashes.plan === sha256(planFacts(plan)));
  return { fit: document, stale, isLowerStale: stale && !(sameFiles && hashes.lower === sha256(lowerFacts(plan))) };
}

/** The request `tierwise/lastFit`. */
export async function lastFitJob(
  environment: Environment,
  params: { readonly path: string; readonly text?: string },
): Promise<{ fit: FitDocument | null; stale: boolean }> {
  const read = await readPlan(params.path, params.text);
  const found = read.plan === undefined ? null : await findFit(environment, read, read.plan);
  return found === null ? { fit: null, stale: false } : { fit: found.fit, stale: found.stale };
}
