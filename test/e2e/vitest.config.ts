import { defineConfig } from 'vitest/config';
import { fileURLToPath } from 'node:url';

// Scenarios share one machine and each starts a workbench of its own: one file at a time, each test after the one before.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: process.env['TIERWISE_SCREENSHOTS'] === undefined ? ['test/e2e/scenarios/*.e2e.ts'] : ['test/e2e/screenshots*.e2e.ts'],
    fileParallelism: false,
    sequence: { concurrent: false },
    testTimeout: 240_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    expect: { requireAssertions: true },
  },
});
