// `npm start`: the main job on the embedded default, from a fresh clone to a fitted model and an energy report.
import { join } from 'node:path';
import { checkNode, ensureBuild, ensurePackages, root, run } from './setup.mjs';

checkNode();
await ensurePackages();
await ensureBuild({ board: false });

const example = join('examples', 'digits');
const plan = join(example, 'digits.tiers');
const report = join(example, 'digits.report.html');

async function tierwise(...args) {
  process.stdout.write(`\n$ tierwise ${args.join(' ')}\n`);
  const { code } = await run(process.execPath, [join(root, 'dist', 'cli.cjs'), ...args], { allowFailure: true });
  if (code !== 0) process.exit(code);
}

await tierwise('inspect', join(example, 'digits.onnx'));
await tierwise('check', plan);
await tierwise('fit', plan);
await tierwise('energy', plan);
await tierwise('energy', plan, '--format', 'html', '--out', report);

process.stdout.write(`
Done. The untrained model was not touched; beside it now lie
  ${join(example, 'digits.fitted.onnx')}   the fitted model (opens in ONNX Runtime)
  ${join(example, 'digits.fitted.json')}   the fit record: λ, residuals, cycles, hashes
  ${report}    the energy report: open it in a browser

Next
  npm run editor     the same in a VS Code workbench in the browser
  npm run package    an installable VSIX for this platform
  node dist/cli.cjs --help
`);
