import type { Band } from './quantity.ts';
import { eventCosts } from './tables/seneca22.ts';
import type { AccessEnergy, ArrayOnTarget, EventCosts, EventsOnTarget } from './target.ts';
import type { JsonObject, Reader } from './target-reader.ts';
import { isAbsent, unread } from './target-reader.ts';

/** Largest side of an array and number of words in a unit: above any real one, and small enough that counts stay exact. */
const maxSide = 65_536;
const maxWords = 1_048_576;

/** Reads the `array` section of a target. Faults go to the reader; the result is then not to be used. */
export function readArray(reader: Reader, target: JsonObject): ArrayOnTarget {
  const root = reader.object(target['array'], 'array');
  const at = 'array.';
  const words = root['registerWords'] === undefined ? null : reader.object(root['registerWords'], 'array.registerWords');
  const access = reader.object(root['access'], 'array.access');
  if (Array.isArray(target['memories']) && target['memories'].length !== 2)
    reader.fault('memories', 'two levels with an array, its buffer and its DRAM', target['memories']);
  const dataflow = reader.oneOf(root, 'dataflow', ['weight-stationary', 'output-stationary', 'row-stationary'], at);
  if (dataflow === 'row-stationary' && words === null && !isAbsent(root))
    reader.fault('array.registerWords', 'the words that a unit holds: {"weights", "inputs", "outputs"}', words);
  const count = (key: string): number =>
    words === null || isAbsent(words) ? 1 : reader.count(words, key, maxWords, 'array.registerWords.');
  return {
    rows: reader.count(root, 'rows', maxSide, at),
    columns: reader.count(root, 'columns', maxSide, at),
    dataflow,
    registerWords: { weights: count('weights'), inputs: count('inputs'), outputs: count('outputs') },
    weightsPassThrough: reader.flag(root, 'weightsPassThrough', at),
    chargeArrivals: reader.flag(root, 'chargeArrivals', at),
    access: {
      registers: readAccess(reader, access, 'registers'),
      array: readAccess(reader, access, 'array'),
      buffer: access['buffer'] === undefined ? null : readAccess(reader, access, 'buffer'),
      dram: access['dram'] === undefined ? null : readAccess(reader, access, 'dram'),
    },
    idlePerUnitCycleJ: reader.band(root, 'idlePerUnitCycleJ', 'energy', at),
    ...(root['multiplyAddFactor'] === undefined ? {} : { multiplyAddFactor: reader.band(root, 'multiplyAddFactor', 'factor', at) }),
    ...(root['weightValues'] === undefined ? {} : { weightValues: reader.oneOf(root, 'weightValues', ['powers-of-two'], at) }),
  };
}

function readAccess(reader: Reader, parent: JsonObject, key: string): AccessEnergy {
  const at = `array.access.${key}`;
  const root = reader.object(parent[key], at);
  if (isAbsent(root)) return { kind: 'per-bit', energyPerBitJ: unread };
  const isRelative = root['macsPerWord'] !== undefined;
  if (isRelative === (root['energyPerBitJ'] !== undefined)) reader.fault(at, 'either "energyPerBitJ" or "macsPerWord"', parent[key]);
  return isRelative
    ? { kind: 'relative', macsPerWord: reader.band(root, 'macsPerWord', 'factor', `${at}.`) }
    : { kind: 'per-bit', energyPerBitJ: reader.band(root, 'energyPerBitJ', 'energy', `${at}.`) };
}

/** Reads the `events` section of a target. Faults go to the reader; the result is then not to be used. */
export function readEvents(reader: Reader, target: JsonObject): EventsOnTarget {
  const root = reader.object(target['events'], 'events');
  if (target['array'] !== undefined) reader.fault('events', 'nothing, because the target has an array', root);
  const at = 'events.';
  const nonzeroInputs = reader.band(root, 'nonzeroInputs', 'factor', at);
  if (nonzeroInputs.high > 1) reader.fault('events.nonzeroInputs', 'a share, at most 1', nonzeroInputs.high);
  return {
    nonzeroInputs,
    weightLoadsPerMac: reader.band(root, 'weightLoadsPerMac', 'factor', at),
    stateAccessesPerMac: reader.band(root, 'stateAccessesPerMac', 'factor', at),
    ...readEventCosts(reader, root, at),
  };
}

/** What events cost: numbers, or `costs` with the id of a published table per instruction. */
function readEventCosts(reader: Reader, root: JsonObject, at: string): EventCosts & Pick<EventsOnTarget, 'costs'> {
  const { costs } = root;
  if (costs === undefined) {
    const energy = (key: string): Band => reader.band(root, key, 'energy', at);
    const optional = (key: 'thresholdJ' | 'centreJ'): Partial<EventCosts> => (root[key] === undefined ? {} : { [key]: energy(key) });
    return {
      eventJ: energy('eventJ'),
      macJ: energy('macJ'),
      weightLoadJ: energy('weightLoadJ'),
      stateAccessJ: energy('stateAccessJ'),
      ...optional('thresholdJ'),
      ...optional('centreJ'),
    };
  }
  const table = typeof costs === 'string' ? eventCosts.get(costs) : undefined;
  if (table === undefined) reader.fault(`${at}costs`, `one of ${[...eventCosts.keys()].join(', ')}`, costs);
  for (const key of ['eventJ', 'macJ', 'weightLoadJ', 'stateAccessJ', 'thresholdJ', 'centreJ'])
    if (root[key] !== undefined) reader.fault(at + key, 'nothing, because "costs" names a table', root[key]);
  if (table === undefined || typeof costs !== 'string') return { eventJ: unread, macJ: unread, weightLoadJ: unread, stateAccessJ: unread };
  return { ...table, costs };
}
