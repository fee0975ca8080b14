// How long the extension takes to activate in a real workbench, as VS Code itself tells it ("Developer: Show Running Extensions":
// loading the code and the synchronous part of activate). Cold: the first window of a server that was just started, the package's
// files dropped from the page cache (Linux, best effort). Warm: the same window loaded again, with a new extension host.
//   node bench/activation.bench.mjs [starts, default 5] [VSIX, default: packaged now]
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { packageVsix } from '../.ci/package-vsix.mjs';
import { startWorkbench } from '../.ci/workbench.mjs';

const starts = Number(process.argv[2] ?? 5);
const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const vsix = process.argv[3] ?? (await packageVsix());
const executablePath = process.env.TIERWISE_CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((file) => existsSync(file));

const folder = mkdtempSync(path.join(tmpdir(), 'tierwise-activation-'));
for (const name of ['digits.onnx', 'digits.npz', 'digits.tiers']) cpSync(path.join(root, 'examples/digits', name), path.join(folder, name));
const cold = [];
const warm = [];
const browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-gpu'] });
try {
  for (let i = 0; i < starts; i += 1) {
    const workbench = await startWorkbench({ vsix, folder });
    try {
      forget(path.join(workbench.extensionsDir));
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      await page.goto(workbench.url);
      cold.push(await activationMs(page));
      await page.reload();
      warm.push(await activationMs(page));
      await page.close();
    } finally {
      await workbench.stop();
    }
    console.error(`start ${i + 1} of ${starts}: cold ${cold.at(-1)} ms, warm ${warm.at(-1)} ms`);
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
const sorted = (list) => [...list].sort((a, b) => a - b);
const tell = (list) => `median ${sorted(list)[Math.floor(list.length / 2)]} ms, ${sorted(list)[0]} to ${sorted(list).at(-1)} ms`;
console.log(`activation, ${starts} starts with a plan in the folder\n  cold: ${tell(cold)}\n  warm: ${tell(warm)}`);

/** What the list of running extensions says about ours. */
async function activationMs(page) {
  await page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
  await page.locator('[id="tierwise.tierwise.tierwise.total"], [id^="tierwise.tierwise."]').first().waitFor({ timeout: 60_000 });
  const input = page.locator('.quick-input-widget input').first();
  await page.keyboard.press('F1');
  await input.waitFor({ state: 'visible', timeout: 30_000 });
  await input.fill('>Developer: Show Running Extensions');
  await page.locator('.quick-input-widget .monaco-list-row', { hasText: 'Show Running Extensions' }).first().click();
  const row = page.locator('.runtime-extensions-editor .extension', { hasText: 'Tierwise' }).first();
  await row.waitFor({ timeout: 30_000 });
  const text = (await row.textContent()) ?? '';
  const found = /Activation:\s*(\d+)\s*ms/.exec(text);
  if (found === null) throw new Error(`no activation time in ${JSON.stringify(text)}`);
  return Number(found[1]);
}

/** Drops files from the page cache where the system can (GNU dd); elsewhere "cold" is the first start of the process only. */
function forget(dir) {
  for (const name of readdirSync(dir, { recursive: true })) {
    const file = path.join(dir, name);
    if (/\.(cjs|json)$/.test(name) && statSync(file).isFile()) spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
  }
}
