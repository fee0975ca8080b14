import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrayRows } from '../../solver-core/fit/ridge/array-rows.ts';
import type { RidgeProblem } from '../../solver-core/fit/backend.ts';
import { readModel, readTensor } from '../../solver-core/onnx/index.ts';
import { defaultImageFolder } from '../hdl/images.ts';
import { boardFolder } from '../solver-core/backends/board-sim/real-board.ts';
import { buildWorker, linkOptions, scratch } from '../solver-core/backends/xrt/rig.ts';
import { madeProblem, relativeError } from '../solver-core/fit/problems.ts';
import { tolerances } from '../tolerances.ts';
import { buildShim, shimMissing } from '../xrt-shim/build-shim.ts';
import type { Shim } from '../xrt-shim/build-shim.ts';
import { boardProcess } from './board-process.ts';
import { buildProduct, edit } from './product.ts';
import type { Product } from './product.ts';
import { differing, functionalPath, openSerialPath, openSimPath, openXrtPath, solveOn, solveOnCpu } from './same-fit-paths.ts';
import type { EnginePath, PathResult } from './same-fit-paths.ts';

/** `full` (bench/same-fit.mjs): 10 000 rows and the whole digits example, minutes; else some hundred rows and its last layer. */
const isFull = process.env['TIERWISE_SAME_FIT'] === 'full';
const rows = isFull ? 10_000 : 400;
const hasPty = process.platform === 'linux' || process.platform === 'darwin';
const hasCard = shimMissing() === null;
/** Three circuits are compiled here when nobody has done so before. */
const compileMs = 900_000;

const work = scratch();
let folder = '';
let shim: Shim | undefined;
let product: Product;
beforeAll(async () => {
  folder = await defaultImageFolder();
  await boardFolder();
  if (hasCard) shim = await buildShim('model');
  product = await buildProduct();
}, compileMs);
afterAll(() => {
  product.remove();
  work.remove();
});

function report(line: string): void {
  if (isFull) process.stdout.write(`| ${line} |\n`);
}

/** What must be the same: the text says which arithmetic answered, apart from the name of the engine. */
function sameness({ words, solution }: PathResult): Record<string, unknown> {
  const { method, refinementPasses, lambda, conditionEstimate } = solution;
  return { method: method.replace(/^\S+/, ''), refinementPasses, lambda, conditionEstimate, fractionBits: words.fractionBits };
}

describe('one ridge problem through cpu, functional model, sim, serial and xrt', () => {
  const paths: EnginePath[] = [];
  beforeAll(async () => {
    paths.push(await openSimPath(folder));
    if (hasPty) paths.push(await openSerialPath(folder));
    if (shim !== undefined) paths.push(await openXrtPath(linkOptions(shim, buildWorker(work.path))));
  });
  afterAll(async () => {
    for (const path of paths) await path.close();
  });

  test.each([
    { kappa: 1e4, within: tolerances.ridgeEngine },
    { kappa: 1e6, within: tolerances.ridgeRefined },
  ])(
    'condition $kappa: the same words before refinement, the same bits after it, and fp64 agrees',
    async ({ kappa, within }) => {
      const made = madeProblem(rows, 64, 8, 5, { kappa });
      const problem: RidgeProblem = { source: arrayRows(made.x, made.y, made.d, made.k), lambda: 0, bias: true };
      const reference = await solveOnCpu(problem);
      for (const path of paths) {
        const model = functionalPath(path.device.info);
        const expected = await solveOn(model, problem);
        await model.close();
        const result = await solveOn(path, problem);
        const error = relativeError(result.solution.w, reference.w);
        report(
          `${kappa.toExponential(0)} | ${path.name} | ${error.toExponential(1)} | ${result.solution.refinementPasses} | ${result.seconds.toFixed(1)}`,
        );
        expect({ path: path.name, ...sameness(result) }).toEqual({ path: path.name, ...sameness(expected) });
        const changed = {
          words: differing(result.words.values, expected.words.values),
          w: differing(result.solution.w, expected.solution.w),
          b: differing(result.solution.b, expected.solution.b),
        };
        expect([path.name, changed]).toEqual([path.name, { words: 0, w: 0, b: 0 }]);
        expect(result.words.values.some((word) => word !== 0)).toBe(true);
        expect(error, path.name).toBeLessThan(within.relative);
      }
      expect(paths.map(({ name }) => name)).toEqual(['sim', ...(hasPty ? ['serial'] : []), ...(hasCard ? ['xrt'] : [])]);
    },
    compileMs,
  );
});

/** Runs the command line to its end, however long that takes; its code and what it said. */
function run(
  words: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [product.cli, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.once('close', (code) => resolve({ code, text }));
  });
}

function tensorsOf(path: string): ReadonlyMap<string, readonly number[]> {
  const model = readModel(readFileSync(path)).value!;
  const names = [...model.graph.initializers.keys()].sort();
  return new Map(names.map((name) => [name, [...(readTensor(model, name).value!.data as Iterable<number>)]]));
}

test.runIf(hasPty)(
  'the digits example through the command line: sim, serial and xrt write the same weights, cpu the same numbers',
  async () => {
    const board = boardProcess(product, join(product.scratch(), 'board'));
    await board.ready;
    buildWorker(dirname(product.cli));
    const backends = ['cpu', 'sim', `serial:${board.path}`, ...(hasCard ? ['xrt:0'] : [])];
    const card = shim === undefined ? {} : { XILINX_XRT: shim.root, TIERWISE_XRT_FILE_ROOT: shim.fileRoot, TIERWISE_XCLBIN: shim.xclbin };
    const fitted = new Map<string, ReadonlyMap<string, readonly number[]>>();
    for (const backend of backends) {
      const cwd = product.digits();
      if (!isFull)
        edit(join(cwd, 'digits.tiers'), (text) =>
          text
            .replace(/lower tier features \{[^}]*\}/, '')
            .replace(/upper tier head \{[^}]*\}/, 'lower tier head {\n  layers "/fc3/Gemm"\n  solve ridge lambda 1\n}'),
        );
      const startMs = performance.now();
      const { code, text } = await run(['fit', 'digits.tiers', '--backend', backend, '--quiet'], cwd, { ...process.env, ...card });
      expect([backend, code, text.slice(-2000)]).toEqual([backend, 0, expect.stringContaining('accuracy on 360 held-out')]);
      const correct = /after +.*\((\d+) of 360\)/.exec(text)?.[1] ?? '';
      report(`digits | ${backend.replace(/:.*/, '')} | ${correct} of 360 | | ${((performance.now() - startMs) / 1000).toFixed(1)}`);
      fitted.set(backend, tensorsOf(join(cwd, 'digits.fitted.onnx')));
    }
    await board.stop('SIGTERM');
    const sim = fitted.get('sim')!;
    expect(sim.size).toBe(6);
    for (const [name, values] of sim) {
      for (const backend of backends.slice(2))
        expect([backend, name, differing(fitted.get(backend)!.get(name)!, values)]).toEqual([backend, name, 0]);
      expect(relativeError(fitted.get('cpu')!.get(name)!, values), name).toBeLessThan(tolerances.ridgeRefined.relative);
    }
  },
  compileMs,
);
