import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runHostSuite } from '../driver/host-suite.ts';
import { largeModel } from '../driver/large-model.ts';
import { copyExample } from '../driver/workspace.ts';

// The suite runs inside the extension host, in one go; here each of its tests is reported under its own name.
const example = copyExample('digits');
writeFileSync(path.join(example.folder, 'large.onnx'), largeModel(path.join(example.folder, 'digits.onnx')));
afterAll(() => example.remove());
const results = await runHostSuite(example.folder);

test('the suite ran inside the extension host', () => {
  expect(results.length).toBeGreaterThan(0);
});

for (const result of results) {
  test(`extension host: ${result.title}`, () => {
    if (result.note !== undefined) console.info(result.note);
    expect(result.error, result.error).toBeUndefined();
  });
}
