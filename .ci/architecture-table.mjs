// Writes the direction table of test/layers.ts into ARCHITECTURE.md (between the header row and the hdl row).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './setup.mjs';

const built = await build({
  entryPoints: [join(root, 'test/architecture-rows.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  write: false,
});
const { architectureRows } = await import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].contents).toString('base64')}`);
const path = join(root, 'ARCHITECTURE.md');
const text = readFileSync(path, 'utf8');
const head = '| part | may import | packages | what |\n|---|---|---|---|\n';
const start = text.indexOf(head) + head.length;
const end = text.indexOf('| hdl |');
writeFileSync(path, `${text.slice(0, start)}${architectureRows().join('\n')}\n${text.slice(end)}`);
