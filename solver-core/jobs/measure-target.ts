import type { EnergyTarget } from '../energy/target.ts';
import { TierwiseError } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import type { Place } from './choose-sensor.ts';
import { checkTarget } from './energy.ts';
import { targetsFor } from './targets.ts';

/** Which kinds of target a place can be. */
const kinds: Readonly<Record<Place, readonly EnergyTarget['kind'][]>> = { processor: ['cpu'], card: ['fpga'], board: ['fpga'] };
const words: Readonly<Record<Place, string>> = {
  processor: 'the processor of this machine',
  card: 'an accelerator card',
  board: 'a board',
};

/**
 * The target that `place` is said to be; null when none was named. Throws `unknown-target`, and `target-not-this-machine` for a target
 * that is something else than what runs.
 */
export async function measuredTarget(path: string, target: string | undefined, place: Place): Promise<string | null> {
  if (target === undefined) return null;
  const found = await targetsFor(path);
  checkTarget(found, target);
  const kind = found.targets.get(target)?.kind ?? 'cpu';
  if (kinds[place].includes(kind)) return target;
  throw new TierwiseError(
    'target-not-this-machine',
    `not measurable: ${quoteName(target)} is of kind "${kind}", and this runs on ${words[place]}`,
    `Name a target of kind "${kinds[place].join('" or "')}", or leave --target away.`,
    { category: 'usage' },
  );
}
