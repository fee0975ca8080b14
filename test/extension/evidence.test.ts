import { describe, expect, it } from 'vitest';
import type { EnergyDocument, EvidenceDocument } from '../../solver-core/protocol/index.ts';
import { calibrationText, evidenceLines, evidenceView, groundsLines, mappingText } from '../../extension/evidence-text.ts';
import { hintTooltip } from '../../extension/hint-text.ts';
import { emptySnapshot, layerLookup } from '../../extension/plan-snapshot.ts';
import { reportView } from '../../extension/to-view.ts';
import { energy, hostileId, joules, plainText } from './fixtures.ts';

const evidence: EvidenceDocument = {
  of: 'one inference',
  estimate: joules(3.7e-7),
  simulated: joules(4.1e-7, 'simulated'),
  measured: { energy: joules(4.4e-7, 'measured'), repetitions: 12, sensor: 'RAPL package 0', date: '2026-11-21T10:00:00Z' },
  error: -0.159,
  stale: null,
};
const mapping = {
  dataflow: 'weight-stationary',
  text: '1 x 4 tiles of 64 x 64',
  utilisation: 0.78,
  cycles: 12_544,
  traffic: [],
} as const;
const calibration = { path: '/p/.tierwise/calibrations/ecp5-85f.json', date: '2026-11-20T08:00:00Z', stale: null };
const [first, ...rest] = energy.layers;
const known: EnergyDocument = {
  ...energy,
  layers: first
    ? [
        { ...first, evidence: [evidence], mapping, onTrainingMachine: { sgd: joules(0.4), solve: joules(0.007), incremental: null } },
        ...rest,
      ]
    : [],
  evidence: [evidence, { ...evidence, of: hostileId, measured: null, stale: hostileId, error: 0.07 }],
  calibration,
  trainingMachine: {
    machine: 'server-cpu',
    name: hostileId,
    retraining: { sgd: joules(0.8), solve: joules(0.014), incremental: null },
    breakEvenRetrainings: 0,
  },
};

describe('evidence', () => {
  it('stands side by side with the error of the estimate and what measured it', () => {
    const text = evidenceLines([evidence], plainText).join('\n').replaceAll('\u00a0', ' ');
    expect(text).toContain('| one inference | 370 nJ | 410 nJ | 440 nJ | \u221216 % |');
    expect(text).toContain('Measured: RAPL package 0\\, 12 runs\\, 2026\\-11\\-21');
    expect(evidenceView(evidence, plainText)).toMatchObject({ error: '\u221216 %', measuredBy: 'RAPL package 0, 12 runs, 2026-11-21' });
  });

  it('leaves out what has an estimate alone, and marks what is out of date', () => {
    expect(evidenceLines([{ ...evidence, simulated: null, measured: null }], plainText)).toEqual([]);
    expect(evidenceLines(undefined, plainText)).toEqual([]);
    expect(evidenceLines([{ ...evidence, stale: 'the model changed' }], plainText).join('\n')).toMatch(
      /out of date.*\n[\s\S]*Out of date: the model changed/,
    );
  });

  it('shows in the tooltip of a layer, with mapping and calibration', () => {
    const state = layerLookup({ ...emptySnapshot('/p/digits.tiers'), energy: known })('fc1', 'lower');
    const tooltip = hintTooltip(state, 'ecp5-85f', plainText, known);
    expect(tooltip).toContain('error of the estimate');
    expect(tooltip).toContain('On the array: weight\\-stationary\\, 1 x 4 tiles of 64 x 64\\; units busy 78 \\% of the time');
    expect(tooltip).toContain('Constants fitted to measurements of 2026\\-11\\-20');
    expect(tooltip.replaceAll('\u00a0', ' ')).toMatch(/retrain: gradient descent .*\n\| · on server\\-cpu \| 400 mJ/);
    expect(hintTooltip(state, 'ecp5-85f', plainText)).not.toContain('Constants fitted');
  });

  it('goes to the report with the training machine', () => {
    const view = reportView({ ...emptySnapshot('/p/digits.tiers'), energy: known }, plainText);
    expect(view?.evidence).toHaveLength(2);
    expect(view?.layers[0]).toMatchObject({ mapping: mappingText(mapping, plainText), evidence: [{ of: 'one inference' }] });
    expect(view?.layers[0]?.training).toMatchObject({ name: hostileId, solve: { value: 0.007 }, incremental: null });
    expect(view?.trainingMachine).toMatchObject({ name: hostileId, breakEven: 'at once', incremental: null });
    expect(view?.calibration).toEqual({ text: 'Constants fitted to measurements of 2026-11-20', path: calibration.path, stale: null });
    expect(reportView({ ...emptySnapshot('/p/digits.tiers'), energy }, plainText)).not.toHaveProperty('trainingMachine');
  });

  it('keeps names of files inert', () => {
    const lines = [...evidenceLines(known.evidence, plainText), ...groundsLines(known, plainText)].join('\n');
    expect(lines).not.toMatch(/\]\(command:|(^|[^\\])[<`]/m);
    expect(groundsLines(known, plainText).join('\n')).toContain('gradient descent 800 mJ, direct solve 14.0 mJ');
  });

  it('says why a calibration is out of date', () => {
    expect(calibrationText({ ...calibration, stale: 'the target changed' }, plainText)).toBe(
      'The calibration of 2026-11-20 is out of date: the target changed',
    );
  });
});
