import type { LearnDocument, SolverRequests } from '../protocol/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';

export type LearnParams = SolverRequests['tierwise/learn']['params'];

export function learnJob(_environment: Environment, _params: LearnParams, _control: JobControl): Promise<LearnDocument> {
  return Promise.reject(new TierwiseError('not-yet-available', 'this version cannot learn', 'Use fit.'));
}
