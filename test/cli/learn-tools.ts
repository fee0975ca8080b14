import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { buildModel } from '../../solver-core/onnx/index.ts';
import { digitsRows } from '../solver-core/fit/digits.ts';
import { documentOf, edit } from './product.ts';
import type { Product, Ran } from './product.ts';
import { learnSchema, unlearnSchema } from './schemas.ts';

export type Learned = v.InferOutput<typeof learnSchema>;
export type Unlearned = v.InferOutput<typeof unlearnSchema>;

/** The digits, with the numbers of the rows by class. */
export interface Digits {
  readonly width: number;
  readonly x: Float32Array;
  readonly y: Int32Array;
  /** Row numbers of these classes, in their order in the file, at most `count`. */
  of(classes: readonly number[], count?: number): number[];
}

export async function digits(): Promise<Digits> {
  const { rows, x, labels } = await digitsRows();
  if (labels.kind !== 'class') throw new Error('digits have classes');
  const y = labels.values;
  return {
    width: x.length / rows,
    x,
    y,
    of: (classes, count = Infinity) => [...y.keys()].filter((r) => classes.includes(y[r]!)).slice(0, count),
  };
}

/** Writes rows as a .csv, the label last; `label`: what stands there for a class. */
export function writeRows(path: string, { x, y, width }: Digits, rows: readonly number[], label: (y: number) => string = String): void {
  const lines = rows.map((r) => [...x.subarray(r * width, (r + 1) * width), label(y[r]!)].join(','));
  writeFileSync(path, `${lines.join('\n')}\n`);
}

/** A folder with a fitted digits example whose plan learns on every batch; `change` edits the plan before the fit. */
export async function fittedFolder(product: Product, change: (plan: string) => string = (text) => text): Promise<string> {
  const folder = product.digits();
  edit(join(folder, 'digits.tiers'), (text) =>
    change(text.replace('backend sim', 'backend cpu').replace('  budget 5 mJ per update\n', '')),
  );
  const ran = await product.run(['fit', 'digits.tiers', '--json'], { cwd: folder });
  if (ran.code !== 0) throw new Error(ran.stdout + ran.stderr);
  return folder;
}

/**
 * A folder with a network of two outputs (or one), 64 -> 24 -> 2, and a plan without data, whose upper tier is `upper`. `closing`: what
 * is behind the head: a softmax, a Reshape that counts on two outputs before it, or nothing behind a single output.
 */
export function smallFolder(product: Product, upper: string, closing: 'softmax' | 'reshape' | 'number' = 'softmax'): string {
  const outputs = closing === 'number' ? 1 : 2;
  const last = closing === 'number' ? 's' : 'p';
  const folder = product.scratch();
  let state = 7;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const fill = (count: number): Float32Array => Float32Array.from({ length: count }, next);
  const bytes = buildModel({
    name: 'small',
    inputs: [{ name: 'x', type: 'float32', dims: ['n', 64] }],
    outputs: [{ name: last, type: 'float32', dims: ['n', outputs] }],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w1', 'b1'], outputs: ['h'] },
      { op: 'Relu', inputs: ['h'], outputs: ['a'] },
      { op: 'Gemm', inputs: ['a', 'w2', 'b2'], outputs: ['s'], attributes: { transB: 1 } },
      ...(closing === 'reshape' ? [{ op: 'Reshape', inputs: ['s', 'shape'], outputs: ['r'] }] : []),
      ...(closing === 'number' ? [] : [{ op: 'Softmax', inputs: [closing === 'reshape' ? 'r' : 's'], outputs: ['p'] }]),
    ],
    tensors: [
      { name: 'w1', dims: [64, 24], data: fill(64 * 24) },
      { name: 'b1', dims: [24], data: fill(24) },
      { name: 'w2', dims: [outputs, 24], data: fill(outputs * 24) },
      { name: 'b2', dims: [outputs], data: fill(outputs) },
      ...(closing === 'reshape' ? [{ name: 'shape', dims: [2], data: { int64: [1, 2] } }] : []),
    ],
  });
  writeFileSync(join(folder, 'small.onnx'), bytes);
  writeFileSync(join(folder, 'small.tiers'), `model "small.onnx"\nbackend cpu\nupper tier head {\n  layers "Gemm_2"\n${upper}}\n`);
  return folder;
}

export async function learn(product: Product, cwd: string, words: string): Promise<Learned> {
  const ran = await product.run(['learn', ...words.split(' '), '--json'], { cwd });
  return v.parse(learnSchema, ok(ran));
}

export async function unlearn(product: Product, cwd: string, words: string): Promise<Unlearned> {
  const ran = await product.run(['unlearn', ...words.split(' '), '--json'], { cwd });
  return v.parse(unlearnSchema, ok(ran));
}

function ok(ran: Ran): unknown {
  if (ran.code !== 0) throw new Error(`exit code ${ran.code}: ${ran.stdout} ${ran.stderr}`);
  return documentOf(ran);
}

export function bytesOf(folder: string, ...names: readonly string[]): readonly string[] {
  return names.map((name) => readFileSync(join(folder, name)).toString('base64'));
}

export function copyInto(folder: string, from: string, ...names: readonly string[]): void {
  for (const name of names) copyFileSync(join(from, name), join(folder, name));
}
