import type { SolverRequests } from '../protocol/index.ts';
import { TierwiseError } from '../model/error.ts';
import type { Environment } from './environment.ts';

/** Figures about the weights of one layer; see `tierwise/weights`. */
export function weightsJob(
  _environment: Environment,
  _params: SolverRequests['tierwise/weights']['params'],
): Promise<SolverRequests['tierwise/weights']['result']> {
  return Promise.reject(new TierwiseError('not-ready', 'weights cannot be counted yet', 'Use `tierwise inspect`.'));
}
