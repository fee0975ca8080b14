import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedDir, generateTiers } from '../../../.ci/gen-tiers.mjs';

test('the generated parser tables are those of the grammar (run: node .ci/gen-tiers.mjs)', () => {
  const fresh: Record<string, string> = generateTiers();
  const committed = Object.fromEntries(
    readdirSync(generatedDir)
      .sort()
      .map((name: string) => [name, readFileSync(join(generatedDir, name), 'utf8')]),
  );
  expect(Object.keys(committed)).toEqual(Object.keys(fresh));
  for (const [name, text] of Object.entries(fresh)) expect(committed[name] === text, name).toBe(true);
});
