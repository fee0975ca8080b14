import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Product } from '../../../cli/product.ts';
import { buildProduct } from '../../../cli/product.ts';
import { processClock } from '../../../../solver-core/backends/serial/clock.ts';
import type { BoardsDocument } from '../../../../solver-core/protocol/boards-documents.ts';
import { BoardModel } from './board-model.ts';
import { EngineMemory, testEngine } from './engine-memory.ts';
import { hasPseudoTerminals, openPseudoTerminal } from './pseudo-terminal.ts';

let product: Product;
beforeAll(async () => {
  product = await buildProduct();
});
afterAll(() => product.remove());

const document = (stdout: string): BoardsDocument => JSON.parse(stdout) as BoardsDocument;

test('a list opens nothing and always works', async () => {
  const { code, stdout } = await product.run(['boards', '--json']);
  expect(code).toBe(0);
  const { schema, serial } = document(stdout);
  expect(schema).toBe('tierwise.boards/1');
  expect(serial.every((port) => port.answer.kind === 'not-asked')).toBe(true);
  expect((await product.run(['boards'])).stdout).toContain('Serial ports\n');
});

test('a port that is not there is an answer, exit code 3', async () => {
  const path = join(product.scratch(), 'nothing');
  const { code, stdout } = await product.run(['boards', path, '--json']);
  expect(code).toBe(3);
  expect(document(stdout).serial.find((port) => port.path === path)?.answer).toMatchObject({ kind: 'error', code: 'serial-port-missing' });
});

test('one port at most, and no port beside --probe', async () => {
  expect((await product.run(['boards', 'a', 'b'])).code).toBe(2);
  expect((await product.run(['boards', '/dev/a', '--probe'])).code).toBe(2);
});

test('a fit on a board that is not there says so before any work and writes nothing', async () => {
  const folder = product.digits();
  const { code, stderr } = await product.run(['fit', join(folder, 'digits.tiers'), '--backend', `serial:${folder}/board`]);
  expect(code).toBe(3);
  expect(stderr).toContain('There is no port');
  expect(() => readFileSync(join(folder, 'digits.fitted.onnx'))).toThrow('ENOENT');
});

describe.skipIf(!hasPseudoTerminals)('with a board model behind a pseudo-terminal', () => {
  test('asking the port names the engine, and a layer too large for it is refused before any work', async () => {
    const pty = await openPseudoTerminal();
    try {
      const board = new BoardModel(new EngineMemory(testEngine), processClock);
      board.send = (bytes) => pty.write(bytes);
      pty.onBytes((bytes) => board.push(bytes));
      const { code, stdout } = await product.run(['boards', pty.path, '--json']);
      expect(code).toBe(0);
      expect(document(stdout).serial.find((port) => port.path === pty.path)).toMatchObject({
        simulated: true,
        answer: { kind: 'engine', engine: { lanes: 8, wordBits: 18, limbs: 2, maxFeatures: 128, baud: 1_000_000 } },
      });
      const plan = join(product.digits(), 'digits.tiers');
      const fit = await product.run(['fit', plan, '--backend', `serial:${pty.path}`]);
      expect(fit.code).toBe(3);
      expect(fit.stderr).toContain('A layer with 192 inputs has no room on Simulated board');
    } finally {
      await pty.unplug();
    }
  });
});
