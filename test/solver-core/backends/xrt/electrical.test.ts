import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { parseElectrical } from '../../../../solver-core/backends/xrt/electrical.ts';
import type { XrtHost } from '../../../../solver-core/backends/xrt/host.ts';
import { xrtHost } from '../../../../solver-core/backends/xrt/host.ts';
import { cardPower } from '../../../../solver-core/backends/xrt/list-cards.ts';
import { readElectrical } from '../../../../solver-core/backends/xrt/read-electrical.ts';
import { scratch } from './rig.ts';

const fixture = (name: string): string => readFileSync(new URL(`electrical/${name}.json`, import.meta.url), 'utf8');
const bdf = '0000:65:00.1';

describe('the electrical report', () => {
  test('gives volts, amperes and watts as numbers', () => {
    const report = parseElectrical(fixture('card'), bdf);
    expect(report).toMatchObject({ bdf, powerW: { kind: 'value', value: 23.931664 }, maxPowerW: { kind: 'value', value: 225 } });
    expect(cardPower({ kind: 'report', report: report as Exclude<typeof report, string> })).toEqual({
      powerW: 23.931664,
      powerNote: null,
      rails: [
        { name: '12v_aux', volts: 12.164, amps: 0.436 },
        { name: '12v_pex', volts: 12.112, amps: 1.538 },
        { name: 'vccint', volts: 0.851, amps: null },
      ],
    });
  });

  test('never makes a zero of what is missing', () => {
    const report = parseElectrical(fixture('no-sensors'), bdf);
    expect(report).toEqual({
      bdf,
      powerW: { kind: 'absent', reason: 'not available on this card' },
      maxPowerW: { kind: 'absent', reason: 'not available on this card' },
      rails: [],
    });
    expect(cardPower({ kind: 'report', report: report as Exclude<typeof report, string> })).toEqual({
      powerW: null,
      powerNote: 'not available on this card',
      rails: [],
    });
  });

  test('reads the form of newer versions, where a power of 0 means that nothing was measured', () => {
    const report = parseElectrical(fixture('data-driven'), '0000:03:00.1');
    expect(report).toMatchObject({
      powerW: { kind: 'absent', reason: 'the card reports 0 W, so its sensor did not answer' },
      maxPowerW: { kind: 'absent' },
      rails: [
        { voltageV: { kind: 'value', value: 12.052 }, currentA: { kind: 'value', value: 1.1 } },
        { id: 'vccint [31m', voltageV: { kind: 'absent' }, currentA: { kind: 'value', value: 7.25 } },
      ],
    });
  });

  test.each([
    { text: '', says: 'empty' },
    { text: 'ERROR: no device', says: 'not JSON' },
    { text: '[]', says: 'names no devices' },
    { text: '{"devices":[null,7]}', says: 'does not speak of' },
    { text: `{"devices":[{"device_id":"${bdf}"}]}`, says: 'no electrical part' },
    { text: ' '.repeat(5_000_000), says: 'more than' },
  ])('says why a text is no report: $says', ({ text, says }) => {
    expect(parseElectrical(text, bdf)).toContain(says);
  });

  test.each(['N/A', 'NA', 'n/a', '', ' ', '-1', '1e3', '12 V', 'NaN', 'Infinity', '0x10', '12,1', null, true, [], {}])(
    'a value of %j is absent',
    (value) => {
      const text = JSON.stringify({ devices: [{ device_id: bdf, electrical: { power_consumption_watts: value } }] });
      expect(parseElectrical(text, bdf)).toMatchObject({ powerW: { kind: 'absent' } });
    },
  );

  test('whatever JSON comes, every reading is a finite number or has a reason', () => {
    const rail = fc.record({ id: fc.jsonValue(), voltage: fc.jsonValue(), current: fc.jsonValue() });
    const electrical = fc.record({ power_consumption_watts: fc.jsonValue(), power_rails: fc.oneof(fc.array(rail), fc.jsonValue()) });
    fc.assert(
      fc.property(electrical, (value) => {
        const report = parseElectrical(JSON.stringify({ devices: [{ device_id: bdf, electrical: value }] }), bdf);
        if (typeof report === 'string') throw new Error(report);
        const readings = [report.powerW, ...report.rails.flatMap((each) => [each.voltageV, each.currentA])];
        return readings.every((reading) => (reading.kind === 'value' ? Number.isFinite(reading.value) : reading.reason !== ''));
      }),
      { seed: 4, numRuns: 500 },
    );
    expect(true).toBe(true);
  });
});

describe('reading the report by the tool of XRT', () => {
  const folder = scratch();
  afterAll(() => folder.remove());

  /** A host whose xbutil is a script; `$OUT` is the file it shall write. */
  function withTool(name: string, script: string): XrtHost {
    const bin = join(folder.path, name, 'bin');
    mkdirSync(bin, { recursive: true });
    const find = 'OUT=; while [ $# -gt 0 ]; do [ "$1" = -o ] && OUT=$2; shift; done\n';
    writeFileSync(join(bin, 'xbutil'), `#!/bin/sh\n${find}${script}\n`);
    chmodSync(join(bin, 'xbutil'), 0o755);
    return { ...xrtHost(), env: { PATH: '/usr/bin:/bin', XILINX_XRT: join(folder.path, name) } };
  }

  test('takes the file, whatever the exit status', async () => {
    const file = join(folder.path, 'card.json');
    writeFileSync(file, fixture('card'));
    const answer = await readElectrical(withTool('good', `cp ${file} "$OUT"; exit 1`), bdf);
    expect(answer).toMatchObject({ kind: 'report', report: { powerW: { kind: 'value' } } });
  });

  test('a tool that succeeds without a file, or writes nonsense, is no report', async () => {
    expect(await readElectrical(withTool('nothing', 'exit 0'), bdf)).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('no report') as string,
    });
    expect(await readElectrical(withTool('nonsense', 'echo hello > "$OUT"'), bdf)).toEqual({
      kind: 'none',
      reason: 'the report is not JSON',
    });
  });

  test('a tool that hangs is ended at its deadline, with what it started', async () => {
    const answer = await readElectrical(withTool('hang', 'sleep 600 & wait'), bdf, 200);
    expect(answer).toMatchObject({ kind: 'none', reason: expect.stringContaining('did not end within 0.2 s') as string });
  });

  test('no tool, and an address that is none', async () => {
    const host: XrtHost = { ...xrtHost(), env: { PATH: '' } };
    expect(await readElectrical(host, bdf)).toMatchObject({ kind: 'none', reason: expect.stringContaining('installed') as string });
    expect(await readElectrical(host, '$(reboot)')).toEqual({ kind: 'none', reason: 'not a bus address' });
  });
});
