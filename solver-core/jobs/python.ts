import type { SolverRequests } from '../protocol/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { Environment } from './environment.ts';

type Requests = SolverRequests;

const pending = (): TierwiseError => new TierwiseError('not-ready', 'annotations cannot be read yet', 'Use a plan.');

/** Layers and annotations of Python source; see `tierwise/python`. */
export function pythonJob(
  _environment: Environment,
  _params: Requests['tierwise/python']['params'],
): Promise<Requests['tierwise/python']['result']> {
  return Promise.reject(pending());
}

/** What may stand at a place of a comment; see `tierwise/annotationCompletion`. */
export function annotationCompletionJob(
  _params: Requests['tierwise/annotationCompletion']['params'],
): Promise<Requests['tierwise/annotationCompletion']['result']> {
  return Promise.reject(pending());
}

/** The plan that annotations state; see `tierwise/annotationPlan`. */
export function annotationPlanJob(
  _environment: Environment,
  _params: Requests['tierwise/annotationPlan']['params'],
): Promise<Requests['tierwise/annotationPlan']['result']> {
  return Promise.reject(pending());
}
