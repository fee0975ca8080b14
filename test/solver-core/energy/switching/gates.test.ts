import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canonicalNetlist } from '../../../../.ci/mac-netlist.mjs';
import { dataFreeTable, energyByWeight, uniformShares } from '../../../../bench/data-free/data-free-table.ts';
import { cellJoules, energyBand } from '../../../../solver-core/energy/switching/anchor.ts';
import { characterisation } from '../../../../solver-core/energy/switching/characterisation.ts';
import { bitPlanes, planeWords } from '../../../../solver-core/energy/switching/gate-kernel.ts';
import type { MacCell } from '../../../../solver-core/energy/switching/gate-simulation.ts';
import { cellOf, macCell } from '../../../../solver-core/energy/switching/gate-simulation.ts';
import type { MacNetlist } from '../../../../solver-core/energy/switching/netlist.ts';
import { gateKinds, macNetlist, readNetlist } from '../../../../solver-core/energy/switching/netlist.ts';
import { seededBelow } from '../../../../solver-core/energy/switching/random.ts';
import { sha256Ascii } from '../../../../solver-core/energy/switching/sha256.ts';
import type { CellEnergy, MacCellId, Transitions } from '../../../../solver-core/energy/switching/types.ts';
import { energyTables } from '../../../../solver-core/energy/tables/index.ts';
import { projectRoot } from '../../../shared.ts';
import { tolerances } from '../../../tolerances.ts';

const cells: readonly MacCellId[] = ['array', 'booth', 'shift'];
const unitLoad = { multiplier: 1, adder: 0, registers: 0 };

/** Results of one weight for these streams, from the planes that a unit hands on. */
function results(cell: MacCell, weight: number, activations: Uint8Array, sums: Int32Array): Int32Array {
  const planes = bitPlanes(sums, 22);
  cell.planesEnergy(weight, bitPlanes(activations, 8), planes);
  const words = planeWords(sums.length);
  return sums.map((_, i) => {
    let value = 0;
    for (let bit = 0; bit < 22; bit++) value |= ((planes[bit * words + (i >> 5)]! >>> (i & 31)) & 1) << bit;
    return (value << 10) >> 10;
  });
}

/** Whether the cell is right for every activation and random sums. */
function computes(cell: MacCell, weight: number, seed: number): boolean {
  const below = seededBelow(seed);
  const activations = Uint8Array.from({ length: 512 }, (_, i) => i & 255);
  const sums = Int32Array.from(activations, () => below(2 ** 22) - 2 ** 21);
  const expected = sums.map((sum, i) => ((sum + weight * activations[i]!) << 10) >> 10);
  return results(cell, weight, activations, sums).every((value, i) => value === expected[i]);
}

test.for(cells)('the gates of the %s cell multiply and add for every weight and activation', (id) => {
  const cell = macCell(id);
  expect(cell.allowed.length).toBe(id === 'shift' ? 15 : 255);
  expect(cell.allowed.filter((weight) => !computes(cell, weight, weight))).toEqual([]);
});

test('output is one result of the gates, modulo 2^22', () => {
  const cell = macCell('array');
  expect(cell.output(-127, 255, 5)).toBe(-32380);
  expect(cell.output(127, 255, 2 ** 21 - 1)).toBe(2 ** 21 - 1 + 32385 - 2 ** 22);
  expect(macCell('shift').output(-64, 200, 0)).toBe(-12800);
});

function rehashed(netlist: MacNetlist, change: Partial<MacNetlist>): MacNetlist {
  const changed = { ...netlist, ...change };
  return { ...changed, sha256: sha256Ascii(canonicalNetlist(changed)) };
}

test('a netlist with another gate, or other bytes, is noticed', () => {
  const netlist = macNetlist('array');
  const [and, or] = [gateKinds.indexOf('AND'), gateKinds.indexOf('OR')];
  const swap = (at: number): number[] => netlist.kinds.map((kind, i) => (i !== at ? kind : kind === and ? or : and));
  expect(() => readNetlist({ ...netlist, kinds: swap(5) })).toThrow(/SHA-256/);
  expect(() => readNetlist(rehashed(netlist, { pins: [...netlist.pins.slice(0, -1), 5000] }))).toThrow(/reads/);
  for (let at = 0; at < netlist.kinds.length; at += 31) {
    const broken = cellOf(readNetlist(rehashed(netlist, { kinds: swap(at) })), unitLoad);
    expect({ at, right: broken.allowed.every((weight) => computes(broken, weight, weight)) }).toEqual({ at, right: false });
  }
});

function randomTransitions(count: number, seed: number): Transitions {
  const below = seededBelow(seed);
  const bytes = (): Uint8Array => Uint8Array.from({ length: count }, () => below(256));
  const sums = (): Int32Array => Int32Array.from({ length: count }, () => below(2 ** 22) - 2 ** 21);
  return { count, activationBefore: bytes(), activation: bytes(), sumBefore: sums(), sum: sums() };
}

const total = (e: { multiplier: number; adder: number; registers: number }): number => e.multiplier + e.adder + e.registers;

test.for(cells)('uniformly random operands cost 1 in the %s cell, and no weight is free', (id) => {
  const cell = macCell(id);
  const energies = cell.transitionEnergies(randomTransitions(4000, 3)).map(total);
  expect(Math.abs(energies.reduce((a, b) => a + b, 0) / energies.length - 1)).toBeLessThan(tolerances.uniformCell.relative);
  const zero = energies[cell.allowed.indexOf(0)]!;
  expect(zero).toBe(Math.min(...energies));
  expect(zero).toBeGreaterThan(0.2);
});

test('a weight of 0 keeps every multiplier still, constant inputs the whole cell', () => {
  for (const id of cells) {
    const cell = macCell(id);
    expect(cell.transitionEnergy(0, randomTransitions(500, 4)).multiplier).toBe(0);
    const still = { ...randomTransitions(200, 5) };
    const same = { ...still, activation: still.activationBefore, sum: still.sumBefore };
    expect(cell.allowed.map((weight) => total(cell.transitionEnergy(weight, same))).filter((e) => e !== 0)).toEqual([]);
    expect(total(cell.transitionEnergy(1, { ...still, count: 0, activation: new Uint8Array(0), sum: new Int32Array(0) }))).toBe(0);
  }
});

test('pairs, streams and chained planes count the same toggles', () => {
  const cell = macCell('booth');
  const n = 1500;
  const { activation, sum } = randomTransitions(n, 6);
  const follow = {
    count: n - 1,
    activationBefore: activation.subarray(0, -1),
    activation: activation.subarray(1),
    sumBefore: sum.subarray(0, -1),
    sum: sum.subarray(1),
  };
  const close = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThan(tolerances.sumFp64.relative * Math.abs(b));
  const stream = cell.streamEnergy(-77, activation, sum);
  close(total(stream), total(cell.transitionEnergy(-77, follow)) * (n - 1));
  close(total(cell.transitionEnergies(follow)[cell.allowed.indexOf(-77)]!), total(cell.transitionEnergy(-77, follow)));
  const planes = bitPlanes(sum, 22);
  const activations = bitPlanes(activation, 8);
  close(total(cell.planesEnergy(-77, activations, planes)), total(stream));
  const below = results(cell, -77, activation, sum);
  close(total(cell.planesEnergy(13, activations, planes)), total(cell.streamEnergy(13, activation, below)));
});

test('the hash of the data is SHA-256', () => {
  for (const length of [0, 1, 55, 56, 63, 64, 119, 120, 1000]) {
    const text = 'netlist'.repeat(200).slice(0, length);
    expect(sha256Ascii(text)).toBe(createHash('sha256').update(text).digest('hex'));
  }
});

test.for(cells)('the data-free table of the %s cell, weighted as uniformly random operands are, gives its uniform energies', (id) => {
  const energies = energyByWeight(dataFreeTable(id, macNetlist(id).sha256), uniformShares());
  const cell = macCell(id);
  const direct = cell.transitionEnergies(randomTransitions(4000, 8)).map(total);
  const error = cell.allowed.map((weight, i) => Math.abs(energies[weight + 127]! / direct[i]! - 1));
  expect(Math.max(...error)).toBeLessThan(tolerances.stratifiedCell.relative);
  expect(energies.filter((e) => Number.isNaN(e)).length).toBe(255 - cell.allowed.length);
});

test('more changed bits of the sum cost more, and an activation that stays 0 costs the multiplier nothing', () => {
  for (const id of cells) {
    const { byPart } = dataFreeTable(id, macNetlist(id).sha256);
    const at = (part: number, kind: number, group: number): number => byPart[part]![(kind * 13 + group) * 255 + 127 + 64]!;
    for (let kind = 0; kind < 4; kind++) expect(at(1, kind, 12)).toBeGreaterThan(at(1, kind, 0));
    expect([at(0, 0, 0), at(0, 0, 12)]).toEqual([0, 0]);
    expect(at(0, 3, 6)).toBeGreaterThan(0);
  }
});

test('under every table uniformly random operands cost its multiply, its add over 22 bits, and the registers', () => {
  for (const table of energyTables) {
    for (const id of ['array', 'booth'] as const) {
      const { uniformLoad } = characterisation(id, macNetlist(id).sha256);
      const unit = total(uniformLoad);
      const joules = cellJoules(id, table);
      const whole = (part: keyof CellEnergy): number => (joules[part].value * uniformLoad[part]) / unit;
      const close = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThan(tolerances.sumFp64.relative * b);
      close(whole('multiplier'), table.operations.int8MulJ.value);
      close(whole('adder'), (table.operations.int32AddJ.value * 22) / 32);
      if (table.id === 'aladdin40') close(whole('registers'), 30 * 9e-15);
      else expect(joules.registers.source).toBe('assumed');
    }
    // A shifter is far below a multiplier, an adder is an adder.
    const [shift, array] = [
      energyBand(uniform('shift'), cellJoules('shift', table)),
      energyBand(uniform('array'), cellJoules('array', table)),
    ];
    expect(shift.value).toBeLessThan(0.6 * array.value);
    expect(shift.source).toBe('assumed');
  }
});

function uniform(id: MacCellId): CellEnergy {
  const { uniformLoad } = characterisation(id, macNetlist(id).sha256);
  const unit = total(uniformLoad);
  return { multiplier: uniformLoad.multiplier / unit, adder: uniformLoad.adder / unit, registers: uniformLoad.registers / unit };
}

test('what is characterised without data is for the benchmark alone: no module of switching is there for tests', () => {
  const folder = join(projectRoot, 'solver-core/energy/switching');
  const users = [
    ...readdirSync(join(projectRoot, 'solver-core'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(projectRoot, 'solver-core', path)),
    join(projectRoot, '.ci/characterise-mac.mjs'),
  ].map((path) => readFileSync(path, 'utf8'));
  const unused = readdirSync(folder, { encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => !users.some((text) => text.includes(`/${name}'`) || text.includes(`'${name.replace('.ts', '')}'`)));
  expect(unused).toEqual([]);
  const data = readdirSync(join(folder, 'data')).filter((name) => !/^(netlist|characterisation)-(array|booth|shift)\.json$/.test(name));
  expect(data).toEqual([]);
});
