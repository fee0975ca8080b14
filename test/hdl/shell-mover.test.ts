import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../shared.ts';
import { moverAddresses } from './shell-descriptor.ts';
import type { MoverDescriptor } from './shell-descriptor.ts';
import { icarus, titled } from './simulators.ts';

const run = promisify(execFile);
const sizes = { lanes: 4, accumulatorBits: 40, operandDepth: 48, gramDepth: 40 };
const ones = 2n ** BigInt(sizes.accumulatorBits) - 1n;

/** The mover's RTL with a change, compiled with its bench, playing a script; its lines without empty ones. */
async function play(script: readonly string[], outDepth: number, change: readonly [string, string] = ['', '']): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tierwise-mover-'));
  try {
    const text = await readFile(join(projectRoot, 'hdl/sys/mover.sv'), 'utf8');
    if (change[0] !== '') expect(text.split(change[0]).length, `"${change[0]}" occurs once`).toBe(2);
    await writeFile(
      join(folder, 'mover.sv'),
      text.replace(change[0], () => change[1]),
    );
    await writeFile(join(folder, 'script.txt'), script.join('\n') + '\n');
    const bench = join(projectRoot, 'hdl/test/tb_mover.sv');
    const binary = join(folder, 'tb.vvp');
    await run('iverilog', ['-g2012', '-s', 'tb_mover', `-Ptb_mover.OUT_DEPTH=${outDepth}`, '-o', binary, join(folder, 'mover.sv'), bench]);
    const { stdout } = await run('vvp', [binary, `+script=${join(folder, 'script.txt')}`], { maxBuffer: 1 << 26, timeout: 30_000 });
    return stdout.split('\n').filter((line) => line !== '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Random numbers of a fixed seed: below(n) is 0..n-1. */
function randomOf(seed: number): (n: number) => number {
  let r = seed;
  return (n) => {
    r ^= r << 13;
    r ^= r >>> 17;
    r ^= r << 5;
    return (r >>> 0) % n;
  };
}

/** A descriptor of any kind, mostly inside the memory. */
function randomDescriptor(below: (n: number) => number): MoverDescriptor {
  const columns = below(22);
  const rows = below(6);
  const packed = below(2) === 1;
  return {
    space: below(2) as 0 | 1,
    tri: below(2) === 1,
    packed,
    diagonal: below(4) === 0,
    first: below(5) === 0 ? below(24) : below(4),
    columns,
    blocks: packed ? 2 + below(6) : below(8),
    rows,
    row0: below(12),
    base: below(6) === 0 ? (1 << 24) - 1 - below(6) : below(44),
  };
}

/** A descriptor with one field far beyond the memories, but with words. */
function wildDescriptor(below: (n: number) => number): MoverDescriptor {
  const d = { ...randomDescriptor(below), tri: false, diagonal: false, first: 0, columns: 1 + below(9), rows: 2 };
  const wild = [
    { base: 48 + below(2 ** 24 - 60) },
    { blocks: 60 + below(60000) },
    { columns: 200 + below(60000) },
    { row0: 400 + below(60000), packed: true },
  ];
  return { ...d, ...wild[below(4)]! };
}

const hex = (n: number | bigint): string => n.toString(16);
const fields = (d: MoverDescriptor): string =>
  [d.space, (d.tri ? 1 : 0) + (d.packed ? 2 : 0) + (d.diagonal ? 4 : 0), d.first, d.columns, d.blocks, d.rows, d.row0, d.base]
    .map(hex)
    .join(' ');

/** A script of random steps and the lines a right mover prints. */
function randomScript(seed: number, steps: number): { readonly script: string[]; readonly lines: string[] } {
  const below = randomOf(seed);
  const memories = [sizes.operandDepth, sizes.gramDepth].map((depth) => new Array<bigint>(depth * sizes.lanes).fill(ones));
  const script: string[] = [];
  const lines: string[] = [];
  for (let s = 0; s < steps; s++) {
    if (below(3) === 0) script.push(`p ${hex(below(3) === 0 ? 0 : 1 + below(1000))}`);
    const kind = below(8);
    if (kind === 0) {
      const space = below(2);
      const depth = memories[space]!.length / sizes.lanes;
      const [lanes, base, count] = [below(16), below(depth + 4), below(12)];
      script.push(`f ${[space, lanes, base, count].map(hex).join(' ')}`);
      const legal = base + count <= depth;
      lines.push(legal ? 'f' : 'e');
      for (let a = base; legal && a < base + count; a++)
        for (let l = 0; l < sizes.lanes; l++) if ((lanes >> l) & 1) memories[space]![a * sizes.lanes + l] = 0n;
      continue;
    }
    const d = below(12) === 0 ? wildDescriptor(below) : randomDescriptor(below);
    const memory = memories[d.space]!;
    const places = moverAddresses(d, sizes.lanes);
    const legal = places.every((p) => p.address * sizes.lanes < memory.length);
    const at = places.map((p) => p.address * sizes.lanes + p.lane);
    if (kind < 5) {
      const words = (legal ? places : []).map(() => (BigInt(below(2 ** 20)) << 20n) | BigInt(below(2 ** 20)));
      script.push(`i ${fields(d)} ${hex(words.length)} ${words.map(hex).join(' ')}`);
      if (legal) at.forEach((index, i) => (memory[index] = words[i]!));
      lines.push(legal ? `i ${places.length}` : 'e');
    } else {
      script.push(`o ${fields(d)} 0`);
      lines.push(legal ? ['o', places.length, ...at.map((index) => hex(memory[index]!).padStart(10, '0'))].join(' ') : 'e');
    }
  }
  for (const space of [0, 1]) {
    script.push(`g ${space}`);
    lines.push(['g', ...memories[space]!.map((w) => hex(w).padStart(10, '0'))].join(' '));
  }
  return { script, lines };
}

/** Defects the comparison must catch: text of the RTL and what replaces it. */
const defects: readonly (readonly [string, string, string])[] = [
  ['a packed row keeps its full stride', "+ W'(blocks_q) - W'(row_block)", "+ W'(blocks_q)"],
  ['a triangle begins at the first column', 'tri_q ? next_row_number : first_q', 'first_q'],
  ['the last address of a row is not checked', '|| state_q == CheckLast;', ';'],
  ['an empty row moves a word', "&& !row_empty && left_q != '0;\n  assign take", "&& left_q != '0;\n  assign take"],
  ['one word more is read ahead than there is room for', ": ahead_q < CW'(OUT_DEPTH)", ": ahead_q < CW'(OUT_DEPTH + 1)"],
  ['read data are taken a clock early', 'words[in_q[PW-1:0]] <= host_rdata_i', 'if (re_q) words[in_q[PW-1:0]] <= host_rdata_i'],
  ['a fill may pass the end by one', 'fill_end > depth', "fill_end > depth + (W + 1)'(1)"],
];

describe.skipIf(icarus === undefined)(`mover in ${titled('Icarus', icarus)}`, () => {
  test.each([0, 1, 8])('moves what random descriptors say, refuses what lies outside; words read ahead: %i', async (outDepth) => {
    const { script, lines } = randomScript(2026 + outDepth, 1200);
    expect(lines.filter((l) => l === 'e').length).toBeGreaterThan(100);
    expect(lines.filter((l) => /^[io] [1-9]/.test(l)).length).toBeGreaterThan(300);
    expect(await play(script, outDepth)).toEqual(lines);
  });

  test('moves a word per clock in both directions', async () => {
    const d: MoverDescriptor = {
      space: 1,
      tri: false,
      packed: false,
      diagonal: false,
      first: 0,
      columns: 24,
      blocks: 6,
      rows: 6,
      row0: 0,
      base: 0,
    };
    const words = Array.from({ length: 144 }, (_, i) => hex(i));
    const lines = await play([`i ${fields(d)} 90 ${words.join(' ')}`, 'c', `o ${fields(d)} 0`, 'c'], 8);
    const clocks = lines.filter((l) => l.startsWith('c')).map((l) => Number(l.slice(2)));
    expect(clocks[0]).toBeLessThanOrEqual(144 + 3);
    expect(clocks[1]).toBeLessThanOrEqual(144 + 8);
  });

  test.each(defects)('the comparison sees: %s', async (_name, from, to) => {
    const { script, lines } = randomScript(2034, 1200);
    const got = await play(script, 8, [from, to]).catch((error: unknown) => [String(error)]);
    expect(got).not.toEqual(lines);
  });
});
