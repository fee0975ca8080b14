// Speed of the simulated board: clock cycles per second of processor time while bytes arrive, while a job runs, and against the engine
// alone (engine.wasm) on the same command; and how much of the line a sender keeps busy. Only ratios are comparable on shared machines.
//   node bench/board-sim.bench.mjs [rounds]        after npm run build:hdl
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSource } from './peers/peers.mjs';

const folder = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), 'dist/engine');
const rounds = Number(process.argv[2] ?? 5);
const { loadBoardImage } = await loadSource('solver-core/backends/board-sim/board-image.ts');
const { startWasmChip } = await loadSource('solver-core/backends/board-sim/wasm-chip.ts');
const { encodeFrame } = await loadSource('solver-core/backends/serial/frame.ts');
const { FrameDecoder } = await loadSource('solver-core/backends/serial/frame-decoder.ts');
const messages = await loadSource('solver-core/backends/serial/messages.ts');
const { linkMessages } = await loadSource('solver-core/backends/serial/generated/link.ts');
const { crc32 } = await loadSource('solver-core/backends/serial/crc32.ts');
const { loadImage } = await loadSource('solver-core/backends/sim/load-image.ts');
const { startRtl } = await loadSource('solver-core/backends/sim/rtl-instance.ts');

const cpuS = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const image = await loadBoardImage(folder);
const chip = await startWasmChip(image);
const decoder = new FrameDecoder();

/** Sends requests one after the other as fast as the line takes them, until so many frames came back. */
function converse(requests, replies) {
  const bytes = Uint8Array.from(
    requests.flatMap(([type, payload, offset = 0], i) => [...encodeFrame({ type, sequence: i, offset, payload })]),
  );
  const frames = [];
  let clocks = 0;
  let sentAt = 0;
  for (let from = 0; frames.length < replies;) {
    const slice = chip.exchange(bytes.subarray(from), 20_000);
    from += slice.consumed;
    clocks += slice.clocks;
    if (from < bytes.length) sentAt = clocks;
    decoder.push(slice.output, (frame) => frames.push(frame));
  }
  return { frames, clocks, sentAt, bytes: bytes.length };
}

const { begin, data, commit, run, result, ack } = linkMessages;
const parts = 4;
const total = parts * 1024;
const words = {
  space: 'operand',
  bits: 16,
  triangle: false,
  packed: false,
  diagonal: false,
  first: 0,
  columns: 256,
  blocks: 33,
  row0: 0,
  base: 0,
};
const content = Uint8Array.from({ length: total }, (_, i) => (i * 41) & 255);
const upload = (id) => [
  [begin.type, messages.beginPayload(id, total, { ...words, rows: total / 2 / 256 })],
  ...Array.from({ length: parts }, (_, i) => [data.type, content.subarray(1024 * i, 1024 * (i + 1)), 1024 * i]),
  [commit.type, messages.commitPayload(id, crc32(content))],
];
const command = {
  operation: 'gram',
  twoLimbs: false,
  subtract: false,
  decay: 0,
  shift: 0,
  features: 256,
  blocks: 33,
  rows: 256,
  rowBase: 0,
  vecBase: 0,
};

const rtl = await startRtl(await loadImage(folder));
const rates = { line: [], job: [], engine: [] };
let efficiency = 0;
for (let round = 0; round < rounds; round++) {
  let started = cpuS();
  const sent = converse(upload(round + 1), parts + 2);
  if (!sent.frames.every(({ type }) => type === ack.type)) throw new Error('the board refused the upload');
  rates.line.push(sent.clocks / (cpuS() - started));
  efficiency = (8 * total) / (((sent.clocks / image.parameters.CLOCK_HZ) * image.parameters.BAUD * 8) / 10);
  started = cpuS();
  const job = converse([[run.type, messages.runPayload(round + 1, command)]], 2);
  if (job.frames[1].type !== result.type) throw new Error('the board gave no result');
  rates.job.push(job.clocks / (cpuS() - started));
  started = cpuS();
  rtl.call.start(0, 256, 33, 256, 0, 0, 0, 0, 0);
  while (rtl.call.run(100_000) !== 0);
  rates.engine.push(rtl.call.cycles() / (cpuS() - started));
}
const shown = (name) => `${(median(rates[name]) / 1e6).toFixed(2)} million clock cycles per second`;
console.log(
  `board, bytes arriving: ${shown('line')}, ${Math.round(((median(rates.line) / (10 * image.parameters.CLOCK_HZ)) * image.parameters.BAUD) / 1000)} kB/s`,
);
console.log(`board, job running (GRAM, d = 256): ${shown('job')}`);
console.log(`engine alone, same command: ${shown('engine')}`);
console.log(
  `board / engine alone, median of ${rounds} paired rounds: ${median(rates.job.map((rate, i) => rate / rates.engine[i])).toFixed(2)}`,
);
console.log(`line: ${(100 * efficiency).toFixed(1)} % of its bits carried words of the upload (go-ahead sender, BEGIN and COMMIT counted)`);
console.log(`image ${image.sha256.slice(0, 12)}`);
