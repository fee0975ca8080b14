// How fast the language server answers in a plan over a model with 5000 layers: real LSP over stdio, as the editor speaks it.
//   node bench/editor-language.bench.mjs [--server FILE] [--layers N] [--rounds N]      default: dist/language-server.cjs, 5000, 30
// The last column is the time that the server's main thread was on a processor, per request (Linux only): what the rest of the machine does counts less in it.
// A diagnostics time is from sending an edit to receiving the findings of that edit, the server's own pause included.
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    server: { type: 'string', default: join(root, 'dist/language-server.cjs') },
    layers: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '30' },
  },
});
const count = Number(values.layers);
const rounds = Number(values.rounds);
const width = 4;
const id = (i) => `/block.${Math.floor(i / 10)}/layer.${i % 10}/MatMul`;

/** A chain of small dense layers with names of the usual length. */
async function modelBytes(folder) {
  const outfile = join(folder, 'core.mjs');
  const contents = `export { encodeModel } from './solver-core/onnx/index.ts'; export { create } from '@bufbuild/protobuf';
    export { ModelProtoSchema } from './solver-core/onnx/gen/onnx_pb.ts';`;
  const stdin = { contents, resolveDir: root, loader: 'ts' };
  await build({ stdin, bundle: true, format: 'esm', platform: 'node', outfile, logLevel: 'error' });
  const core = await import(pathToFileURL(outfile).href);
  const node = [];
  const initializer = [];
  for (let i = 0; i < count; i++) {
    initializer.push({ name: `w${i}`, dims: [BigInt(width), BigInt(width)], dataType: 1, rawData: new Uint8Array(width * width * 4) });
    node.push({ opType: 'MatMul', name: id(i), input: [i === 0 ? 'x' : `h${i - 1}`, `w${i}`], output: [`h${i}`] });
  }
  const dim = [1n, BigInt(width)].map((value) => ({ value: { case: 'dimValue', value } }));
  const type = { value: { case: 'tensorType', value: { elemType: 1, shape: { dim } } } };
  const graph = { node, initializer, input: [{ name: 'x', type }], output: [{ name: `h${count - 1}`, type }] };
  return core.encodeModel({ proto: core.create(core.ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 17n }], graph }) });
}

/** Plans that name the layers in different ways; the last layer is left for the upper tier, where the edits are made. */
function plans() {
  const head = 'model "large.onnx"\ndata "rows.csv"\n\n';
  const names = Array.from({ length: count - 1 }, (_, i) => `"${id(i)}"`);
  const lower = (layers) => `lower tier features {\n${layers}\n  solve ridge lambda 1e-2\n}\n\n`;
  const upper = `upper tier head {\n  layers "${id(count - 1)}"\n  learn rls forgetting 0.5\n}\n`;
  return [
    ['one range', `${head}${lower(`  layers ${names[0]} .. ${names.at(-1)}`)}${upper}`],
    ['one clause that lists them', `${head}${lower(`  layers ${names.join(',\n    ')}`)}${upper}`],
    ['a clause for each', `${head}${lower(names.map((name) => `  layers ${name}`).join('\n'))}${upper}`],
  ];
}

async function startServer(folder) {
  const child = spawn(process.execPath, [values.server, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const rpc = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  let waiting = [];
  rpc.onNotification('textDocument/publishDiagnostics', (published) => {
    waiting = waiting.filter((waiter) => !waiter(published));
  });
  rpc.onRequest('client/registerCapability', () => null);
  rpc.listen();
  const { capabilities } = await rpc.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: 'bench' }],
    capabilities: { workspace: { workspaceFolders: true }, textDocument: { publishDiagnostics: { versionSupport: true } } },
  });
  await rpc.sendNotification('initialized', {});
  const next = (accepts) =>
    new Promise((done) =>
      waiting.push((published) => {
        const fits = accepts(published);
        if (fits) done(published);
        return fits;
      }),
    );
  const stop = async () => {
    const ended = new Promise((done) => child.once('exit', done));
    await rpc.sendRequest('shutdown');
    await rpc.sendNotification('exit');
    await ended;
    rpc.dispose();
  };
  return { rpc, next, stop, capabilities, busyMs: () => busyMs(child.pid) };
}

/** Milliseconds that the main thread of a process has run; NaN where the system does not say. */
function busyMs(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return NaN;
  }
}

const timed = async (work) => {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result];
};

const percentile = (times, share) => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];
const row = (name, times, busy) =>
  `| ${name} | ${[times[0], ...[0.5, 0.9, 0.99].map((share) => percentile(times.length > 1 ? times.slice(1) : times, share)), Math.max(...times.slice(1), 0), busy].map((ms) => (Number.isNaN(ms) ? '-' : ms.toFixed(1))).join(' | ')} |`;

async function measure(server, uri, name, text) {
  const { rpc, next, capabilities, busyMs } = server;
  const lines = text.split('\n');
  const textDocument = { uri };
  const at = (needle, behind) => {
    const line = lines.findLastIndex((one) => one.includes(needle));
    return { line, character: lines[line].indexOf(needle) + behind };
  };
  let version = 1;
  // Every edit swaps a good forgetting factor for a bad one or back, so that the findings tell which edit they belong to.
  const factor = at('0.5', 0);
  let isBad = false;
  const edit = () => {
    isBad = !isBad;
    const range = { start: factor, end: { line: factor.line, character: factor.character + 3 } };
    const wanted = isBad;
    const answered = next((p) => p.uri === uri && p.diagnostics.some((d) => d.code === 'value-out-of-range') === wanted);
    void rpc.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: ++version },
      contentChanges: [{ range, text: isBad ? '1.5' : '0.5' }],
    });
    return answered;
  };
  const results = [];
  const [opened] = await timed(async () => {
    const answered = next((p) => p.uri === uri);
    await rpc.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'tiers', version, text } });
    return answered;
  });
  results.push(['open to findings', [opened], NaN]);
  const repeat = async (title, work) => {
    const times = [(await timed(work))[0]];
    const busy = busyMs();
    for (let i = 1; i < rounds; i++) times.push((await timed(work))[0]);
    results.push([title, times, (busyMs() - busy) / (rounds - 1)]);
  };
  await repeat('edit to findings', edit);
  const layer = at(id(count - 1), 1);
  const completion = (position) => rpc.sendRequest('textDocument/completion', { textDocument, position });
  await repeat('completion of a layer', () => completion(layer));
  await repeat('completion of a clause', () => completion({ line: factor.line + 1, character: 0 }));
  const after = [];
  for (let i = 0; i < rounds; i++) {
    const answered = edit();
    after.push((await timed(() => completion(layer)))[0]);
    await answered;
  }
  results.push(['completion of a layer, right after a key', after, NaN]);
  const optional = [
    ['hover of a layer', 'hoverProvider', 'textDocument/hover', { position: layer }],
    ['outline of the editor', 'documentSymbolProvider', 'textDocument/documentSymbol', {}],
    ['folding', 'foldingRangeProvider', 'textDocument/foldingRange', {}],
    ['semantic tokens', 'semanticTokensProvider', 'textDocument/semanticTokens/full', {}],
    ['references of a layer', 'referencesProvider', 'textDocument/references', { position: layer, context: { includeDeclaration: true } }],
    ['highlights of a layer', 'documentHighlightProvider', 'textDocument/documentHighlight', { position: layer }],
    ['formatting', 'documentFormattingProvider', 'textDocument/formatting', { options: { tabSize: 2, insertSpaces: true } }],
    ['tierwise/outline', 'hoverProvider', 'tierwise/outline', { uri }],
  ];
  for (const [title, capability, method, params] of optional) {
    if (capabilities[capability]) await repeat(title, () => rpc.sendRequest(method, { textDocument, ...params }));
  }
  console.log(`\n${name}: ${text.length} characters, ${lines.length} lines\n`);
  console.log('| request (ms) | first | p50 | p90 | p99 | max after the first | main thread |\n|---|---|---|---|---|---|---|');
  for (const [title, times, busy] of results) console.log(row(title, times, busy));
}

const folder = mkdtempSync(join(tmpdir(), 'tierwise-language-'));
try {
  writeFileSync(join(folder, 'large.onnx'), await modelBytes(folder));
  writeFileSync(join(folder, 'rows.csv'), 'a,b,c,d,y\n1,2,3,4,0\n');
  console.log(`${count} layers, ${rounds} rounds, node ${process.version}`);
  for (const [index, [name, text]] of plans().entries()) {
    const server = await startServer(folder);
    await measure(server, pathToFileURL(join(folder, `plan${index}.tiers`)).href, name, text);
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
