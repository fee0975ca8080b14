// Builds dist/engine/board.wasm: the circuit of a board, its serial line included, as WebAssembly for `tierwise board-sim`.
import { mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { designSources } from './board-sources.mjs';
import { compileToWasm, compilerArguments, locked, rtlToCpp, toolVersions, writeAtomically } from './build-hdl.mjs';
import { root, sha256 } from './hdl-sources.mjs';

const harness = 'hdl/sim/board-harness.cc';
const top = 'board_shell';

/**
 * The board that ships. Layers of up to 256 inputs with 16 outputs and chunks of at least 64 rows fit, in words of one limb and of
 * two. Four clocks per bit make simulation quick; clock and baud are of the order of what a simulation reaches, so that deadlines
 * and forecasts made from them fit.
 */
export const boardParameters = {
  // The number of simulated boards, in INFO (solver-core/backends/serial/boards.json).
  BOARD: 65_535,
  CLOCK_HZ: 1_000_000,
  BAUD: 250_000,
  N: 8,
  DW: 18,
  AW: 48,
  OPERAND_DEPTH: 20608,
  GRAM_DEPTH: 4736,
  MAX_FEATURES: 256,
  LIMBS: 2,
};

/** Without a job nothing takes longer than a CLEAR of a whole memory, an address per clock, or checking and moving the most rows, three clocks each. */
const quietClocks = ({ OPERAND_DEPTH, GRAM_DEPTH }) => Math.max(OPERAND_DEPTH, GRAM_DEPTH, 3 * 65_536) + 2048;

const defines = (p) => [`-DBOARD_CLOCKS_PER_BIT=${Math.floor(p.CLOCK_HZ / p.BAUD)}`, `-DBOARD_QUIET_CLOCKS=${quietClocks(p)}`];

async function readBuilt(folder) {
  try {
    const manifest = JSON.parse(await readFile(resolve(folder, 'board-manifest.json'), 'utf8'));
    return sha256(await readFile(resolve(folder, 'board.wasm'))) === manifest.wasmSha256 ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Builds a board into `folder` (board.wasm, board-manifest.json) unless it is there already; returns its manifest and whether it was
 * built now. `topPath`: the file of its top module, which must be named board_shell; `from`: the tree that holds hdl/.
 */
export async function buildBoard({
  parameters = {},
  folder = resolve(root, 'dist/engine'),
  from = root,
  topPath = 'hdl/sys/board_shell.sv',
} = {}) {
  const all = { ...boardParameters, ...parameters };
  const sources = await designSources(topPath, 'generic', from);
  // What INFO names as the image: the circuit, whatever it is compiled with.
  const imageId = sha256(JSON.stringify(sources.map(({ path, text }) => [path, sha256(text)]))).slice(0, 8);
  const harnessText = await readFile(resolve(from, harness), 'utf8');
  const inputs = {
    sourceSha256: Object.fromEntries([...sources.map(({ path, text }) => [path, sha256(text)]), [harness, sha256(harnessText)]]),
    toolVersions: await toolVersions(),
    toolArguments: { ...compilerArguments, defines: defines(all) },
    parameters: all,
  };
  const upToDate = async () => {
    const built = await readBuilt(folder);
    return built && JSON.stringify({ ...inputs, wasmSha256: built.wasmSha256 }) === JSON.stringify(built) ? built : undefined;
  };
  const earlier = await upToDate();
  if (earlier) return { manifest: earlier, fresh: false };
  return locked(`${folder}-board`, async () => {
    const meanwhile = await upToDate();
    if (meanwhile) return { manifest: meanwhile, fresh: false };
    const files = Object.fromEntries(sources.map(({ path, text }) => [path.split('/').at(-1), text]));
    const wasm = await compileToWasm(await rtlToCpp(files, top, { ...all, IMAGE_ID: `32'h${imageId}` }), harnessText, defines(all));
    const manifest = { ...inputs, wasmSha256: sha256(wasm) };
    await mkdir(folder, { recursive: true });
    await writeAtomically(resolve(folder, 'board.wasm'), wasm);
    await writeAtomically(resolve(folder, 'board-manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return { manifest, fresh: true };
  });
}
