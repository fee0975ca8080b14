// Takes the pictures of the README from the packaged extension in a real workbench: node test/e2e/screenshots.mjs
// They land in docs/images/ at twice the resolution. TIERWISE_VSIX=file takes them of that package.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureApt } from '../../.ci/apt.mjs';
import { packageVsix } from '../../.ci/package-vsix.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '..', '..');

ensureApt(['chromium', 'fonts-dejavu-core']);
const vsix = process.env.TIERWISE_VSIX ?? (await packageVsix());
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
const result = spawnSync(process.execPath, [vitest, 'run', '--config', path.join(here, 'vitest.config.ts'), 'screenshots'], {
  cwd: root,
  env: { ...process.env, TIERWISE_VSIX: vsix, TIERWISE_SCREENSHOTS: path.join(root, 'docs', 'images') },
  stdio: 'inherit',
});
process.exitCode = result.status ?? 1;
