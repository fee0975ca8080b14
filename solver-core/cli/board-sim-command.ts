import { resolve } from 'node:path';
import { loadBoardImage } from '../backends/board-sim/board-image.ts';
import { FrameWatch, frameText } from '../backends/board-sim/frame-watch.ts';
import { LinkPath } from '../backends/board-sim/link-path.ts';
import { openPty } from '../backends/board-sim/pty.ts';
import { SimulatedBoard } from '../backends/board-sim/simulated-board.ts';
import { startWasmChip } from '../backends/board-sim/wasm-chip.ts';
import { inert } from '../report/cells.ts';
import { expectCall, wanted } from './args.ts';
import { boardSimOptionNames, parseFaults } from './board-sim-options.ts';
import { BoardStatus } from './board-sim-status.ts';
import { jsonLine } from './json-line.ts';
import type { Command } from './run-job.ts';

/**
 * `tierwise board-sim --pty PATH`: a simulated board behind a pseudo-terminal, until it is told to stop (Ctrl-C). What happened goes
 * to stderr; with --json one document with the counts goes to stdout at the end.
 */
export const boardSim: Command = async (call, environment) => {
  expectCall(call, [], [...boardSimOptionNames, 'quiet']);
  const { boardSim: values, quiet, json } = call.options;
  const path = resolve(wanted(call, values.pty, 'pty PATH', '--pty /tmp/tierwise-board'));
  const faults = parseFaults(values);
  const image = await loadBoardImage(environment.engineFolder);
  const link = new LinkPath(path);
  const status = new BoardStatus(quiet, () => ({ ...board.counts, jobs: watch.jobs }));
  const watch = new FrameWatch(values.verbose === true ? (seen) => status.say(frameText(seen)) : undefined);
  const ended = untilEnded();
  const board = new SimulatedBoard(await startWasmChip(image), openPty, faults, {
    async onPlugged(target) {
      await link.place(target);
      status.say(`${board.counts.unplugs === 0 ? readyText(path, image.parameters) : 'The board is back.'}`);
    },
    async onUnplugged() {
      await link.remove();
    },
    onBytes(direction, bytes) {
      watch.push(direction, bytes);
      status.touch();
    },
    onUnplugFault() {
      status.say(`The board is unplugged for ${faults.replugAfterMs} ms${faults.powerLoss ? ', and has lost its power' : ''}.`);
    },
    onFailed: ended.reject,
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, ended.resolve);
  // A reader that goes away ends the process at once (EPIPE); the link goes with it.
  const onExit = (): void => link.removeNow();
  process.once('exit', onExit);
  try {
    await board.start();
    await ended.promise;
  } finally {
    for (const signal of signals) process.off(signal, ended.resolve);
    await board.stop();
    process.off('exit', onExit);
    status.end();
  }
  if (json) process.stdout.write(jsonLine({ schema: 'tierwise.board-sim/1', image: image.sha256, jobs: watch.jobs, ...board.counts }));
  return 0;
};

/** A promise and its two ends. */
function untilEnded(): { readonly promise: Promise<void>; readonly resolve: () => void; readonly reject: (error: Error) => void } {
  let ends = { resolve: (): void => undefined, reject: (_: Error): void => undefined };
  const promise = new Promise<void>((resolve, reject) => (ends = { resolve, reject }));
  // The board may fail before anybody waits.
  promise.catch(() => undefined);
  return { promise, resolve: () => ends.resolve(), reject: (error) => ends.reject(error) };
}

function readyText(path: string, parameters: Readonly<Record<string, number>>): string {
  const { N = 0, DW = 0, MAX_FEATURES = 0 } = parameters;
  const shown = inert(path, 4096);
  return [
    `A simulated board is at ${shown}: ${N} lanes, ${DW}-bit words, layers of up to ${MAX_FEATURES} inputs.`,
    `Fit on it with: tierwise fit PLAN --backend serial:${shown}`,
    'Ctrl-C unplugs it.',
  ].join('\n');
}
