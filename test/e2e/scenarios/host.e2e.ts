import { afterAll, expect, test } from 'vitest';
import { runHostSuite } from '../driver/host-suite.ts';
import { copyExample } from '../driver/workspace.ts';

// The suite runs inside the extension host, in one go; here each of its tests is reported under its own name.
const example = copyExample('digits');
afterAll(() => example.remove());
const results = await runHostSuite(example.folder);

test('the suite ran inside the extension host', () => {
  expect(results.length).toBeGreaterThan(0);
});

for (const result of results) {
  test(`extension host: ${result.title}`, () => {
    expect(result.error, result.error).toBeUndefined();
  });
}
