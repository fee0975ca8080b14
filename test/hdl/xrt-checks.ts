/*
 * What the kernel must do, as checks that return what is wrong: the tests expect nothing, the tests of the tests expect a broken
 * kernel to be found out. All of them run on smallKernel.
 */
import { descriptorWords, rowStep } from '../../solver-core/backends/engine/link.ts';
import type { MoverDescriptor } from '../../solver-core/backends/engine/link.ts';
import { kernelArguments, kernelRegisters, kernelStatusBytes } from '../../solver-core/backends/xrt/generated/kernel.ts';
import {
  argumentIndex,
  bytesToWords,
  clearCall,
  infoCall,
  loadCall,
  runCall,
  storeCall,
  wordBytes,
  wordsToBytes,
} from '../../solver-core/backends/xrt/kernel-call.ts';
import { xorshift32 } from './cases.ts';
import type { Addresses, KernelBench } from './xrt-bench.ts';
import { defaultAddresses } from './xrt-bench.ts';
import { smallKernel } from './xrt-build.ts';

type Scalars = readonly (readonly [number, number])[];

const lanes = smallKernel['N']!;
const depth = { operand: smallKernel['OPERAND_DEPTH']!, gram: smallKernel['GRAM_DEPTH']! };
const bits = { operand: smallKernel['DW']!, gram: smallKernel['AW']! };
const operand = (columns: number, rows = 1, base = 0): MoverDescriptor => ({
  space: 'operand',
  bits: 32,
  triangle: false,
  packed: false,
  diagonal: false,
  first: 0,
  columns,
  blocks: Math.ceil(columns / lanes),
  rows,
  row0: 0,
  base,
});

/** One call that does the steps of several: their arguments do not overlap but for `steps`. */
export function together(...calls: readonly Scalars[]): Scalars {
  return calls[0]!.map(([index], i): readonly [number, number] => [index, calls.reduce((word, call) => (word | call[i]![1]) >>> 0, 0)]);
}

/** The same call with another value of an argument. */
function changed(call: Scalars, name: Parameters<typeof argumentIndex>[0], value: number): Scalars {
  return call.map(([index, old]) => [index, index === argumentIndex(name) ? value : old]);
}

function randomDescriptor(next: () => number): MoverDescriptor {
  const pick = (from: number, to: number): number => from + (next() % (to - from + 1));
  const space = pick(0, 1) === 0 ? 'operand' : 'gram';
  const triangle = pick(0, 2) === 0;
  const diagonal = triangle && pick(0, 2) === 0;
  const large = pick(0, 3) === 0;
  const columns = large && !triangle ? pick(300, 900) : pick(1, 24);
  const rows = large && !triangle ? pick(1, 2) : pick(1, triangle ? columns : 12);
  const shape = {
    space,
    bits: 32,
    triangle,
    packed: triangle,
    diagonal,
    first: triangle ? 0 : pick(0, Math.min(columns - 1, 5)),
    columns,
    blocks: Math.ceil(columns / lanes) + (triangle ? 0 : pick(0, 3)),
    rows,
    row0: 0,
    base: 0,
  } as const;
  let size = 0;
  for (let r = 0; r < rows; r++) size += rowStep(shape, r, lanes);
  return { ...shape, base: pick(0, depth[space] - size - 1) };
}

/** Random words go to the engine and come back, as two calls or one, at any address; bytes around them stay. */
async function transfers(bench: KernelBench): Promise<string | undefined> {
  const next = xorshift32(77);
  for (let i = 0; i < 60; i++) {
    bench.stall(i + 1, (i % 4) * 20);
    const descriptor = randomDescriptor(next);
    const count = descriptorWords(descriptor);
    const half = 2 ** (bits[descriptor.space] - 1);
    const words = Float64Array.from({ length: count }, () => Math.floor(((next() + next() / 2 ** 32) / 2 ** 32) * 2 * half) - half);
    // Near the end of a page, so that bursts are cut at every place.
    const near = (gigabytes: number): number => gigabytes * 2 ** 32 + 4096 - 8 * (next() % 40);
    const addresses: Addresses = { input: near(1), output: near(2), status: near(3) };
    const sizeBytes = count * wordBytes(descriptor.space);
    bench.poke(addresses.input, wordsToBytes(descriptor.space, words));
    bench.poke(addresses.output - 8, new Uint8Array(sizeBytes + 16).fill(0xee));
    const load = loadCall(descriptor, count);
    const store = storeCall(descriptor, count);
    const calls = i % 2 === 0 ? [load, store] : [together(load, store)];
    for (const call of calls) {
      const status = await bench.call(call, addresses);
      if (status.state !== 'done') return `transfer ${i}: ${status.state}`;
    }
    const bytes = await bench.peek(addresses.output - 8, sizeBytes + 16);
    const back = bytesToWords(descriptor.space, bytes.subarray(8, 8 + sizeBytes));
    const wrong = back.findIndex((word, w) => word !== words[w]);
    if (wrong !== -1) return `transfer ${i}: word ${wrong} of ${count} is ${back[wrong]}, expected ${words[wrong]}`;
    const around = [...bytes.subarray(0, 8), ...bytes.subarray(8 + sizeBytes)];
    if (around.some((b) => b !== 0xee)) return `transfer ${i}: bytes around the output changed`;
  }
  return undefined;
}

const gramOfOne = { operation: 'gram', twoLimbs: false, subtract: false, decay: 0, shift: 0, features: 1, blocks: 1 } as const;

/** All steps in one call, in the order clear, load, run, store. */
async function allSteps(bench: KernelBench): Promise<string | undefined> {
  bench.stall(4, 30);
  const gram: MoverDescriptor = { ...operand(2), space: 'gram' };
  bench.poke(defaultAddresses.input, wordsToBytes('gram', Float64Array.of(1000, 2000)));
  await bench.call(loadCall(gram, 2));
  bench.poke(defaultAddresses.input, wordsToBytes('operand', Int32Array.of(3, 5, -7, 11, 13, -17)));
  const run = runCall({ ...gramOfOne, rows: 3, rowBase: 0, vecBase: 0 });
  const status = await bench.call(together(clearCall('gram', 0, 1, 2), loadCall(operand(2, 3), 6), run, storeCall(gram, 2), infoCall()));
  const words = bytesToWords('gram', await bench.peek(defaultAddresses.output, 16));
  const got = [status.state, status.stepsDone, status.cycles > 0, status.clocks > status.cycles, words[0], words[1]];
  const expected = ['done', 31, true, true, 1000 + 9 + 49 + 169, 15 - 77 - 221];
  return JSON.stringify(got) === JSON.stringify(expected) ? undefined : `all steps: ${got.join(' ')}, expected ${expected.join(' ')}`;
}

interface Refusal {
  readonly name: string;
  readonly call: Scalars;
  readonly state: string;
  readonly addresses?: Partial<Addresses>;
}

function refusals(): readonly Refusal[] {
  const load = loadCall(operand(4), 4);
  const store = storeCall(operand(4), 4);
  const run = (change: object, operation: 'gram' | 'chol' | 'back' = 'gram'): Scalars =>
    runCall({ ...gramOfOne, operation, rows: 1, rowBase: 0, vecBase: 0, ...change });
  const bad = (state: string, entries: readonly (readonly [string, Scalars])[]): readonly Refusal[] =>
    entries.map(([name, call]) => ({ name, call, state }));
  return [
    ...bad('bad-steps', [
      ['a sixth step', changed(load, 'steps', 33)],
      ['the highest bit', changed(load, 'steps', 2 ** 31)],
    ]),
    { name: 'odd input address', call: load, state: 'bad-address', addresses: { input: defaultAddresses.input + 4 } },
    { name: 'odd output address', call: store, state: 'bad-address', addresses: { output: defaultAddresses.output + 1 } },
    ...bad('bad-descriptor', [
      ['load of no memory', changed(load, 'load0', 2)],
      ['store of no memory', changed(store, 'store0', 0x80)],
      ['clear of no memory', changed(clearCall('gram', 0, 1, 3), 'clear0', 0x30002)],
      ['row number too large', changed(load, 'load3', 65536)],
      ['address too large', changed(store, 'store4', 2 ** 24)],
      ['a flag nobody knows', changed(load, 'load0', 2 ** 19)],
      ['a lane too many', clearCall('gram', 0, 1, 2 ** lanes)],
      ['load beyond the end', loadCall(operand(4, 1, depth.operand - 1), 4)],
      ['store beyond the end', storeCall({ ...operand(4), space: 'gram', base: depth.gram }, 4)],
      ['clear beyond the end', clearCall('gram', depth.gram - 1, 2, 3)],
    ]),
    ...bad('bad-length', [
      ['too many words in', loadCall(operand(4), 5)],
      ['too few words in', loadCall(operand(4), 3)],
      ['too few words out', storeCall(operand(4), 3)],
    ]),
    ...bad('bad-command', [
      ['an operation of two digits', changed(run({}), 'command0', 16)],
      ['a shift too large', changed(run({}), 'command0', 64 * 2 ** 24)],
      ['rows too many', changed(run({}), 'command2', 65536 + 1)],
      ['a row base too large', changed(run({}), 'command3', 2 ** 24)],
      ['a vector base too large', changed(run({}), 'command4', 2 ** 31)],
      ['operation 5', changed(run({}), 'command0', 5)],
      ['no features', run({ features: 0 })],
      ['too many features', run({ features: smallKernel['MAX_FEATURES']! + 1, blocks: 20 })],
      ['no blocks', run({ blocks: 0 })],
      ['too few blocks', run({ features: 3 })],
      ['no room for outputs', run({ features: 2 }, 'back')],
      ['more blocks than memory', run({ blocks: 1024 })],
      ['no rows', run({ rows: 0 })],
      ['two limbs in an engine of one', run({ twoLimbs: true }, 'chol')],
    ]),
  ];
}

/** Every refusal: its state, no step done, nothing touched but the status block; the next call works. */
async function refused(bench: KernelBench): Promise<string | undefined> {
  bench.stall(1, 0);
  const marks = new Uint8Array(32).fill(0xee);
  for (const { name, call, state, addresses } of refusals()) {
    bench.poke(defaultAddresses.output, marks);
    const status = await bench.call(call, { ...defaultAddresses, ...addresses });
    if (status.state !== state || status.stepsDone !== 0) return `${name}: ${status.state}, steps ${status.stepsDone}; expected ${state}`;
    if ((await bench.peek(defaultAddresses.output, 32)).some((b) => b !== 0xee)) return `${name}: something was stored`;
    bench.poke(defaultAddresses.input, wordsToBytes('operand', Int32Array.of(1, -2, 3, -4)));
    const next = await bench.call(together(loadCall(operand(4), 4), storeCall(operand(4), 4)));
    const words = [...bytesToWords('operand', await bench.peek(defaultAddresses.output, 16))];
    if (next.state !== 'done' || words.join() !== '1,-2,3,-4') return `after ${name}: ${next.state}, ${words.join()}`;
  }
  return undefined;
}

/** Errors of the bus and words that do not fit end a call and are reported; other steps are left out. */
async function failures(bench: KernelBench): Promise<string | undefined> {
  bench.stall(2, 20);
  const { input, output, status: at } = defaultAddresses;
  const load = loadCall(operand(700, 1), 700);
  const store = storeCall(operand(700, 1), 700);
  const clear = clearCall('gram', 0, 1, 3);
  const expectState = async (name: string, call: Scalars, state: string, steps: number): Promise<string | undefined> => {
    const status = await bench.call(call);
    bench.fault(0, 0, 'none');
    return status.state === state && status.stepsDone === steps
      ? undefined
      : `${name}: ${status.state}, steps ${status.stepsDone}; expected ${state}, ${steps}`;
  };
  bench.poke(input, new Uint8Array(2800));
  // The last burst alone fails, so that the error comes at the very end.
  bench.fault(input + 2799, input + 2800, 'read');
  const problems = [await expectState('read error', together(clear, load, store), 'read-error', 2)];
  bench.fault(output, output + 1, 'write');
  problems.push(await expectState('write error in the first burst', together(load, store), 'write-error', 1));
  bench.fault(output + 2799, output + 2800, 'write');
  problems.push(await expectState('write error in the last burst', store, 'write-error', 0));
  problems.push(await expectState('no error', together(load, store), 'done', 9));
  for (const [name, space, word, state] of [
    ['largest int32', 'operand', 2 ** (bits.operand - 1) - 1, 'done'],
    ['int32 too large', 'operand', 2 ** (bits.operand - 1), 'bad-word'],
    ['int32 too small', 'operand', -(2 ** (bits.operand - 1)) - 1, 'bad-word'],
    ['smallest int64', 'gram', -(2 ** (bits.gram - 1)), 'done'],
    ['int64 too large', 'gram', 2 ** (bits.gram - 1), 'bad-word'],
  ] as const) {
    bench.poke(input, wordsToBytes(space, Float64Array.of(1, word, 2)));
    const call = loadCall({ ...operand(3), space }, 3);
    problems.push(await expectState(name, call, state, state === 'done' ? 1 : 0));
  }
  bench.fault(at, at + kernelStatusBytes, 'write');
  bench.prepare(infoCall());
  bench.write(kernelRegisters.control, 1);
  await bench.go(100_000);
  const result = await bench.read(kernelRegisters.result);
  bench.fault(0, 0, 'none');
  if ((result & 0xff) !== 7) problems.push(`status that cannot be written: result ${result.toString(16)}`);
  bench.prepare(infoCall(), { ...defaultAddresses, status: at + 4 });
  bench.write(kernelRegisters.control, 1);
  await bench.go(100_000);
  const unaligned = await bench.read(kernelRegisters.result);
  if ((unaligned & 0xff) !== 2) problems.push(`odd status address: result ${unaligned.toString(16)}`);
  return problems.find((p) => p !== undefined);
}

/** A word per clock in both directions when nobody waits, but for some clocks per burst and row. */
async function speed(bench: KernelBench): Promise<string | undefined> {
  bench.stall(1, 0);
  const words = 1600;
  const overhead = 120;
  bench.poke(defaultAddresses.input, new Uint8Array(words * 8));
  for (const space of ['operand', 'gram'] as const) {
    const descriptor = { ...operand(words / 2, 2), space };
    for (const call of [loadCall(descriptor, words), storeCall(descriptor, words)]) {
      const { state, clocks } = await bench.call(call);
      if (state !== 'done' || clocks > words + overhead) return `${words} words, ${space}: ${state} after ${clocks} clocks`;
    }
  }
  return undefined;
}

/** The registers in short; test/hdl/xrt-buses.test.ts has them at length. */
async function registers(bench: KernelBench): Promise<string | undefined> {
  bench.stall(6, 40);
  const { offset } = kernelArguments[3];
  bench.write(offset, 0x11223344);
  bench.write(offset, 0xaabbccdd, 0b0101);
  const merged = await bench.read(offset);
  if (merged !== 0x11bb33dd) return `strobes: ${merged.toString(16)}`;
  await bench.call(infoCall());
  const seen = [await bench.read(kernelRegisters.control), await bench.read(kernelRegisters.control)];
  return seen.join() === '14,4' ? undefined : `control register reads ${seen.join(' then ')}`;
}

/** Name and check; a check returns what is wrong. */
export const kernelChecks: readonly (readonly [string, (bench: KernelBench) => Promise<string | undefined>])[] = [
  ['moves words between memory and engine, whatever the addresses and waits', transfers],
  ['does all steps of a call in order', allSteps],
  ['refuses what is illegal and then works on', refused],
  ['reports errors of the bus and words that do not fit', failures],
  ['moves a word per clock', speed],
  ['keeps its registers', registers],
];
