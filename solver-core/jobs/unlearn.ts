import type { UnlearnDocument, SolverRequests } from '../protocol/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';

export type UnlearnParams = SolverRequests['tierwise/unlearn']['params'];

export function unlearnJob(_environment: Environment, _params: UnlearnParams, _control: JobControl): Promise<UnlearnDocument> {
  return Promise.reject(new TierwiseError('not-yet-available', 'this version cannot unlearn', 'Use fit.'));
}
