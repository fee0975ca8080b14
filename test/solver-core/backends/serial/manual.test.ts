import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../../shared.ts';

/** Files whose errors reach a user of a board. */
function sources(): readonly string[] {
  const folder = join(projectRoot, 'solver-core/backends/serial');
  const own = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  return [
    ...own.map((name) => join(folder, name)),
    ...['remote-device.ts', 'remote-self-test.ts'].map((name) => join(folder, '../engine', name)),
  ];
}

test('the manual explains every error code of the serial backend and no other', () => {
  const codes = new Set(sources().flatMap((path) => readFileSync(path, 'utf8').match(/'(serial|board)-[a-z-]+'/g) ?? []));
  const written = [...codes].map((code) => code.slice(1, -1)).sort();
  const table = readFileSync(join(projectRoot, 'docs/serial.md'), 'utf8').split('## Errors')[1]!.split('## Speed')[0]!;
  const explained = (table.match(/`(serial|board)-[a-z-]+`/g) ?? []).map((code) => code.slice(1, -1)).sort();
  expect(explained).toEqual(written);
});
