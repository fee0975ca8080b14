// The layer table of the model editor with 10 000 rows, in chromium: time to the first rows, frames and long tasks while it is scrolled
// from top to bottom, elements in the document. Beside it, in the same run, the same rows all in the document ("plain"), which is what a
// chunked table comes to once all chunks are shown. Run: node bench/model-table.bench.mjs [rows]
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const nRows = Number(process.argv[2] ?? 10_000);
const steps = 120;

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['webview/app/model.ts'],
  outdir: 'dist/webview',
  bundle: true,
  minify: true,
  write: false,
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
});
const files = new Map(outputFiles.map((file) => [`/${file.path.split(/[\\/]/).at(-1)}`, file.contents]));
files.set('/host.css', await readFile(join(root, 'test/webview/themes/host.css')));
files.set('/dark.css', await readFile(join(root, 'test/webview/themes/dark.css')));
const page0 = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>x</title><link rel="stylesheet" href="host.css">
<link rel="stylesheet" href="dark.css"><link rel="stylesheet" href="model.css">
<script>window.acquireVsCodeApi = () => ({ postMessage() {}, getState: () => undefined, setState() {} });</script>
</head><body class="vscode-dark"><main id="app"></main><script src="model.js"></script></body></html>`;
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://x');
  const body = pathname === '/' ? page0 : files.get(pathname);
  const type = pathname.endsWith('.css') ? 'text/css' : pathname.endsWith('.js') ? 'text/javascript' : 'text/html';
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': type });
  response.end(body ?? '');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({
  executablePath: process.env['TIERWISE_CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
await page.goto(`http://127.0.0.1:${server.address().port}/`);

/** Runs in the page: makes the view there, so that the way through the debugger is not timed. */
const opened = await page.evaluate(async (n) => {
  const figure = (value) => ({
    text: `${(value * 1e9).toPrecision(3)} nJ`,
    value,
    low: value / 3,
    high: value * 3,
    bandText: `${((value / 3) * 1e9).toPrecision(2)} to ${(value * 3 * 1e9).toPrecision(2)} nJ`,
    source: 'modelled',
    ref: 'Horowitz 2014, 45 nm, scaled; ECP5 datasheet FPGA-DS-02012; DDR3 access energy table',
  });
  const layers = Array.from({ length: n }, (_, i) => {
    const macs = ((i * 7919) % 1_000_003) + 1;
    return {
      id: `/encoder/layers.${i}/attention/MatMul`,
      op: i % 3 === 0 ? 'Conv' : 'MatMul',
      tier: 'frozen',
      shape: '64 → 256',
      macs: macs.toLocaleString('en'),
      parameters: '16,640',
      weightBytes: '65.0 KiB',
      inference: figure(macs * 7e-12),
      components: [],
      sgd: figure(macs * 3e-10),
      solve: figure(macs * 2e-11),
      incremental: figure(macs * 1e-12),
      breakEven: 'at once',
      fitted: null,
      macsCount: macs,
    };
  });
  const totals = { layers: String(n), macs: '1', parameters: '1', weightBytes: '1', inference: figure(1e-3) };
  const view = { path: '/models/large.onnx', summary: [], layers, diagnostics: [], totals };
  const longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((e) => e.duration))).observe({ entryTypes: ['longtask'] });
  const begun = performance.now();
  window.postMessage({ kind: 'model', strings: {}, view }, '*');
  const posted = performance.now();
  await new Promise((resolve) => {
    const look = () => (document.querySelector('tbody th') === null ? requestAnimationFrame(look) : requestAnimationFrame(resolve));
    look();
  });
  const painted = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { cloneMs: posted - begun, firstPaintMs: painted - begun, longestTaskMs: Math.max(0, ...longTasks) };
}, nRows);

/** Scrolls by `stepPx` a frame (0: from top to bottom in as many frames) and tells what that cost. */
const scroll = (stepPx, nSteps) =>
  page.evaluate(
    async ({ stepPx, nSteps }) => {
      const longTasks = [];
      const observer = new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((e) => e.duration)));
      window.scrollTo(0, stepPx === 0 ? 0 : 50_000);
      await new Promise((resolve) => setTimeout(resolve, 300));
      observer.observe({ entryTypes: ['longtask'] });
      const frames = [];
      let mostRows = 0;
      let mostElements = 0;
      let last = performance.now();
      for (let step = 0; step <= nSteps; step++) {
        if (stepPx === 0) window.scrollTo(0, ((document.documentElement.scrollHeight - innerHeight) * step) / nSteps);
        else window.scrollBy(0, stepPx);
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        frames.push(now - last);
        last = now;
        if (step % 10 === 0) {
          mostRows = Math.max(mostRows, document.querySelectorAll('tbody tr').length);
          mostElements = Math.max(mostElements, document.getElementsByTagName('*').length);
        }
      }
      observer.disconnect();
      frames.sort((a, b) => a - b);
      const at = (share) => frames[Math.min(frames.length - 1, Math.floor(share * frames.length))];
      return { medianMs: at(0.5), p95Ms: at(0.95), maxMs: at(1), longTasks: longTasks.length, mostRows, mostElements };
    },
    { stepPx, nSteps },
  );

const wheel = await scroll(120, 120);
const virtual = await scroll(0, steps);

// The same rows, all at once: built by cloning a row of the table, which costs less than building it anew.
const plainBuild = await page.evaluate(async (n) => {
  const begun = performance.now();
  const line = document.querySelector('tbody tr:not(.row-room)');
  const table = document.createElement('table');
  table.className = 'data-table';
  table.append(document.querySelector('.data-table thead').cloneNode(true));
  const body = document.createElement('tbody');
  for (let i = 0; i < n; i++) body.append(line.cloneNode(true));
  table.append(body);
  document.querySelector('.table-block').replaceChildren(table);
  document.body.getBoundingClientRect();
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  return performance.now() - begun;
}, nRows);
const plainWheel = await scroll(120, 40);
const plain = await scroll(0, 20);

const ms = (x) => x.toFixed(1).padStart(8);
process.stdout.write(`rows ${nRows}, chromium ${browser.version()}\n\n`);
process.stdout.write(
  `virtual: message to first rows drawn ${ms(opened.firstPaintMs)} ms (of it copying the message ${opened.cloneMs.toFixed(0)}), longest task ${ms(opened.longestTaskMs)} ms\n`,
);
process.stdout.write(`plain:   building and drawing all    ${ms(plainBuild)} ms\n\n`);
process.stdout.write('                      frame median    p95      max  long tasks  rows in document  elements\n');
for (const [name, r] of [
  ['virtual, 120 px a frame', wheel],
  ['virtual, top to bottom', virtual],
  ['all rows, 120 px a frame', plainWheel],
  ['all rows, top to bottom', plain],
])
  process.stdout.write(
    `${name.padEnd(26)}${ms(r.medianMs)}${ms(r.p95Ms)}${ms(r.maxMs)}${String(r.longTasks).padStart(12)}${String(r.mostRows).padStart(18)}${String(r.mostElements).padStart(10)}\n`,
  );
await browser.close();
server.close();
