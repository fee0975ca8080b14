// An engine whose simulation counts what its registers do: how many bits toggle per class, phase and clock, and how many bits its
// memories read and write. The RTL stays as it is; the C++ that Yosys writes of it gets a counter where it copies registers.
import { mkdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { compileToWasm, rtlToCpp, toolVersions, writeAtomically } from './build-hdl.mjs';
import { defaultParameters, harnessSource, readSources, root, rtlSources, sha256, top } from './hdl-sources.mjs';

/** Classes of registers, in the order of the counters; then bits read from and written to memories. */
export const toggleClasses = ['operand', 'product', 'accumulator', 'scaling', 'control', 'ramRead', 'ramWritten'];
/** What the engine is doing: the host's transfers, then its operations by number, then the same with words of two limbs. */
export const togglePhases = ['host', 'gram', 'chol', 'back', 'fsub', 'backv', 'chol2', 'back2', 'fsub2', 'backv2'];

/** Classes by the name of a register in the flat design; the first that fits. */
const classRules = [
  ['operand', /u_lane\.u_operand\.|u_lane\.u_gram\.|u_lane\.u_mac\.[ab]_q$/],
  ['product', /u_lane\.u_mac\.p_q$/],
  ['accumulator', /u_lane\.u_mac\.acc_q$|u_lane\.(copy_q|result_q|gen_two\.)/],
  ['scaling', /^u_scaling\.|^u_difference\.|^scaling_q$/],
  ['control', /./],
];

/** A register's name in the RTL: CXXRTL writes _ as __ and other characters as _5b_ and the like. */
const readable = (name) =>
  name
    .replace(/^[pi]_/, '')
    .replace(/__|_([0-9a-f]{2})_/g, (whole, code) => (code === undefined ? '_' : String.fromCharCode(parseInt(code, 16))));

const counters = `
#include <cstdint>
namespace toggles {
uint64_t count[${togglePhases.length}][${toggleClasses.length}];
uint64_t clocks[${togglePhases.length}];
uint32_t phase = 0;
template <class V> inline uint32_t ones(const V &v) {
  uint32_t n = 0;
  for (size_t i = 0; i < V::chunks; i++) n += __builtin_popcount(v.data[i]);
  return n;
}
template <class W> inline void registers(uint32_t kind, const W &w) {
  uint32_t n = 0;
  for (size_t i = 0; i < decltype(w.curr)::chunks; i++) n += __builtin_popcount(w.curr.data[i] ^ w.next.data[i]);
  count[phase][kind] += n;
}
inline void bits(uint32_t kind, uint32_t n) { count[phase][kind] += n; }
}
`;

function replaced(text, pattern, by, what) {
  let count = 0;
  const result = text.replace(pattern, (...args) => {
    count++;
    return by(...args);
  });
  if (count === 0) throw new Error(`the simulation has no ${what}`);
  return result;
}

/** The C++ with counters, and every register with its class and width. */
export function countToggles(cpp) {
  const registers = [];
  const widths = new Map([...cpp.matchAll(/^\twire<(\d+)> (\w+);/gm)].map((m) => [m[2], Number(m[1])]));
  const kindOf = (name) => classRules.findIndex(([, pattern]) => pattern.test(name));
  let text = replaced(
    cpp,
    /^\t+(\w+)\.curr = \1\.next;$/gm,
    (line, name) => {
      // Arguments and results of functions are no registers, though Yosys gives them storage.
      if (readable(name).includes('$func$')) return line;
      const kind = kindOf(readable(name));
      registers.push({ name: readable(name), bits: widths.get(name), kind: toggleClasses[kind] });
      return `\t\ttoggles::registers(${kind}, ${name});\n${line}`;
    },
    'registers',
  );
  text = replaced(
    text,
    /^\t+(\w+)\.next = \((.+) \? \w+memrd\w+DATA : \1\.curr\);$/gm,
    (line, name, enable) => `\t\tif (${enable}) toggles::bits(${toggleClasses.indexOf('ramRead')}, ${widths.get(name)});\n${line}`,
    'memories that are read',
  );
  text = replaced(
    text,
    /^(\t+)if \(!(\w+)\.is_zero\(\)\) memory_/gm,
    (line, indent, mask) => `${indent}toggles::bits(${toggleClasses.indexOf('ramWritten')}, toggles::ones(${mask}));\n${line}`,
    'memories that are written',
  );
  return { cpp: replaced(text, /^namespace cxxrtl_design \{/m, (line) => `${counters}${line}`, 'design'), registers };
}

/** The harness, telling the counters the phase and the clock. */
function countingHarness(harness) {
  let text = replaced(harness, /inline void tick\(\) \{\n/, (line) => `${line}  toggles::clocks[toggles::phase]++;\n`, 'clock');
  text = replaced(
    text,
    /^ {2}dut->p_op__i\.data\[0\] = op;$/m,
    (line) => `  toggles::phase = op + 1 + ((flags & 1) ? 4 : 0);\n${line}`,
    'start',
  );
  text = replaced(
    text,
    /^ {2}return dut->p_busy__o\.data\[0\];$/m,
    (line) => `  if (dut->p_busy__o.data[0] == 0) toggles::phase = 0;\n${line}`,
    'end',
  );
  return `${text}
EXPORT(toggle_count) double toggle_count(uint32_t phase, uint32_t kind) { return double(toggles::count[phase][kind]); }
EXPORT(toggle_clocks) double toggle_clocks(uint32_t phase) { return double(toggles::clocks[phase]); }
`;
}

/** What a counting engine is compiled from: the simulation and its harness in C++, definitions, and every register with its class and width. */
export async function countingSource(parameters) {
  const all = { ...defaultParameters, ...parameters };
  const sources = await readSources([...rtlSources, harnessSource]);
  const files = Object.fromEntries(rtlSources.map((path) => [path.split('/').at(-1), sources[path]]));
  const { cpp, registers } = countToggles(await rtlToCpp(files, top, all));
  const defines = [`-DENGINE_LANES=${all.N}`, `-DENGINE_AW=${all.AW}`];
  return { cpp, harness: countingHarness(sources[harnessSource]), defines, registers };
}

/** What a counting engine with these parameters depends on, as one hash. */
export async function countingKey(parameters) {
  const sources = await readSources([...rtlSources, harnessSource]);
  const own = await readFile(new URL(import.meta.url), 'utf8');
  return sha256(JSON.stringify([{ ...defaultParameters, ...parameters }, sources, own, await toolVersions()]));
}

/**
 * Builds a counting engine into `folder` unless it is there already: engine.wasm and manifest.json as `loadImage` reads them, the
 * manifest with the registers.
 */
export async function buildCounting(parameters, folder) {
  const all = { ...defaultParameters, ...parameters };
  const key = await countingKey(all);
  const manifestPath = resolve(folder, 'manifest.json');
  const earlier = await readFile(manifestPath, 'utf8').then(JSON.parse, () => undefined);
  if (earlier?.key === key) return earlier;
  const { cpp, harness, defines, registers } = await countingSource(all);
  const wasm = await compileToWasm(cpp, harness, defines);
  const manifest = { key, parameters: all, wasmSha256: sha256(wasm), registers };
  await mkdir(folder, { recursive: true });
  await writeAtomically(resolve(folder, 'engine.wasm'), wasm);
  await writeAtomically(manifestPath, JSON.stringify(manifest));
  return manifest;
}

/** Counters of a running instance: by phase, clocks and one number per class. */
export function readCounters(call) {
  return Object.fromEntries(
    togglePhases.map((phase, p) => [
      phase,
      { clocks: call.toggle_clocks(p), counts: Object.fromEntries(toggleClasses.map((kind, k) => [kind, call.toggle_count(p, k)])) },
    ]),
  );
}

/** Folder of the counting engine with these parameters. */
export const countingFolder = (name) => resolve(root, '.cache/engine-toggles', name);
