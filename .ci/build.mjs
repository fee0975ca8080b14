// Bundles the product into dist/: extension, solver process, language server, command line and the pages.
import { build } from 'esbuild';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, relative, resolve } from 'node:path';
import { createRequire } from 'node:module';
import { lateEntry, lateSourcesPlugin, toCommonJs } from './late-sources.mjs';
import { lazyPackages, lazyPackagesPlugin, vscodeNamesPlugin } from './lazy-packages.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const { version } = JSON.parse(await readFile(resolve(root, 'package.json'), 'utf8'));

const common = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
  define: { TIERWISE_VERSION: JSON.stringify(version) },
  metafile: true,
};

/** Packages with compiled parts. */
const native = ['onnxruntime-node', 'serialport', 'koffi'];

/** Node bundles. Native packages stay outside: they are loaded lazily, and only by the solver and the command line. */
const nodeBundles = [
  ...Object.entries(lazyPackages).map(([name, file]) => ({ in: `node_modules/${name}`, out: `dist/${file}`, external: ['vscode'] })),
  { in: 'solver-core/server/solver-process.ts', out: 'dist/solver.cjs', external: native },
  { in: 'solver-core/server/language-server.ts', out: 'dist/language-server.cjs', external: [] },
  { in: 'solver-core/cli/main.ts', out: 'dist/cli.cjs', external: native, banner: '#!/usr/bin/env node' },
  { in: 'solver-core/backends/cpu/gram-worker.ts', out: 'dist/gram-worker.cjs', external: ['onnxruntime-node'] },
  { in: 'solver-core/backends/xrt/worker.ts', out: 'dist/xrt-worker.cjs', external: ['koffi'] },
];

const pages = ['report', 'tiers', 'model', 'learning', 'optimise', 'sparsity', 'compound'];

/**
 * Builds everything whose entry file exists; returns the esbuild metafiles by output name.
 * @param {{ write?: boolean }} [options] write: false makes the metafiles only and leaves dist/ alone
 */
export async function buildAll({ write = true } = {}) {
  if (write) await mkdir(resolve(root, 'dist'), { recursive: true });
  const metafiles = { 'dist/extension.cjs': await buildExtension({ write }) };
  for (const bundle of nodeBundles) {
    if (!existsSync(resolve(root, bundle.in))) continue;
    const result = await build({
      ...common,
      write,
      entryPoints: [bundle.in],
      outfile: bundle.out,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      external: bundle.external,
      // VS Code hooks into require(), which `import()` would not go through.
      supported: { 'dynamic-import': !bundle.external.includes('vscode') },
      // Bundles are CommonJS: some libraries ask for import.meta.url.
      banner: bundle.banner ? { js: bundle.banner } : {},
    });
    metafiles[bundle.out] = result.metafile;
  }
  const entries = pages.map((p) => `webview/app/${p}.ts`).filter((p) => existsSync(resolve(root, p)));
  if (entries.length > 0) {
    const result = await build({
      ...common,
      write,
      entryPoints: entries,
      outdir: 'dist/webview',
      platform: 'browser',
      target: 'es2022',
      format: 'iife',
      minify: true,
    });
    metafiles['dist/webview'] = result.metafile;
    if (!write) return metafiles;
    const codicons = dirname(require.resolve('@vscode/codicons/dist/codicon.css'));
    await rm(resolve(root, 'dist/webview/codicon.css'), { force: true });
    await cp(resolve(codicons, 'codicon.css'), resolve(root, 'dist/webview/codicon.css'));
    await cp(resolve(codicons, 'codicon.ttf'), resolve(root, 'dist/webview/codicon.ttf'));
  }
  await copyTargets();
  if (existsSync(resolve(root, 'dist/cli.cjs'))) await chmod(resolve(root, 'dist/cli.cjs'), 0o755);
  return metafiles;
}

/**
 * The extension in its two halves and what both use; returns the metafile.
 * @param {{ write?: boolean, outdir?: string }} [options]
 */
export async function buildExtension({ write = true, outdir = 'dist' } = {}) {
  const { outputFiles, metafile } = await build({
    ...common,
    write: false,
    sourcemap: 'inline',
    entryPoints: { extension: 'extension/extension.ts', 'extension-late': lateEntry },
    outdir,
    chunkNames: 'extension-shared',
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    target: 'node20',
    format: 'esm',
    splitting: true,
    logOverride: { 'import-is-undefined': 'error' },
    external: ['vscode'],
    plugins: [lateSourcesPlugin(), lazyPackagesPlugin(), vscodeNamesPlugin()],
  });
  for (const file of outputFiles) {
    const { code, map } = await toCommonJs(file, {
      target: 'node20',
      // What the extension host parses at every start is kept short; names stay, for the log.
      minifyWhitespace: true,
      minifySyntax: true,
      lineLimit: 200,
      sourcesContent: false,
      // VS Code hooks into require(), which `import()` would not go through.
      supported: { 'dynamic-import': false },
    });
    metafile.outputs[relative(root, file.path).replaceAll('\\', '/')].bytes = Buffer.byteLength(code);
    if (!write) continue;
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, code);
    await writeFile(`${file.path}.map`, map);
  }
  return metafile;
}

/** The targets that ship, as files that users can start their own from, and the schema that editors check those against. */
async function copyTargets() {
  const source = resolve(root, 'solver-core/energy/targets');
  for (const folder of ['dist/targets', 'dist/schemas']) await rm(resolve(root, folder), { recursive: true, force: true });
  for (const name of (await readdir(source)).filter((file) => file.endsWith('.json'))) {
    const folder = name.endsWith('.schema.json') ? 'dist/schemas' : 'dist/targets';
    await mkdir(resolve(root, folder), { recursive: true });
    await cp(resolve(source, name), resolve(root, folder, name));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = Date.now();
  await buildAll();
  console.log(`built dist/ in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
