// Sizes, clock rates and bitstreams of the boards:
//   node .ci/build-boards.mjs                      all boards: synthesis; iCEBreaker also place-and-route, timing and bitstream
//        --only icebreaker   one board      --seeds 3   runs of place-and-route      --no-place   synthesis alone
//   node .ci/build-boards.mjs --check              says which rows of hdl/SIZES.md are older than their sources (exit code 1)
// Tools come from npm alone; place-and-route (223 MB) from hdl/boards/package.json, installed there when it is missing.
// Results: dist/boards/<board>/ (never in git), hdl/boards/sizes.json and, rendered from it, hdl/SIZES.md.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { designHash, designSources, readBoards } from './board-sources.mjs';
import { root } from './hdl-sources.mjs';
import { renderSizes } from './board-sizes.mjs';
import { runTool } from './packaged-tool.mjs';

const boardsFolder = resolve(root, 'hdl/boards');
const recordsPath = resolve(boardsFolder, 'sizes.json');
const tablePath = resolve(root, 'hdl/SIZES.md');

/** The two designs measured per board: the engine alone behind a shift register, and the whole board. */
const designs = {
  engine: { top: 'engine_probe', path: () => 'hdl/boards/probe/engine_probe.sv' },
  board: { top: 'top', path: (id) => `hdl/boards/${id}/top.sv` },
};

async function versionOf(folder, name) {
  return JSON.parse(await readFile(resolve(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
}

const asText = (data) => (typeof data === 'string' ? data : new TextDecoder().decode(data));

/** Sources, parameters and hash of one design of one board. */
async function describe(id, board, kind) {
  const { top, path } = designs[kind];
  const sources = await designSources(path(id), board.family);
  const constraints = board.place ? await readFile(resolve(boardsFolder, id, board.place.constraints), 'utf8') : '';
  const { parameters, multipliers, synthesis, place } = board;
  return {
    id,
    kind,
    top,
    sources,
    constraints,
    hash: designHash(sources, parameters, multipliers ?? null, synthesis, place ?? null, constraints),
  };
}

/**
 * Yosys commands from a design that was read to cells. Where a family's own command would also repack the DSP blocks that
 * mac_dsp names (synth_ice40 -dsp takes their registers away), the remaining multipliers are mapped here, before it.
 */
export function synthesisCommands(board, top) {
  if (board.multipliers === undefined) return [`${board.synthesis} -top ${top}`];
  const { map, name, width } = board.multipliers;
  const limits = [`DSP_A_MAXWIDTH=${width}`, `DSP_B_MAXWIDTH=${width}`, 'DSP_A_MINWIDTH=2', 'DSP_B_MINWIDTH=2', 'DSP_Y_MINWIDTH=11'];
  const defines = [...limits, `DSP_NAME=${name}`].map((define) => `-D ${define}`).join(' ');
  return [
    `${board.synthesis} -top ${top} -run begin:coarse`,
    'opt_expr',
    'opt_clean',
    'opt -nodffe -nosdff',
    'wreduce',
    `techmap -map +/mul2dsp.v -map ${map} ${defines}`,
    'chtype -set $mul t:$__soft_mul',
    `${board.synthesis} -top ${top} -run coarse:`,
  ];
}

/** Cells by type after synthesis, and the netlist. */
export async function synthesise(design, board) {
  const { runYosys } = await import('@yowasp/yosys');
  const names = design.sources.map(({ path }) => path.replaceAll('/', '_'));
  const files = Object.fromEntries(design.sources.map(({ text }, i) => [names[i], text]));
  const parameters = design.kind === 'engine' ? board.parameters : {};
  const sets = Object.entries(parameters).map(([name, value]) => `-set ${name} ${value}`);
  const script = [
    `read_verilog -sv -defer ${names.join(' ')}`,
    ...(sets.length > 0 ? [`chparam ${sets.join(' ')} ${design.top}`] : []),
    ...synthesisCommands(board, design.top),
    'tee -q -o stat.json stat -json',
    'delete t:$scopeinfo',
    'write_json netlist.json',
  ];
  const out = (await runTool(runYosys, ['-q', '-p', script.join('; ')], files)).files;
  return { cells: JSON.parse(asText(out['stat.json'])).design.num_cells_by_type, netlist: asText(out['netlist.json']) };
}

/** The package of place-and-route, installed in hdl/boards when it is missing. */
async function placeAndRoute() {
  const folder = resolve(boardsFolder, 'node_modules/@yowasp/nextpnr-ice40');
  if (!existsSync(folder)) {
    console.log('installing place-and-route (223 MB) in hdl/boards ...');
    execFileSync('npm', ['ci', '--ignore-scripts'], { cwd: boardsFolder, stdio: 'inherit' });
  }
  return import(pathToFileURL(resolve(folder, 'gen/bundle.js')).href);
}

/** One run of place-and-route: clock rate in Hz, use of the part by kind, and the configuration for icepack. */
async function placeOnce(tools, design, board, netlist, seed) {
  const files = { 'design.json': netlist, 'pins.pcf': design.constraints };
  const pins = design.kind === 'board' ? ['--pcf', 'pins.pcf'] : [];
  const fixed = ['--json', 'design.json', '--asc', 'design.asc', '--report', 'report.json', '--timing-allow-fail', '-q'];
  const args = [...board.place.arguments, ...pins, '--freq', `${board.clockHz / 1e6}`, '--seed', `${seed}`, ...fixed];
  const out = (await runTool(tools.runNextpnrIce40, args, files)).files;
  const report = JSON.parse(asText(out['report.json']));
  const rates = Object.values(report.fmax).map(({ achieved }) => achieved * 1e6);
  const use = Object.fromEntries(Object.entries(report.utilization).filter(([, { used }]) => used > 0));
  return { seed, fmaxHz: Math.round(Math.min(...rates)), use, asc: asText(out['design.asc']) };
}

async function place(design, board, netlist, seeds) {
  const tools = await placeAndRoute();
  const runs = [];
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      const run = await placeOnce(tools, design, board, netlist, seed);
      console.log(`${design.id} ${design.kind} seed ${seed}: ${(run.fmaxHz / 1e6).toFixed(2)} MHz`);
      runs.push(run);
    } catch (error) {
      const reason = /ERROR: (.*)/.exec(error.log ?? '')?.[1] ?? error.message.slice(0, 200);
      console.log(`${design.id} ${design.kind} seed ${seed}: ${reason}`);
      return { failed: reason };
    }
  }
  const rates = runs.map((run) => run.fmaxHz).sort((a, b) => a - b);
  const best = runs.reduce((a, b) => (b.fmaxHz > a.fmaxHz ? b : a));
  const summary = { seeds: runs.length, fmaxMinHz: rates[0], fmaxMedianHz: rates[(rates.length - 1) >> 1], use: best.use };
  if (design.kind !== 'board') return summary;
  // A bitstream that misses its clock would compute wrong words now and then.
  if (best.fmaxHz < board.clockHz)
    return { failed: `${(best.fmaxHz / 1e6).toFixed(2)} MHz at best, the board needs ${board.clockHz / 1e6} MHz` };
  const folder = resolve(root, 'dist/boards', design.id);
  await mkdir(folder, { recursive: true });
  const { files } = await runTool(tools.runIcepack, ['design.asc', 'design.bin'], { 'design.asc': best.asc });
  await writeFile(resolve(folder, `${design.id}.bin`), files['design.bin']);
  return { ...summary, bitstreamBytes: files['design.bin'].length };
}

async function readRecords() {
  return existsSync(recordsPath) ? JSON.parse(await readFile(recordsPath, 'utf8')) : {};
}

/** Rows of the table that are older than their sources: ['icebreaker board', ...]. */
export async function staleRows() {
  const records = await readRecords();
  const stale = [];
  for (const [id, board] of Object.entries(await readBoards())) {
    for (const kind of Object.keys(designs)) {
      const { hash } = await describe(id, board, kind);
      if (records[id]?.[kind]?.sourceSha256 !== hash) stale.push(`${id} ${kind}`);
    }
  }
  return stale;
}

async function buildOne(id, board, kind, options) {
  const design = await describe(id, board, kind);
  console.log(`${id} ${kind}: synthesis`);
  const { cells, netlist } = await synthesise(design, board);
  const placed = board.place && options.place ? await place(design, board, netlist, options.seeds) : undefined;
  const tools = {
    '@yowasp/yosys': await versionOf(root, '@yowasp/yosys'),
    ...(placed ? { '@yowasp/nextpnr-ice40': await versionOf(boardsFolder, '@yowasp/nextpnr-ice40') } : {}),
  };
  return { sourceSha256: design.hash, parameters: board.parameters, tools, cells, ...(placed ? { placed } : {}) };
}

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      design: { type: 'string' },
      seeds: { type: 'string', default: '3' },
      'no-place': { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
    },
  });
  if (values.check) {
    const stale = await staleRows();
    console.log(stale.length === 0 ? 'hdl/SIZES.md is current' : `hdl/SIZES.md is older than the sources of: ${stale.join(', ')}`);
    process.exitCode = stale.length === 0 ? 0 : 1;
    return;
  }
  const boards = await readBoards();
  for (const [id, board] of Object.entries(boards)) {
    if (values.only !== undefined && values.only !== id) continue;
    for (const kind of Object.keys(designs)) {
      if (values.design !== undefined && values.design !== kind) continue;
      const record = await buildOne(id, board, kind, { place: !values['no-place'], seeds: Number(values.seeds) });
      // Read again: another run may have written its rows meanwhile.
      const records = await readRecords();
      records[id] = { ...records[id], [kind]: record };
      await writeFile(recordsPath, `${JSON.stringify(records, null, 2)}\n`);
      await writeFile(tablePath, renderSizes(boards, records));
    }
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
