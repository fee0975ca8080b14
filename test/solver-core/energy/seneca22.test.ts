import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { seneca22 } from '../../../solver-core/energy/tables/seneca22.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import { validateTarget } from '../../../solver-core/energy/validate-target.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';

/** Table 8 of Tang et al. 2023 in pJ, as the method reference restates it, written down a second time on purpose. */
const published: Readonly<Record<string, number>> = {
  'add-fp16': 1.4, 'sub-fp16': 1.4, 'mul-fp16': 1.4, 'add-int8': 1.2, 'sub-int8': 1.2, 'mul-int8': 1.2, 'gth-fp16': 1.2, 'max-fp16': 1.2,
  'min-fp16': 1.2, shl: 1.2, shr: 1.2, eql: 1.1, abs: 1.1, and: 1.1, orr: 1.1, i2f: 1.1, rnd: 1.4, mld: 3.7, mst: 3.9, 'evc-capture': 0.5,
  'evc-generate': 1.1, 'noc-event': 2, 'riscv-op': 11.6, 'riscv-data': 10,
}; // prettier-ignore

const pJ = (...ids: readonly string[]): number =>
  ids.reduce((sum, id) => sum + (seneca22.instructions.find((i) => i.id === id)?.energyJ ?? NaN), 0);

function close(actual: number | undefined, expected: number, relative: number = tolerances.sumFp64.relative): void {
  expect(Math.abs((actual ?? NaN) / expected - 1)).toBeLessThanOrEqual(relative);
}

describe('the table per instruction', () => {
  test('holds every instruction that is published, with its figure, and says where from', () => {
    expect(seneca22.instructions.map(({ id }) => id).toSorted()).toEqual(Object.keys(published).toSorted());
    for (const { id, energyJ, text } of seneca22.instructions) {
      close(energyJ, published[id]! * 1e-12);
      expect(text).not.toBe('');
    }
    expect(seneca22.ref).toContain('PMC10326429');
  });

  test('a synaptic operation is the published 2.8 pJ, with every access 14.1 pJ', () => {
    close(pJ('mul-fp16', 'add-fp16'), 2.8e-12);
    close(pJ('mul-fp16', 'add-fp16', 'mld', 'mld', 'mst'), 14.1e-12);
  });
});

describe('seneca-type', () => {
  const target = energyTargets.get('seneca-type');

  test('takes its events from the table', () => {
    const events = target?.events;
    expect(events?.costs).toBe('seneca22');
    close(events?.macJ.value, pJ('mul-fp16', 'add-fp16'));
    close(events?.eventJ.value, pJ('evc-capture', 'evc-generate', 'noc-event'));
    expect(events?.eventJ.low).toBe(0);
    close(events?.eventJ.high, 16 * pJ('evc-capture', 'noc-event') + pJ('evc-generate'));
    close(events?.weightLoadJ.value, pJ('mld'));
    close(events?.stateAccessJ.value, pJ('mld', 'mst'));
    close(events?.thresholdJ?.value, pJ('abs', 'gth-fp16'));
    close(events?.centreJ?.value, pJ('sub-fp16'));
    for (const band of [events?.macJ, events?.eventJ, events?.weightLoadJ, events?.stateAccessJ, events?.thresholdJ, events?.centreJ])
      expect(band?.ref).toContain('PMC10326429');
  });

  test('its other figures that rest on the table are sums of its entries', () => {
    close(target?.overheadPerMacJ.value, pJ('mld', 'mld', 'mst'), tolerances.tableDigits.relative);
    // Three digits are stated.
    close(target?.memories[0]?.energyPerBitJ.value, pJ('mld') / 16, tolerances.shownDigits.relative);
  });

  test('a target that states the same numbers itself is the same target', () => {
    const json = JSON.parse(readFileSync(join(projectRoot, 'solver-core/energy/targets/seneca-type.json'), 'utf8')) as Record<
      string,
      object
    >;
    const { costs: _, ...numbers } = target!.events!;
    const { value, diagnostics } = validateTarget({ ...json, events: numbers }, 'own.json');
    expect(diagnostics).toEqual([]);
    expect(value?.events).toEqual(numbers);
  });
});
