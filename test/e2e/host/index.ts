import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';

/** One test of the suite as the runner reads it. */
export interface HostResult {
  readonly title: string;
  /** Undefined when it passed. */
  readonly error?: string;
  /** A measurement of the test, for information. */
  readonly note?: string;
}

/**
 * Entry point that VS Code calls inside its extension host, be it a desktop window or a server.
 * Writes one result per test to the file named by TIERWISE_HOST_RESULTS and rejects when a test failed.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'tdd', color: false, timeout: 60_000 });
  for (const file of readdirSync(__dirname)
    .filter((name) => name.endsWith('.test.js'))
    .sort())
    mocha.addFile(path.join(__dirname, file));
  const results: HostResult[] = [];
  const nFailed = await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    runner.on('pass', (test: Mocha.Test & { readonly note?: string }) =>
      results.push({ title: test.fullTitle(), ...(test.note === undefined ? {} : { note: test.note }) }),
    );
    runner.on('fail', (test, error: unknown) =>
      results.push({ title: test.fullTitle(), error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  const file = process.env['TIERWISE_HOST_RESULTS'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(results));
  if (results.length === 0) throw new Error('The suite holds no test.');
  if (nFailed > 0) throw new Error(`${nFailed} of ${results.length} tests failed.`);
}
