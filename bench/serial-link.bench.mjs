// How much of a serial line a bulk upload uses: bytes of payload against what the line could carry in the same time (8N1, 10 bits per byte).
// The host's own code over a model of the board and a line with a clock of its own: exact and the same on every machine, no board needed.
//   node bench/serial-link.bench.mjs
import { loadSource } from './peers/peers.mjs';

const { bench } = await loadSource('test/solver-core/backends/serial/bench-board.ts');
const { gramTriangle, upperTriangle } = await loadSource('solver-core/backends/engine/places.ts');
const { layoutOrThrow } = await loadSource('solver-core/backends/engine/layout.ts');
const { remoteEngineInfo } = await loadSource('solver-core/backends/engine/remote-device.ts');
const { testEngine } = await loadSource('test/solver-core/backends/serial/engine-memory.ts');

const info = { ...testEngine, maxFeatures: 256, gramDepth: 8192, operandDepth: 32768 };
const layout = layoutOrThrow(remoteEngineInfo(info), 256, 8);
let state = 1;
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) | 0);
const matrix = Float64Array.from({ length: layout.features * layout.columns }, () => next() * 64);
const words = upperTriangle(layout, matrix);

/** One upload of G at d = 256, m = 8 (packed words), from BEGIN to the answer to COMMIT, in simulated time. */
async function upload(baud, latencyMs, rxWindow, damage) {
  const { clock, line, open } = bench({ baud, latencyMs }, { rxWindow }, info);
  const link = await clock.drive(open());
  if (damage !== undefined) line.damage = damage;
  const descriptor = gramTriangle(layout, words);
  const payloadBytes = Math.ceil((words.length * descriptor.bits) / 8);
  const [startMs, startBytes] = [clock.nowMs(), line.bytesOut];
  await clock.drive(link.load(descriptor, words));
  const seconds = (clock.nowMs() - startMs) / 1000;
  await link.close();
  return {
    payloadBytes,
    seconds,
    perLineByte: payloadBytes / (line.bytesOut - startBytes),
    ofLineRate: payloadBytes / ((seconds * baud) / 10),
  };
}

const percent = (x) => `${(100 * x).toFixed(1)} %`;
console.log('| baud | latency each way, ms | window, bytes | payload, bytes | time, s | payload per line byte | of line rate |');
console.log('|---|---|---|---|---|---|---|');
for (const [baud, latencyMs, window] of [
  [115_200, 0.2, 2048],
  [1_000_000, 0.2, 2048],
  [1_000_000, 1, 2048],
  [1_000_000, 4, 2048],
  [1_000_000, 8, 2048],
  [1_000_000, 8, 4096],
  [3_000_000, 0.2, 2048],
  [3_000_000, 1, 2048],
  [3_000_000, 1, 4096],
  [12_000_000, 0.2, 2048],
  [12_000_000, 0.2, 4096],
]) {
  const { payloadBytes, seconds, perLineByte, ofLineRate } = await upload(baud, latencyMs, window);
  console.log(
    `| ${baud} | ${latencyMs} | ${window} | ${payloadBytes} | ${seconds.toFixed(3)} | ${percent(perLineByte)} | ${percent(ofLineRate)} |`,
  );
}

// The same upload to the circuit of the board, in clock cycles of the circuit: 4 per bit, 40 per byte.
if (process.argv[2] === 'board') {
  const { loadBoardImage } = await loadSource('solver-core/backends/board-sim/board-image.ts');
  const { openPty } = await loadSource('solver-core/backends/board-sim/pty.ts');
  const { SimulatedBoard, noFaults } = await loadSource('solver-core/backends/board-sim/simulated-board.ts');
  const { startWasmChip } = await loadSource('solver-core/backends/board-sim/wasm-chip.ts');
  const { PortConnector } = await loadSource('solver-core/backends/serial/serial-port.ts');
  const { SerialLink } = await loadSource('solver-core/backends/serial/serial-link.ts');
  const image = await loadBoardImage('dist/engine');
  let path = '';
  const board = new SimulatedBoard(await startWasmChip(image), openPty, noFaults, { onPlugged: (at) => void (path = at) });
  await board.start();
  const link = await SerialLink.open(new PortConnector(path, 1_000_000), 1_000_000);
  const descriptor = gramTriangle(layout, words);
  const payloadBytes = Math.ceil((words.length * descriptor.bits) / 8);
  const [startClocks, startBytes] = [board.counts.clocks, board.counts.bytesToBoard];
  await link.load(descriptor, words);
  const clocks = board.counts.clocks - startClocks;
  const lineBytes = board.counts.bytesToBoard - startBytes;
  const clocksPerByte = (10 * link.info.clockHz) / link.board.baud;
  console.log(
    `\nboard: ${payloadBytes} bytes of payload, ${lineBytes} on the line, ${clocks} clocks of ${clocksPerByte} per byte: ` +
      `${percent(payloadBytes / lineBytes)} payload per line byte, ${percent((payloadBytes * clocksPerByte) / clocks)} of line rate`,
  );
  await link.close();
  await board.stop();
}
