// `npm run editor`: packages the extension, installs it into a real VS Code workbench and serves that to the browser.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureApt } from './apt.mjs';
import { packageVsix } from './package-vsix.mjs';
import { startWorkbench } from './workbench.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const say = (line) => process.stderr.write(`${line}\n`);

try {
  // A compiler for the workbench's logger; without it the output channels stay empty, nothing else changes.
  if (!existsSync(path.join(root, '.cache', 'workbench', 'stamp'))) ensureApt(['g++', 'make', 'python3'], { log: say });
  const vsix = await packageVsix({ log: say });
  const folder = process.argv[2] === undefined ? path.join(root, 'examples') : path.resolve(process.argv[2]);
  const port = Number(process.env.PORT ?? 0);
  const workbench = await startWorkbench({ vsix, folder, port, log: say });
  process.stdout.write(
    [
      '',
      `Tierwise is open at  ${workbench.url}`,
      '',
      'Open digits/digits.tiers there, look at the energy behind each layer, and press "Fit lower tier".',
      'It changes files in that folder only when you fit. Stop with Ctrl+C.',
      '',
    ].join('\n'),
  );
  await new Promise(() => {
    setInterval(() => {}, 2 ** 30);
  });
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
