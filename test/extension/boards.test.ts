import { describe, expect, it } from 'vitest';
import type {
  BoardAnswer,
  BoardsDocument,
  SensorDocument,
  SerialPortDocument,
  XrtDeviceDocument,
} from '../../solver-core/protocol/index.ts';
import { boardNodes, type BoardNode, type BoardsScene } from '../../extension/boards/board-nodes.ts';
import { emptyBoards, obstacleOf, withListing, type Device } from '../../extension/boards/board-state.ts';
import { BoardsModel, type BoardsWorld } from '../../extension/boards/boards-model.ts';
import { SolverError } from '../../extension/solver-error.ts';
import { plainText } from './fixtures.ts';

const port = (path: string, answer: BoardAnswer = { kind: 'not-asked' }, more: Partial<SerialPortDocument> = {}): SerialPortDocument => ({
  path,
  vendorId: '0403',
  productId: '6010',
  serialNumber: null,
  manufacturer: 'FTDI',
  candidates: [],
  simulated: false,
  answer,
  ...more,
});
const card = (index: number, more: Partial<XrtDeviceDocument> = {}): XrtDeviceDocument => ({
  index,
  bdf: '0000:03:00.1',
  name: 'u250',
  answer: { kind: 'not-asked' },
  powerW: null,
  rails: [],
  powerNote: null,
  ...more,
});
const listing = (
  serial: readonly SerialPortDocument[] = [],
  xrt: readonly XrtDeviceDocument[] = [],
  notes: readonly string[] = [],
): BoardsDocument => ({
  schema: 'tierwise.boards/1',
  serial,
  xrt,
  notes,
});
const engine: BoardAnswer = {
  kind: 'engine',
  engine: {
    device: 'iCEBreaker (8 lanes, 18-bit words)',
    lanes: 8,
    wordBits: 18,
    accumulatorBits: 48,
    limbs: 1,
    maxFeatures: 256,
    clockHz: 24e6,
    baud: 3_000_000,
    image: 'd72fcf2616ba1007ea551d6b2dd97b0b',
  },
};
const sensor = (more: Partial<SensorDocument>): SensorDocument => ({
  id: 's',
  kind: 'rapl',
  name: 'RAPL package 0',
  state: 'ready',
  domain: 'processor package 0',
  reading: 'counter',
  updateIntervalMs: 1,
  power: null,
  reason: null,
  ...more,
});

/** A world whose questions are answered by hand, with a clock that stands still until it is told to go on. */
function fakeWorld(): BoardsWorld & {
  readonly asked: (string | undefined)[];
  answer: (probe: string | undefined) => Promise<BoardsDocument>;
  meters: (backend: string | undefined) => Promise<{ readonly schema: 'tierwise.sensors/1'; readonly sensors: readonly SensorDocument[] }>;
  may: boolean;
  tick(): void;
  readonly timers: Set<() => void>;
} {
  const timers = new Set<() => void>();
  const asked: (string | undefined)[] = [];
  const world = {
    asked,
    timers,
    may: true,
    answer: (_probe: string | undefined): Promise<BoardsDocument> => Promise.resolve(listing()),
    meters: (_backend: string | undefined) => Promise.resolve({ schema: 'tierwise.sensors/1' as const, sensors: [] as SensorDocument[] }),
    tick: () => [...timers].forEach((task) => task()),
    boards: (probe: string | undefined, token: { onCancellationRequested(listener: () => void): unknown }) => {
      asked.push(probe);
      return new Promise<BoardsDocument>((resolve, reject) => {
        token.onCancellationRequested(() => reject(new SolverError('cancelled', 'cancelled', '')));
        world.answer(probe).then(resolve, reject);
      });
    },
    sensors: (backend: string | undefined) => world.meters(backend),
    newCancel: () => {
      const listeners: (() => void)[] = [];
      let isCancellationRequested = false;
      return {
        token: {
          get isCancellationRequested() {
            return isCancellationRequested;
          },
          onCancellationRequested: (listener: () => void) => {
            listeners.push(listener);
            return { dispose: () => undefined };
          },
        },
        cancel: () => {
          isCancellationRequested = true;
          listeners.forEach((listener) => listener());
        },
        dispose: () => undefined,
      };
    },
    every: (_ms: number, task: () => void) => {
      timers.add(task);
      return { dispose: () => void timers.delete(task) };
    },
    mayList: () => world.may,
  };
  return world;
}

const scene = (more: Partial<BoardsScene> = {}): BoardsScene => ({
  settings: { fitBackend: 'plan', boardPort: 'auto', boardXrtDevice: 0 },
  planned: 'sim',
  simulatedPort: null,
  canSimulate: true,
  t: plainText,
  ...more,
});
const flat = (nodes: readonly BoardNode[]): readonly BoardNode[] => nodes.flatMap((node) => [node, ...flat(node.children)]);
const usb: Device = { kind: 'serial', path: '/dev/ttyUSB1' };

describe('boards model', () => {
  it('lists while it is visible and no longer, and opens no port for it', async () => {
    const world = fakeWorld();
    const model = new BoardsModel(world, () => undefined);
    expect(world.asked).toEqual([]);
    model.setVisible(true);
    await model.refresh();
    world.tick();
    await model.refresh();
    expect(world.asked).toEqual([undefined, undefined]);
    world.may = false;
    world.tick();
    expect(world.asked).toHaveLength(2);
    model.setVisible(false);
    expect(world.timers.size).toBe(0);
  });

  it('draws nothing anew while nothing changes', async () => {
    let drawn = 0;
    const world = fakeWorld();
    const model = new BoardsModel(world, () => drawn++);
    await model.refresh();
    const once = drawn;
    await model.refresh();
    await model.refresh();
    expect(drawn).toBe(once);
    world.answer = () => Promise.resolve(listing([port('/dev/ttyUSB1')]));
    await model.refresh();
    expect(drawn).toBe(once + 1);
  });

  it('asks one port at a time, and each only once at a time', async () => {
    const world = fakeWorld();
    let open = 0;
    let most = 0;
    world.answer = async (probe) => {
      most = Math.max(most, ++open);
      await Promise.resolve();
      open--;
      return listing([port(probe ?? '', engine)]);
    };
    const model = new BoardsModel(world, () => undefined);
    await Promise.all([model.identify(usb), model.identify(usb), model.identify({ kind: 'serial', path: '/dev/ttyUSB2' })]);
    expect(world.asked).toEqual(['/dev/ttyUSB1', '/dev/ttyUSB2']);
    expect(most).toBe(1);
    expect(model.state.answers.get('serial:/dev/ttyUSB2')).toEqual(engine);
    expect(model.state.asking.size).toBe(0);
  });

  it('forgets what was said at a port that was unplugged', async () => {
    const world = fakeWorld();
    world.answer = () => Promise.resolve(listing([port('/dev/ttyUSB1', engine)]));
    const model = new BoardsModel(world, () => undefined);
    await model.refresh();
    await model.identify(usb);
    await model.refresh();
    expect(model.state.answers.size).toBe(1);
    world.answer = () => Promise.resolve(listing());
    await model.refresh();
    expect(model.state.answers.size).toBe(0);
  });

  it('ends a question that is cancelled without an error', async () => {
    const world = fakeWorld();
    world.answer = () => new Promise(() => undefined);
    const model = new BoardsModel(world, () => undefined);
    const asked = model.identify(usb);
    expect(model.state.asking.get('serial:/dev/ttyUSB1')).toBe('identify');
    await Promise.resolve();
    model.cancel(usb);
    await asked;
    expect(model.state.asking.size).toBe(0);
    expect(model.state.answers.size).toBe(0);
  });

  it('makes a failure part of what is shown', async () => {
    const world = fakeWorld();
    world.answer = () => Promise.reject(new SolverError('fit-in-progress', 'a fit is going on', 'Wait for it.'));
    const model = new BoardsModel(world, () => undefined);
    await model.refresh();
    await model.identify(usb);
    expect(model.state.error?.code).toBe('fit-in-progress');
    expect(model.state.answers.get('serial:/dev/ttyUSB1')).toMatchObject({ kind: 'error', code: 'fit-in-progress' });
  });
});

describe('rows of the boards view', () => {
  it('marks the one place that is used, whatever it is', () => {
    const state = withListing(emptyBoards, listing([port('/dev/ttyUSB1', { kind: 'not-asked' }, { serialNumber: 'A1' })], [card(0)]));
    const used = (settings: BoardsScene['settings'], simulatedPort: string | null = null): string[] =>
      flat(boardNodes(state, scene({ settings, simulatedPort })))
        .filter(({ description }) => description.includes('used for fits'))
        .map(({ id }) => id);
    const auto = { boardPort: 'auto', boardXrtDevice: 0 };
    expect(used({ fitBackend: 'plan', ...auto })).toEqual(['plan']);
    expect(used({ fitBackend: 'cpu', ...auto })).toEqual(['machine']);
    expect(used({ fitBackend: 'sim', ...auto })).toEqual(['engine']);
    expect(used({ fitBackend: 'serial', ...auto })).toEqual(['any-board']);
    expect(used({ fitBackend: 'serial', boardPort: 'A1', boardXrtDevice: 0 })).toEqual(['serial:/dev/ttyUSB1']);
    expect(used({ fitBackend: 'xrt', ...auto })).toEqual(['xrt:0']);
    expect(used({ fitBackend: 'serial', boardPort: '/tmp/tierwise-board-1', boardXrtDevice: 0 }, '/tmp/tierwise-board-1')).toEqual([
      'simulated',
    ]);
  });

  it('offers what can be done and nothing else', () => {
    const can = (nodes: readonly BoardNode[], id: string): string | undefined => flat(nodes).find((node) => node.id === id)?.can;
    const stopped = boardNodes(withListing(emptyBoards, listing([port('/dev/ttyUSB1')])), scene());
    expect(can(stopped, 'simulated')).toBe('start');
    expect(can(stopped, 'plan')).toBe('');
    expect(can(stopped, 'machine')).toBe('use power');
    expect(can(stopped, 'serial:/dev/ttyUSB1')).toBe('use identify power path');
    const running = boardNodes(emptyBoards, scene({ simulatedPort: '/tmp/tierwise-board-1' }));
    expect(can(running, 'simulated')).toBe('use stop identify power path');
    const asking = boardNodes({ ...emptyBoards, asking: new Map([['simulated', 'identify']]) }, scene({ simulatedPort: '/tmp/x' }));
    expect(can(asking, 'simulated')).toBe('cancel');
    expect(can(boardNodes(emptyBoards, scene({ canSimulate: false })), 'simulated')).toBeUndefined();
  });

  it('tells "not permitted" and "busy" from a failure, with code and advice below', () => {
    const refused = (code: string): BoardNode | undefined => {
      const answer: BoardAnswer = { kind: 'error', code, message: 'it went wrong', advice: 'Do this.' };
      const nodes = boardNodes(withListing(emptyBoards, listing([port('/dev/ttyUSB1', answer)])), scene());
      return flat(nodes).find(({ id }) => id === 'serial:/dev/ttyUSB1');
    };
    expect(refused('serial-port-permission')).toMatchObject({ icon: 'lock', description: 'not permitted \u00b7 FTDI' });
    expect(refused('serial-port-busy')).toMatchObject({ icon: 'watch', description: 'busy \u00b7 FTDI' });
    expect(refused('serial-silent')).toMatchObject({ icon: 'warning', description: 'no answer \u00b7 FTDI' });
    expect(refused('serial-silent')?.children.map(({ label, description }) => [label, description])).toEqual([
      ['it went wrong', 'serial-silent'],
      ['Do this.', ''],
    ]);
    expect(obstacleOf('fit-in-progress')).toBe('busy');
  });

  it('shows who answered: engine, clock, largest layer, image', () => {
    const nodes = flat(boardNodes(withListing(emptyBoards, listing([port('/dev/ttyUSB1', engine)])), scene()));
    const spoken = nodes.map((node) => node.spoken).join('\n');
    expect(spoken).toMatch(/Clock: 24\.0 MHz/);
    expect(spoken).toMatch(/8 lanes of 18 bits/);
    expect(spoken).toMatch(/256 inputs/);
    expect(nodes.find(({ label }) => label === 'Image')?.tooltip).toBe('d72fcf2616ba1007ea551d6b2dd97b0b');
  });

  it('never shows a zero for power that nobody measured, and each figure with band and source', () => {
    const power = { value: 4.2, unit: 'W', low: 4, high: 4.4, source: 'measured', ref: 'RAPL' } as const;
    const sensors = [sensor({ power }), sensor({ name: 'RAPL package 1', state: 'not-permitted', reason: 'Read permission is missing.' })];
    const state = { ...emptyBoards, power: new Map([['machine', { kind: 'sensors' as const, sensors }]]) };
    const rows = flat(boardNodes(state, scene())).filter(({ id }) => id.startsWith('machine:'));
    expect(rows.map(({ description }) => description)).toEqual(['4.20 W (4.00 to 4.40 W, measured)', 'there, but not permitted', '']);
    expect(rows[1]?.spoken).toContain('Read permission is missing.');
    const asked = card(0, { answer: engine, powerNote: 'the card reports N/A' });
    const cardRows = flat(boardNodes(withListing(emptyBoards, listing([], [asked])), scene())).map(({ spoken }) => spoken);
    expect(cardRows).toContain('Power: the card reports N/A');
    expect(cardRows.join('\n')).not.toMatch(/\b0(\.0+)? W/);
  });

  it('keeps the power that a card told when it was asked over listings that ask nobody', () => {
    const asked = withListing(emptyBoards, listing([], [card(0, { powerW: 27.5, rails: [{ name: '12v', volts: 12, amps: 2 }] })]));
    expect(withListing(asked, listing([], [card(0)])).listed?.xrt[0]?.powerW).toBe(27.5);
    expect(withListing(asked, listing([], [card(0, { bdf: '0000:04:00.1' })])).listed?.xrt[0]?.powerW).toBeNull();
  });

  it('gives every row an id of its own and words for screen readers', () => {
    const state = withListing(
      emptyBoards,
      listing([port('/dev/ttyUSB1', engine), port('/dev/ttyUSB2')], [card(0), card(1)], ['XRT is not installed.']),
    );
    const nodes = flat(boardNodes(state, scene({ simulatedPort: '/tmp/x' })));
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
    expect(nodes.filter(({ spoken, label }) => spoken === '' || label === '')).toEqual([]);
  });
});
