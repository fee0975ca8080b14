// The suite of test/e2e/host/ inside desktop VS Code, by @vscode/test-electron. NOT RUN HERE: it needs an Electron build of VS Code,
// which is downloaded, or named by VSCODE_EXECUTABLE (an installed `code`). On Linux without a screen use: xvfb-run -a node test/e2e/desktop.mjs
// Prints one line of JSON, as run.mjs does.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } from '@vscode/test-electron';
import { bundleHostSuite } from './host-bundle.mjs';
import { packageVsix } from '../../.ci/package-vsix.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const work = mkdtempSync(path.join(os.tmpdir(), 'tierwise-desktop-'));
const folder = path.join(work, 'digits');
const results = path.join(work, 'results.json');
const place = [`--user-data-dir=${path.join(work, 'user')}`, `--extensions-dir=${path.join(work, 'extensions')}`];

let failures = [];
let passed = 0;
let bundle;
try {
  cpSync(path.join(root, 'examples', 'digits'), folder, {
    recursive: true,
    filter: (file) => !/\.(fitted|report)\./.test(path.basename(file)),
  });
  const vsix = process.env.TIERWISE_VSIX ?? (await packageVsix());
  const vscodeExecutablePath = process.env.VSCODE_EXECUTABLE ?? (await downloadAndUnzipVSCode(process.env.VSCODE_VERSION ?? 'stable'));
  const [cli, ...cliArgs] = resolveCliArgsFromVSCodeExecutablePath(vscodeExecutablePath);
  const install = spawnSync(cli, [...cliArgs, ...place, '--install-extension', vsix], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (install.status !== 0) throw new Error(`The extension did not install: ${install.stdout}${install.stderr}`);
  bundle = await bundleHostSuite();
  await runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: bundle.extensionDir,
    extensionTestsPath: bundle.suite,
    extensionTestsEnv: { TIERWISE_HOST_RESULTS: results },
    launchArgs: [folder, ...place, '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes'],
  });
} catch (error) {
  failures.push(`desktop: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  if (existsSync(results)) {
    const all = JSON.parse(readFileSync(results, 'utf8'));
    passed = all.filter((one) => one.error === undefined).length;
    const failed = all.filter((one) => one.error !== undefined).map((one) => `desktop: ${one.title}: ${one.error.split('\n')[0]}`);
    // The runner's own exception only says that some test failed.
    if (failed.length > 0) failures = failed;
  }
  bundle?.remove();
  rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.stdout.write(`${JSON.stringify({ passed, failed: failures.length, failures })}\n`);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
