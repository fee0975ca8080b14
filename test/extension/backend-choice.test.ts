import { describe, expect, it } from 'vitest';
import {
  answerText,
  backendLabel,
  backendParam,
  isCurrentPort,
  portSetting,
  powerText,
  splitPorts,
  withChosenPort,
} from '../../extension/backend-choice.ts';
import type { BackendSettings } from '../../extension/backend-choice.ts';
import { plainText } from './fixtures.ts';
import type { SerialPortDocument } from '../../solver-core/protocol/index.ts';

const settings = (more: Partial<BackendSettings>): BackendSettings => ({
  fitBackend: 'plan',
  boardPort: 'auto',
  boardXrtDevice: 0,
  ...more,
});
const port = (more: Partial<SerialPortDocument>): SerialPortDocument => ({
  path: '/dev/ttyUSB1',
  vendorId: '0403',
  productId: '6010',
  serialNumber: null,
  manufacturer: null,
  candidates: [],
  simulated: false,
  answer: { kind: 'not-asked' },
  ...more,
});

describe('the choice of a backend', () => {
  it.each([
    [settings({}), undefined, 'sim'],
    [settings({ fitBackend: 'cpu' }), 'cpu', 'cpu'],
    [settings({ fitBackend: 'serial' }), 'serial:auto', 'serial board'],
    [settings({ fitBackend: 'serial', boardPort: '/dev/ttyUSB1' }), 'serial:/dev/ttyUSB1', 'serial ttyUSB1'],
    [settings({ fitBackend: 'serial', boardPort: 'FT1234' }), 'serial:FT1234', 'serial FT1234'],
    [settings({ fitBackend: 'serial', boardPort: '/tmp/tierwise-board-1' }), 'serial:/tmp/tierwise-board-1', 'simulated board'],
    [
      settings({ fitBackend: 'serial', boardPort: `/dev/${'x'.repeat(40)}` }),
      `serial:/dev/${'x'.repeat(40)}`,
      `serial ${'x'.repeat(23)}\u2026`,
    ],
    [settings({ fitBackend: 'xrt', boardXrtDevice: 2 }), 'xrt:2', 'card 2'],
  ])('%j is asked for as %j and called "%s"', (choice, asked, label) => {
    expect(backendParam(choice)).toBe(asked);
    expect(backendLabel(choice, 'sim', plainText)).toBe(label);
  });

  it('keeps a port by the serial number of its adapter, which stays when the name changes', () => {
    const [plain, numbered] = [port({}), port({ serialNumber: 'FT1234' })];
    expect(portSetting(plain, [plain])).toBe('/dev/ttyUSB1');
    expect(portSetting(numbered, [plain, numbered])).toBe('FT1234');
    const chosen = settings({ fitBackend: 'serial', boardPort: 'FT1234' });
    const renamed = port({ path: '/dev/ttyUSB7', serialNumber: 'FT1234' });
    expect(isCurrentPort(chosen, renamed, [renamed, plain])).toBe(true);
    expect(isCurrentPort(chosen, plain, [renamed, plain])).toBe(false);
  });

  it('keeps the path where a serial number means another port, or several', () => {
    const jtag = port({ path: '/dev/ttyUSB0', serialNumber: 'FT1' });
    const uart = port({ path: '/dev/ttyUSB1', serialNumber: 'FT1', candidates: ['iCEBreaker'] });
    expect([jtag, uart].map((one) => portSetting(one, [jtag, uart]))).toEqual(['/dev/ttyUSB0', 'FT1']);
    const chosen = settings({ fitBackend: 'serial', boardPort: 'FT1' });
    expect([jtag, uart].map((one) => isCurrentPort(chosen, one, [jtag, uart]))).toEqual([false, true]);
    const twins = [port({ path: 'a', serialNumber: '0001' }), port({ path: 'b', serialNumber: '0001' })];
    expect(twins.map((one) => portSetting(one, twins))).toEqual(['a', 'b']);
  });

  it('puts likely boards before other ports', () => {
    const ports = [port({ path: 'a' }), port({ path: 'b', candidates: ['ULX3S'] }), port({ path: 'c', simulated: true })];
    expect(splitPorts(ports).boards.map(({ path }) => path)).toEqual(['b', 'c']);
    expect(splitPorts(ports).others.map(({ path }) => path)).toEqual(['a']);
  });

  it('lists the chosen port even when the system does not', () => {
    const chosen = settings({ fitBackend: 'serial', boardPort: '/tmp/tierwise-board-1' });
    expect(withChosenPort(chosen, [port({})]).map(({ path, simulated }) => [path, simulated])).toEqual([
      ['/tmp/tierwise-board-1', true],
      ['/dev/ttyUSB1', false],
    ]);
    for (const boardPort of ['auto', 'FT1234', '/dev/ttyUSB*', '/dev/ttyUSB1'])
      expect(withChosenPort({ ...chosen, boardPort }, [port({})])).toHaveLength(1);
    expect(withChosenPort({ ...chosen, fitBackend: 'sim' }, [])).toEqual([]);
  });

  it('tells an answer from a guess', () => {
    const engine = {
      device: 'iCEBreaker',
      lanes: 4,
      wordBits: 16,
      accumulatorBits: 48,
      limbs: 1,
      maxFeatures: 28,
      clockHz: 24e6,
      baud: 1e6,
      image: '1',
    } as const;
    expect(answerText({ kind: 'engine', engine }, [], plainText)).toBe('iCEBreaker, up to 28 inputs per layer, 24.0 MHz');
    expect(answerText({ kind: 'not-asked' }, ['ULX3S', 'iCEBreaker'], plainText)).toBe('May be: ULX3S, iCEBreaker. Not asked yet');
    expect(answerText({ kind: 'error', code: 'board-busy', message: 'in use', advice: '' }, ['ULX3S'], plainText)).toBe('in use');
  });

  it('never calls power that is not reported zero', () => {
    const device = { index: 0, bdf: null, name: null, answer: { kind: 'not-asked' }, rails: [] } as const;
    expect(powerText({ ...device, powerW: null, powerNote: 'the card reports N/A' }, plainText)).toBe('the card reports N/A');
    expect(powerText({ ...device, powerW: null, powerNote: null }, plainText)).toBe('power not reported');
    expect(powerText({ ...device, powerW: 12.34, powerNote: null }, plainText)).toBe('12.3 W measured');
  });
});
