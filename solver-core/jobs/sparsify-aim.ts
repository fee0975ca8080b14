import { TierwiseError } from '../model/error.ts';
import type { SparsitySite } from '../model/sites.ts';
import type { SolverRequests, SparsifyMethod } from '../protocol/index.ts';

/** The target whose energy is told where the plan's own skips no zeros. */
export const eventTarget = 'seneca-type';

/** What a caller may ask of `sparsify`. */
export type SparsifyParams = SolverRequests['tierwise/sparsify']['params'];

/** The same with its defaults. */
export interface SparsifyAim {
  readonly method: SparsifyMethod;
  readonly maxLoss: number;
  readonly per: 'site' | 'channel';
  readonly correct: boolean;
  readonly without: readonly string[];
}

/** Throws `usage` for a bound that is no share above 0 and up to 1. */
export function sparsifyAim({ method, maxLoss, per, correct, without }: SparsifyParams): SparsifyAim {
  const bound = maxLoss ?? 0.02;
  if (!(bound > 0 && bound <= 1)) {
    throw new TierwiseError(
      'usage',
      `an increase of ${100 * bound} % cannot be the bound of a search`,
      'Allow more than 0 and at most 100 %.',
      {
        category: 'usage',
      },
    );
  }
  return {
    method: method ?? 'budget',
    maxLoss: bound,
    per: per ?? 'channel',
    correct: correct ?? true,
    without: [...new Set(without)].sort(),
  };
}

/** The sites that may be changed, and those that were left out by their role. */
export function withoutRoles(
  sites: readonly SparsitySite[],
  without: readonly string[],
): { readonly chosen: readonly SparsitySite[]; readonly left: readonly SparsitySite[] } {
  const roles = [...new Set(sites.flatMap(({ role }) => role ?? []))];
  const unknown = without.find((role) => !roles.includes(role));
  if (unknown !== undefined) {
    throw new TierwiseError(
      'role-unknown',
      `no site has the role ${JSON.stringify(unknown)}; ${roles.length === 0 ? 'the sites of this model have no roles' : `the roles are ${roles.join(', ')}`}`,
      roles.length === 0 ? 'Leave --without away.' : 'Name one of them, or leave --without away.',
      { category: 'usage' },
    );
  }
  const isLeft = ({ role }: SparsitySite): boolean => role !== null && without.includes(role);
  return { chosen: sites.filter((site) => !isLeft(site)), left: sites.filter(isLeft) };
}
