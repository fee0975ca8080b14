import { describe, expect, it } from 'vitest';
import { withSimulation } from '../../extension/simulation.ts';
import type { EnergyDocument, EvidenceDocument, Quantity } from '../../solver-core/protocol/index.ts';
import { energy as plain } from './fixtures.ts';

const joules = (value: number): Quantity<'J'> => ({ value, unit: 'J', low: value / 2, high: value * 2, source: 'modelled', ref: 'test' });
const evidence = (of: string, simulated: number | null): EvidenceDocument => ({
  of,
  estimate: joules(2e-9),
  simulated: simulated === null ? null : joules(simulated),
  measured: null,
  error: null,
  stale: null,
});

const energy: EnergyDocument = { ...plain, evidence: [evidence('one inference', null)] };
const [first, ...others] = energy.layers;
const document: EnergyDocument = {
  ...energy,
  layers: [...(first ? [{ ...first, evidence: [evidence('multiply-adds', 1e-9)] }] : []), ...others],
  evidence: [evidence('one inference', 3e-9), evidence('multiply-adds of one inference', 1e-9)],
  assumptions: [...energy.assumptions, { name: 'switching', text: 'toggles', dominates: false }],
  diagnostics: [...energy.diagnostics, { code: 'switching-layer-skipped', severity: 'info', message: 'left', where: {} }],
};
const simulation = { planHash: 'text', document };

describe('a simulation beside the figures of its plan', () => {
  it('adds what was simulated, with its assumptions and findings, and changes no figure that is there', () => {
    const told = withSimulation(energy, simulation, 'text');
    expect(told.layers[0]?.evidence?.map(({ of }) => of)).toEqual(['multiply-adds']);
    expect(told.evidence?.map(({ of, simulated }) => [of, simulated?.value ?? null])).toEqual([
      ['one inference', null],
      ['multiply-adds of one inference', 1e-9],
    ]);
    expect(told.assumptions.at(-1)?.name).toBe('switching');
    expect(told.diagnostics.at(-1)?.code).toBe('switching-layer-skipped');
    expect(told.totals).toBe(energy.totals);
    expect(withSimulation(told, simulation, 'text')).toEqual(told);
  });

  it('is shown while the plan is closed, and not after an edit, on another target or of another model', () => {
    expect(withSimulation(energy, simulation, null)).not.toBe(energy);
    expect(withSimulation(energy, simulation, 'edited')).toBe(energy);
    const moved = { ...energy, target: 'other' };
    expect(withSimulation(moved, simulation, 'text')).toBe(moved);
    const renamed = { ...energy, model: '/p/other.onnx' };
    expect(withSimulation(renamed, simulation, 'text')).toBe(renamed);
  });
});
