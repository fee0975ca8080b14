import { expect, test } from 'vitest';
import type { MoverDescriptor } from '../../../../solver-core/backends/engine/link.ts';
import { linkMessages, linkReasons } from '../../../../solver-core/backends/serial/generated/link.ts';
import { TierwiseError } from '../../../../solver-core/model/error.ts';
import { FrameDecoder } from '../../../../solver-core/backends/serial/frame-decoder.ts';
import { encodeFrame, frameLimit } from '../../../../solver-core/backends/serial/frame.ts';
import { DataSender, dataPayload } from '../../../../solver-core/backends/serial/upload.ts';
import { checkRemoteDevice } from '../../../../solver-core/backends/engine/remote-self-test.ts';
import { unplugged } from '../../../../solver-core/backends/serial/errors.ts';
import { LinkSession } from '../../../../solver-core/backends/serial/link-session.ts';
import type { Connector } from '../../../../solver-core/backends/serial/transport.ts';
import { bytesOf } from './board-model.ts';
import { testEngine } from './engine-memory.ts';
import { bench, deviceOver, expectedSolve, smallSolve } from './bench-board.ts';
import type { Damage } from './line-model.ts';
import { xorshift } from './random.ts';
import { VirtualClock } from './virtual-clock.ts';

const someRows: MoverDescriptor = {
  space: 'operand',
  bits: 24,
  triangle: false,
  packed: false,
  diagonal: false,
  first: 0,
  columns: 1,
  blocks: 1,
  rows: 1,
  row0: 0,
  base: 0,
};

const host = { pause: () => Promise.resolve() };

test('a solve over the line has the bits, cycles and words of the model, and never fills the buffers of the board', async () => {
  const { clock, board, open } = bench();
  const link = await clock.drive(open());
  await clock.drive(checkRemoteDevice(deviceOver(link), link.info, host));
  expect(await clock.drive(smallSolve(deviceOver(link)))).toEqual(await expectedSolve());
  expect(board.overruns).toBe(0);
  expect(link.counts.damagedFrames).toBe(0);
  expect(link.info.device).toContain('/dev/ttyTEST0');
  await link.close();
  await link.close();
});

test('a window too small for two whole frames takes smaller ones', async () => {
  const limits = { maxPayload: 1024, rxWindow: 600 };
  expect(2 * frameLimit(dataPayload(limits))).toBeLessThanOrEqual(600);
  expect(dataPayload({ maxPayload: 256, rxWindow: 4096 })).toBe(256);
  const { clock, board, open } = bench({}, { rxWindow: 600, maxPayload: 256 });
  const link = await clock.drive(open());
  expect(await clock.drive(smallSolve(deviceOver(link)))).toEqual(await expectedSolve());
  expect(board.overruns).toBe(0);
});

/** Flips a bit, cuts, drops or puts garbage before about `share` of the pieces, both ways. */
function damageOf(share: number, seed: number): Damage {
  const random = xorshift(seed);
  return (bytes) => {
    if (random() % 1000 >= 1000 * share) return bytes;
    const kind = random() % 4;
    if (kind === 0) return new Uint8Array(0);
    if (kind === 1) return bytes.subarray(0, random() % bytes.length);
    if (kind === 2) return Buffer.concat([Uint8Array.from({ length: 9 }, () => random() % 256), bytes]);
    const flipped = bytes.slice();
    const bit = random() % (8 * bytes.length);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    return flipped;
  };
}

test.each([0.02, 0.1, 0.2])('with a share of %f of all frames damaged the result is right', async (share) => {
  for (let seed = 1; seed <= 8; seed++) {
    const { clock, line, open } = bench();
    const link = await clock.drive(open());
    line.damage = damageOf(share, seed);
    expect(await clock.drive(smallSolve(deviceOver(link)))).toEqual(await expectedSolve());
  }
});

/** Loses, flips or adds single bytes, each with this chance. */
function bytewise(chance: number, seed: number): Damage {
  const random = xorshift(seed);
  const happens = (): boolean => random() / 2 ** 32 < chance;
  return (bytes) => {
    const out: number[] = [];
    for (const byte of bytes) {
      if (happens()) out.push(random() % 256);
      if (!happens()) out.push(happens() ? byte ^ (1 << (random() % 8)) : byte);
    }
    return Uint8Array.from(out);
  };
}

test.each([1e-4, 1e-3])('with a chance of %f for each byte and fault frames get smaller and the result is right', async (chance) => {
  for (let seed = 1; seed <= 4; seed++) {
    const { clock, line, open } = bench();
    const link = await clock.drive(open());
    line.damage = bytewise(chance, seed);
    expect(await clock.drive(smallSolve(deviceOver(link)))).toEqual(await expectedSolve());
  }
});

test('on a line that carries hardly anything the fit ends in an error, never in a wrong result', async () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= 12; seed++) {
    const { clock, line, open } = bench();
    const link = await clock.drive(open());
    line.damage = damageOf(0.6, seed);
    try {
      expect(await clock.drive(smallSolve(deviceOver(link)))).toEqual(await expectedSolve());
      outcomes.add('right');
    } catch (error) {
      outcomes.add((error as { code?: string }).code ?? String(error));
    }
  }
  expect([...outcomes].filter((o) => !['right', 'board-no-answer', 'serial-damaged'].includes(o))).toEqual([]);
  expect(outcomes.has('board-no-answer')).toBe(true);
});

test('a lost RESULT is asked for again and the command does not run twice', async () => {
  const { clock, board, line, open } = bench();
  const link = await clock.drive(open());
  let lost = 0;
  line.damage = (bytes, direction) => {
    // Replies of the size of RESULT: the first of each is lost.
    if (direction === 'in' && bytes.length === 10 + 14 + 4 + 1 + 2 && lost < 3) {
      lost++;
      return new Uint8Array(0);
    }
    return bytes;
  };
  let runs = 0;
  const run = board.memory.run.bind(board.memory);
  board.memory.run = (command) => {
    runs++;
    return run(command);
  };
  expect(await clock.drive(smallSolve(deviceOver(link)))).toEqual(await expectedSolve());
  expect(lost).toBe(3);
  // GRAM, CHOL and BACK, once each.
  expect(runs).toBe(3);
});

test('one lost frame costs a window at most, however many follow it', async () => {
  const { clock, board, line, open } = bench({ latencyMs: 5 }, { rxWindow: 8192 });
  const link = await clock.drive(open());
  const words = Float64Array.from({ length: 16_000 }, (_, i) => i);
  const descriptor = { ...someRows, columns: 64, blocks: 8, rows: 250 };
  await clock.drive(link.load(descriptor, words));
  const undisturbed = board.seen.filter((type) => type === linkMessages.data.type).length;
  let left = 6;
  line.damage = (bytes, direction) => (direction === 'out' && bytes.length > 900 && --left === 0 ? new Uint8Array(0) : bytes);
  board.seen.length = 0;
  await clock.drive(link.load(descriptor, words));
  expect(left).toBeLessThan(0);
  expect(board.seen.filter((type) => type === linkMessages.data.type).length).toBeLessThanOrEqual(undisturbed + 8);
});

test('unplugged in the middle of a transfer it goes on where the board stands', async () => {
  const { clock, board, line, open } = bench();
  const events: string[] = [];
  const link = await clock.drive(open({ onEvent: (text) => events.push(text) }));
  line.unplugAt = { bytes: 4000, backAfterMs: 3000, resetsBoard: false };
  expect(await clock.drive(smallSolve(deviceOver(link)))).toEqual(await expectedSolve());
  expect(line.opened).toBe(2);
  expect(events).toEqual(['the board at /dev/ttyTEST0 was unplugged; waiting 20 s for it', 'the board at /dev/ttyTEST0 is back']);
  // Sent again: what was under way, not the transfer from its start.
  const first = bench();
  const undisturbed = await first.clock.drive(first.open());
  await first.clock.drive(smallSolve(deviceOver(undisturbed)));
  expect(line.bytesOut - first.line.bytesOut).toBeLessThan(3000);
  expect(board.overruns).toBe(0);
});

test('a transfer tells how far it has come, across an unplug, up to all of it', async () => {
  const { clock, line, open } = bench();
  const told: [number, number][] = [];
  const link = await clock.drive(open({ onTransfer: (taken, total) => told.push([taken, total]) }));
  line.unplugAt = { bytes: 4000, backAfterMs: 1000, resetsBoard: false };
  await clock.drive(smallSolve(deviceOver(link)));
  const ends = told.filter(([taken, total], i) => taken === total || told[i + 1]?.[1] !== total);
  expect(ends.length).toBeGreaterThan(0);
  expect(ends.every(([taken, total]) => taken === total)).toBe(true);
  expect(told.every(([taken, total]) => taken > 0 && taken <= total)).toBe(true);
});

test('unplugged at any place the result is right', async () => {
  const expected = await expectedSolve();
  for (let bytes = 100; bytes < 11000; bytes += 419) {
    const { clock, line, open } = bench();
    const link = await clock.drive(open());
    line.unplugAt = { bytes, backAfterMs: 700, resetsBoard: false };
    expect(await clock.drive(smallSolve(deviceOver(link)))).toEqual(expected);
  }
});

test('a board that lost its memory over the replug is noticed wherever it happens', async () => {
  const whole = bench();
  const undisturbed = await whole.clock.drive(whole.open());
  await whole.clock.drive(smallSolve(deviceOver(undisturbed)));
  for (let bytes = 150; bytes < whole.line.bytesOut - 100; bytes += 419) {
    const { clock, line, open } = bench();
    const link = await clock.drive(open());
    // As after opening for a fit: the bring-up problem has run, so ids are known.
    await clock.drive(checkRemoteDevice(deviceOver(link), link.info, host));
    line.unplugAt = { bytes: line.bytesOut + bytes, backAfterMs: 700, resetsBoard: true };
    await expect(clock.drive(smallSolve(deviceOver(link)))).rejects.toMatchObject({ code: 'board-reset' });
  }
});

test('a reset without an unplug is noticed wherever it happens', async () => {
  const expected = await expectedSolve();
  const outcomes: string[] = [];
  for (let count = 1; ; count++) {
    const { clock, board, open } = bench();
    const link = await clock.drive(open());
    await clock.drive(checkRemoteDevice(deviceOver(link), link.info, host));
    let left = count;
    board.intercept = () => {
      if (--left !== 0) return false;
      board.reset();
      return true;
    };
    try {
      expect(await clock.drive(smallSolve(deviceOver(link)))).toEqual(expected);
      // Fewer requests than that: the reset never came.
      if (left > 0) break;
      outcomes.push(`right ${count}`);
    } catch (error) {
      outcomes.push((error as { code?: string }).code ?? String(error));
    }
  }
  expect(outcomes.length).toBeGreaterThan(30);
  expect(outcomes.filter((o) => o !== 'board-reset')).toEqual([]);
});

test('a board that does not come back is given up', async () => {
  const { clock, line, open } = bench();
  const link = await clock.drive(open({ replugMs: 5000 }));
  line.unplugAt = { bytes: 3000, backAfterMs: null, resetsBoard: false };
  const before = clock.nowMs();
  await expect(clock.drive(smallSolve(deviceOver(link)))).rejects.toMatchObject({
    code: 'serial-unplugged',
    message: 'The board at "/dev/ttyTEST0" was unplugged and did not come back within 5 s.',
  });
  expect(clock.nowMs() - before).toBeLessThan(8000);
});

test('waiting for a board can be cancelled', async () => {
  const { clock, line, open } = bench();
  const link = await clock.drive(open({ replugMs: 600_000 }));
  const device = deviceOver(link);
  await clock.drive(device.begin({ features: 8, outputs: 1, diagonal: new Float64Array(8).fill(2 ** 20) }));
  line.unplug(null, false);
  const abort = { aborted: false };
  clock.after(2000, () => (abort.aborted = true));
  await expect(clock.drive(device.factor(0, abort))).rejects.toMatchObject({ name: 'AbortError' });
  expect(clock.nowMs()).toBeLessThan(5000);
});

test('another board at the same port is not taken for the first', async () => {
  const { clock, board, line, open } = bench();
  const link = await clock.drive(open());
  const { info } = board.memory;
  line.unplugAt = { bytes: 3000, backAfterMs: 1000, resetsBoard: false };
  const solving = smallSolve(deviceOver(link));
  Object.assign(board.memory, { info: { ...info, maxFeatures: 99 } });
  await expect(clock.drive(solving)).rejects.toMatchObject({ code: 'board-changed' });
});

test('a board that falls silent is given up after our own deadlines, though no write ever fails', async () => {
  const { clock, line, open } = bench();
  const link = await clock.drive(open());
  line.damage = () => new Uint8Array(0);
  await expect(clock.drive(smallSolve(deviceOver(link)))).rejects.toMatchObject({ code: 'board-no-answer' });
  expect(clock.nowMs()).toBeLessThan(60_000);
});

test('a cancel ends the command on the board and the next fit works', async () => {
  const { clock, board, open } = bench();
  const link = await clock.drive(open());
  const device = deviceOver(link);
  const abort = { aborted: false };
  const run = board.memory.run.bind(board.memory);
  board.memory.run = (command) => ({ ...run(command), cycles: 12e6 * 3600 });
  await clock.drive(device.begin({ features: 8, outputs: 1, diagonal: new Float64Array(8).fill(2 ** 20) }));
  const solving = device.factor(0, abort);
  clock.after(2000, () => (abort.aborted = true));
  await expect(clock.drive(solving)).rejects.toMatchObject({ name: 'AbortError' });
  expect(board.seen.at(-1)).toBe(linkMessages.cancel.type);
  board.memory.run = run;
  expect(await clock.drive(smallSolve(device))).toEqual(await expectedSolve());
});

test('a command that never ends is given up', async () => {
  const { clock, board, open } = bench();
  const link = await clock.drive(open());
  const device = deviceOver(link);
  const run = board.memory.run.bind(board.memory);
  board.memory.run = (command) => ({ ...run(command), cycles: 12e6 * 3600 });
  await clock.drive(device.begin({ features: 8, outputs: 1, diagonal: new Float64Array(8).fill(2 ** 20) }));
  await expect(clock.drive(device.factor(0))).rejects.toMatchObject({ code: 'board-stuck' });
});

test('a job that an earlier program left is ended first', async () => {
  const { clock, board, open } = bench();
  const first = await clock.drive(open());
  const device = deviceOver(first);
  const run = board.memory.run.bind(board.memory);
  board.memory.run = (command) => ({ ...run(command), cycles: 12e6 * 3600 });
  await clock.drive(device.begin({ features: 8, outputs: 1, diagonal: new Float64Array(8).fill(2 ** 20) }));
  const left = device.factor(0).catch(() => undefined);
  clock.after(100, () => void first.close());
  await clock.drive(left);
  board.memory.run = run;
  const second = await clock.drive(open({ firstId: 5000 }));
  expect(await clock.drive(smallSolve(deviceOver(second)))).toEqual(await expectedSolve());
});

test('telemetry comes while it is switched on, also after a replug', async () => {
  const { clock, line, open } = bench();
  const link = await clock.drive(open());
  const counts: number[] = [];
  await clock.drive(link.watch(100, (telemetry) => counts.push(telemetry.sequence)));
  await clock.drive(new Promise<void>((resolve) => clock.after(450, resolve)));
  expect(counts).toEqual([1, 2, 3, 4]);
  line.unplugAt = { bytes: line.bytesOut + 1, backAfterMs: 300, resetsBoard: false };
  await clock.drive(link.clear('gram', 0, 1, 255));
  counts.length = 0;
  await clock.drive(new Promise<void>((resolve) => clock.after(350, resolve)));
  expect(counts.length).toBeGreaterThan(1);
  await clock.drive(link.watch(0, () => undefined));
});

/** Answers of the right form with nonsense in them, by a board that is broken or worse. */
function lies(share: number, seed: number): Damage {
  const random = xorshift(seed);
  const decoder = new FrameDecoder();
  return (bytes, direction) => {
    if (direction === 'out' || random() / 2 ** 32 >= share) return bytes;
    const out: Uint8Array[] = [];
    decoder.push(bytes, (frame) => {
      const payload = frame.payload.slice(0, random() % 3 === 0 ? random() % (frame.payload.length + 1) : frame.payload.length);
      for (let k = random() % 4; k > 0 && payload.length > 0; k--) payload[random() % payload.length] = random() % 256;
      const type = random() % 3 === 0 ? 0x80 + (random() % 10) : frame.type;
      const sequence = random() % 4 === 0 ? random() % 65536 : frame.sequence;
      for (let copies = 1 + (random() % 2); copies > 0; copies--) out.push(encodeFrame({ type, sequence, offset: random(), payload }));
    });
    return Buffer.concat(out);
  };
}

test('a board that lies makes an error or a result, never a hang or a crash', async () => {
  const codes = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const { clock, line, open } = bench();
    line.damage = lies(seed % 2 === 0 ? 0.05 : 0.5, seed);
    try {
      const link = await clock.drive(open());
      await clock.drive(smallSolve(deviceOver(link)));
      codes.add('result');
    } catch (error) {
      codes.add(error instanceof TierwiseError && error.category === 'backend' ? error.code : String((error as Error).stack));
    }
    expect(clock.nowMs()).toBeLessThan(10 * 60_000);
  }
  expect([...codes].filter((code) => code !== 'result' && !/^(board|serial|engine)-[a-z-]+$/.test(code))).toEqual([]);
  expect(codes.size).toBeGreaterThan(3);
});

test('a cancel on a dead board does not take long', async () => {
  const { clock, board, line, open } = bench();
  const link = await clock.drive(open());
  const device = deviceOver(link);
  const abort = { aborted: false };
  const run = board.memory.run.bind(board.memory);
  board.memory.run = (command) => ({ ...run(command), cycles: 12e6 * 3600 });
  await clock.drive(device.begin({ features: 8, outputs: 1, diagonal: new Float64Array(8).fill(2 ** 20) }));
  const solving = device.factor(0, abort);
  let cancelledMs = 0;
  clock.after(2000, () => {
    abort.aborted = true;
    line.damage = () => new Uint8Array(0);
    cancelledMs = clock.nowMs();
  });
  await expect(clock.drive(solving)).rejects.toMatchObject({ name: 'AbortError' });
  expect(clock.nowMs() - cancelledMs).toBeLessThan(3000);
});

test.each([
  ['two limbs of 20 bits', {}, { wordBits: 20 }],
  ['sums of 48 bits', {}, { wordBits: 24 }],
  ['operations 0x7', {}, { operations: 7 }],
  ['a window of 127 bytes', { rxWindow: 127 }, {}],
  ['a clock of 99999 Hz', {}, { clockHz: 99_999 }],
  ['a line of 299 baud', { baud: 299 }, {}],
])('a board that describes itself with %s is none', async (what, options, info) => {
  const { clock, open } = bench({}, options, { ...testEngine, ...info });
  await expect(clock.drive(open())).rejects.toMatchObject({
    code: 'board-bad-info',
    message: expect.stringContaining(`describes itself with ${what}.`) as string,
  });
});

test('the smallest board that may be is one', async () => {
  const info = { ...testEngine, clockHz: 100_000, wordBits: 23, limbs: 1 as const };
  for (const baud of [0, 300]) {
    const { clock, open } = bench({}, { rxWindow: 128, baud }, info);
    const link = await clock.drive(open());
    expect(link.board).toMatchObject({ rx_window: 128, baud });
    await link.close();
  }
});

test('a board that never has all bytes of a transfer refuses it, it is not silent', async () => {
  const { clock, board, open } = bench();
  const link = await clock.drive(open());
  board.intercept = ({ type, sequence }) => {
    if (type !== linkMessages.commit.type) return false;
    const payload = bytesOf([4, 0], [2, 1024], [1, linkReasons.short]);
    board.send(encodeFrame({ type: linkMessages.nak.type, sequence, offset: 0, payload }));
    return true;
  };
  await expect(clock.drive(link.load(someRows, Int32Array.of(1)))).rejects.toMatchObject({
    code: 'board-refused',
    message: expect.stringContaining('bytes were missing in 4 rounds') as string,
  });
});

test('a line that goes while it is written to leaves no timer behind', async () => {
  class CountingClock extends VirtualClock {
    pending = 0;
    override after(delayMs: number, call: () => void): () => void {
      this.pending++;
      const calledOff = super.after(delayMs, call);
      let counted = true;
      return () => {
        if (counted) this.pending--;
        counted = false;
        calledOff();
      };
    }
  }
  const limits = { maxPayload: 64, rxWindow: 1024 };
  const goes = async (work: (session: LinkSession) => Promise<unknown>): Promise<number> => {
    const clock = new CountingClock();
    const connector: Connector = {
      name: 'port',
      open: (listener) =>
        Promise.resolve({ name: 'port', write: () => listener.onGone(unplugged('port')), close: () => Promise.resolve() }),
    };
    const session = await LinkSession.open(connector, 1_000_000, clock);
    await expect(work(session)).rejects.toMatchObject({ code: 'serial-unplugged' });
    return clock.pending;
  };
  expect(await goes((session) => session.request({ what: 'STATUS', type: linkMessages.status.type }, () => undefined))).toBe(0);
  expect(await goes((session) => new DataSender(session, new Uint8Array(30), 0, limits).send())).toBe(0);
});
