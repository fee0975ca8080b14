import { defineConfig } from 'vitest/config';
import { fileURLToPath } from 'node:url';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'node_modules/**'],
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // Waiting for another process takes as long as a loaded machine takes to start one.
    expect: { requireAssertions: true, poll: { timeout: 20_000 } },
  },
});
