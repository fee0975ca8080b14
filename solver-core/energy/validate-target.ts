import type { Checked } from '../model/diagnostic.ts';
import type { Band } from './quantity.ts';
import { dramTypes } from './tables/dram.ts';
import type { Arithmetic, EnergyTable, EnergyTarget, EngineOnTarget, MemoryLevel, TableOperation } from './target.ts';
import { tableOperations, targetKinds } from './target.ts';
import type { JsonObject } from './target-reader.ts';
import { isAbsent, Reader, unread } from './target-reader.ts';
import { readArray, readEvents } from './validate-array.ts';

/** Most memory levels a data file may hold; far above any honest one. */
const maxMemories = 8;
const maxSizeBytes = 1e18;

/**
 * Checks a parsed JSON value against the target format (`tierwise.target/1`).
 * Unknown keys are ignored. Returns the target, or undefined and an `energy-target-invalid` error per fault; never throws.
 */
export function validateTarget(json: unknown, path: string): Checked<EnergyTarget> {
  const reader = new Reader(path, 'energy-target-invalid');
  const root = reader.object(json, '');
  reader.schema(root, 'tierwise.target/1');
  // What is no target at all need not be told what a target must hold.
  if (reader.diagnostics.length > 0) return { value: undefined, diagnostics: reader.diagnostics };
  const target: EnergyTarget = {
    id: reader.text(root, 'id'),
    name: reader.text(root, 'name'),
    kind: reader.oneOf(root, 'kind', targetKinds),
    summary: reader.text(root, 'summary'),
    clockHz: reader.band(root, 'clockHz', 'clock'),
    macsPerCycle: reader.band(root, 'macsPerCycle', 'rate'),
    arithmeticFactor: reader.band(root, 'arithmeticFactor', 'factor'),
    overheadPerMacJ: reader.band(root, 'overheadPerMacJ', 'energy'),
    staticPowerW: root['staticPowerW'] === null ? null : reader.band(root, 'staticPowerW', 'power'),
    refetch: reader.band(root, 'refetch', 'factor'),
    memories: readMemories(reader, root),
    arithmetic: readArithmetics(reader, reader.object(root['arithmetic'], 'arithmetic')),
    engine: root['engine'] === null ? null : readEngine(reader, reader.object(root['engine'], 'engine')),
    ...(root['array'] === undefined ? {} : { array: readArray(reader, root) }),
    ...(root['events'] === undefined ? {} : { events: readEvents(reader, root) }),
  };
  return { value: reader.diagnostics.length === 0 ? target : undefined, diagnostics: reader.diagnostics };
}

/** Checks a parsed JSON value against the table format (`tierwise.energy-table/1`). Returns as `validateTarget` does. */
export function validateTable(json: unknown, path: string): Checked<EnergyTable> {
  const reader = new Reader(path, 'energy-table-invalid');
  const root = reader.object(json, '');
  if (isAbsent(root)) return { value: undefined, diagnostics: reader.diagnostics };
  reader.schema(root, 'tierwise.energy-table/1');
  const list = reader.object(root['operations'], 'operations');
  const operations = Object.fromEntries(
    tableOperations.map((name): [TableOperation, Band] => [name, reader.band(list, name, 'operation', 'operations.')]),
  ) as Record<TableOperation, Band>;
  const table: EnergyTable = {
    id: reader.text(root, 'id'),
    name: reader.text(root, 'name'),
    process: reader.text(root, 'process'),
    ref: reader.text(root, 'ref'),
    operations,
  };
  return { value: reader.diagnostics.length === 0 ? table : undefined, diagnostics: reader.diagnostics };
}

function readMemories(reader: Reader, root: JsonObject): readonly MemoryLevel[] {
  const list = root['memories'];
  if (!Array.isArray(list) || list.length === 0 || list.length > maxMemories) {
    reader.fault('memories', `a list of 1 to ${maxMemories} memory levels, nearest first`, list);
    return [];
  }
  return list.map((entry: unknown, index): MemoryLevel => {
    const at = `memories[${index}]`;
    const level = reader.object(entry, at);
    const last = index === list.length - 1;
    const sizeBytes = level['sizeBytes'];
    const sizeOk = last ? sizeBytes === null : typeof sizeBytes === 'number' && sizeBytes > 0 && sizeBytes <= maxSizeBytes;
    if (!sizeOk && !isAbsent(level))
      reader.fault(
        `${at}.sizeBytes`,
        last ? 'null, because the last level must hold everything' : `a number of bytes above 0, at most ${maxSizeBytes}`,
        sizeBytes,
      );
    return {
      id: reader.text(level, 'id', `${at}.`),
      name: reader.text(level, 'name', `${at}.`),
      sizeBytes: typeof sizeBytes === 'number' ? sizeBytes : null,
      ...readMemoryEnergy(reader, level, `${at}.`),
      ...(level['bitsPerCycle'] === undefined ? {} : { bitsPerCycle: reader.band(level, 'bitsPerCycle', 'rate', `${at}.`) }),
    };
  });
}

/** `energyPerBitJ`, or `dram` with the name of a kind of DRAM that has a published one. */
function readMemoryEnergy(reader: Reader, level: JsonObject, at: string): Pick<MemoryLevel, 'energyPerBitJ' | 'dram'> {
  const { dram } = level;
  if (isAbsent(level)) return { energyPerBitJ: unread };
  if (dram === undefined) return { energyPerBitJ: reader.band(level, 'energyPerBitJ', 'energy', at) };
  const type = typeof dram === 'string' ? dramTypes.get(dram) : undefined;
  if (type !== undefined && level['energyPerBitJ'] === undefined) return { energyPerBitJ: type.energyPerBitJ, dram: type.id };
  if (type === undefined) reader.fault(`${at}dram`, `one of ${[...dramTypes.keys()].join(', ')}`, dram);
  else reader.fault(`${at}energyPerBitJ`, `nothing, because "dram" names ${type.name}`, level['energyPerBitJ']);
  return { energyPerBitJ: unread };
}

function readArithmetics(reader: Reader, root: JsonObject): EnergyTarget['arithmetic'] {
  if (isAbsent(root)) return { inference: { kind: 'model' }, training: { kind: 'model' }, solve: { kind: 'model' } };
  return {
    inference: readArithmetic(reader, root['inference'], 'arithmetic.inference'),
    training: readArithmetic(reader, root['training'], 'arithmetic.training'),
    solve: readArithmetic(reader, root['solve'], 'arithmetic.solve'),
  };
}

function readArithmetic(reader: Reader, json: unknown, at: string): Arithmetic {
  const root = reader.object(json, at);
  const bits = root['bits'];
  const sums = root['accumulatorBits'];
  if (isAbsent(root) || root['kind'] === 'model') return { kind: 'model' };
  if (root['kind'] === 'float' && (bits === 16 || bits === 32 || bits === 64)) return { kind: 'float', bits };
  if (root['kind'] === 'fixed' && isWidth(bits) && isWidth(sums)) return { kind: 'fixed', bits, accumulatorBits: sums };
  reader.fault(at, '{"kind":"model"}, {"kind":"float","bits":16|32|64} or {"kind":"fixed","bits":1..64,"accumulatorBits":1..64}', json);
  return { kind: 'model' };
}

function isWidth(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 64;
}

function readEngine(reader: Reader, root: JsonObject): EngineOnTarget {
  return {
    activity: reader.band(root, 'activity', 'factor', 'engine.'),
    linkEnergyPerBitJ: reader.band(root, 'linkEnergyPerBitJ', 'energy', 'engine.'),
    refineOn: reader.text(root, 'refineOn', 'engine.'),
  };
}
