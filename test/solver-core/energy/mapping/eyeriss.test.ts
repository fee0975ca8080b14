import { describe, expect, test } from 'vitest';
import { neededBits } from '../../../../solver-core/energy/mapping/choose.ts';
import { tolerances } from '../../../tolerances.ts';
import {
  dramAccesses,
  fullyConnected,
  ownMapping,
  parts,
  published,
  publishedNest,
  shareBands,
  shares,
  tableFigures,
  vgg16,
} from './eyeriss.ts';

const [conv1, conv2, conv3, conv4, conv5] = published;
const wide = { weights: 16, activations: 16, sums: 16 };
const nothing = { weights: false, activations: false };

describe('AlexNet on Eyeriss at the published mapping parameters', () => {
  test.each(published)('$id: units at work, and the mapping fits the buffer', (layer) => {
    const nest = publishedNest(layer);
    expect(tableFigures(nest).activeUnits).toBe(layer.activeUnits);
    expect(neededBits(nest, wide, nothing)).toBeLessThanOrEqual(108 * 1024 * 8);
  });

  test.each([conv1, conv2, conv4, conv5])('$id: megabytes that cross the global buffer, as measured', (layer) => {
    const { bufferMb } = tableFigures(publishedNest(layer));
    expect(Math.abs(bufferMb / layer.bufferMb - 1)).toBeLessThan(tolerances.publishedDigits.relative);
  });

  test('CONV3: the megabytes as measured are those of the parameters of CONV4, not of its own in table III', () => {
    expect(tableFigures(publishedNest(conv3)).bufferMb).toBeGreaterThan(1.3 * conv3.bufferMb);
    const { bufferMb } = tableFigures(publishedNest(conv3, conv4.parameters));
    expect(Math.abs(bufferMb / conv3.bufferMb - 1)).toBeLessThan(tolerances.publishedDigits.relative);
  });

  test.each(published)('$id: cycles without ramps stay below the measured latency, by a fifth at most', (layer) => {
    const { latencyMs } = tableFigures(publishedNest(layer));
    expect(latencyMs).toBeLessThan(layer.latencyMs);
    expect(latencyMs).toBeGreaterThan(0.8 * layer.latencyMs);
  });

  test.each(published)('$id: DRAM traffic before compression is 1.2 to 1.9 times that measured after it, digits as printed', (layer) => {
    const { dramMb } = tableFigures(publishedNest(layer));
    const halfDigit = 0.05;
    expect(dramMb / (layer.dramMb - halfDigit)).toBeGreaterThan(1.2 - halfDigit);
    expect(dramMb / (layer.dramMb + halfDigit)).toBeLessThan(1.9 + halfDigit);
  });
});

describe('AlexNet on eyeriss-168 by our own mapping', () => {
  test.each(published)('$id: every share within the band from published figures, registers the largest', (layer) => {
    const { shares: own } = shares(ownMapping(layer.shape));
    const bands = shareBands(layer);
    for (const part of parts) {
      expect(own[part], part).toBeGreaterThanOrEqual(bands[part][0]);
      expect(own[part], part).toBeLessThanOrEqual(bands[part][1]);
      if (part !== 'registers') expect(own.registers).toBeGreaterThan(own[part]);
    }
  });

  test.each(fullyConnected)('$id: DRAM takes most of the energy', ({ shape }) => {
    expect(shares(ownMapping(shape)).shares['off-chip']).toBeGreaterThan(0.5);
  });

  test.each(published)('$id: costs no more than the published mapping, or hardly', (layer) => {
    const nest = publishedNest(layer);
    const theirs = shares({ nest, traffic: tableFigures(nest).traffic, bits: wide, resident: nothing, misfit: null });
    expect(shares(ownMapping(layer.shape)).energyPerMacJ).toBeLessThan(1.02 * theirs.energyPerMacJ);
  });
});

describe('VGG-16 on eyeriss-168 by our own mapping', () => {
  test('every layer fits, and DRAM accesses per multiply-add are 1.2 to 1.9 times those measured after compression', () => {
    const mappings = vgg16.map(({ shape }) => ownMapping(shape));
    expect(mappings.map(({ misfit }) => misfit)).toEqual(vgg16.map(() => null));
    const total = (of: (m: (typeof mappings)[number]) => number): number => mappings.reduce((sum, m) => sum + of(m), 0);
    const perMac = total((m) => dramAccesses(m.traffic)) / total((m) => m.traffic.macs);
    const measured = 0.0035;
    expect(perMac).toBeGreaterThan(1.2 * measured);
    expect(perMac).toBeLessThan(1.9 * measured);
  });
});
