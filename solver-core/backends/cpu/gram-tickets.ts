import type { MessagePort } from 'node:worker_threads';
import type { GramKernels } from './gram-kernels.ts';
import type { OrtKernels } from './ort-kernels.ts';
import { stopAt, ticketAt, type ChunkOrder, type CrewOrder, type WorkerNews, type WorkerSetting } from './gram-messages.ts';
import { chunkProducts } from './gram-pass.ts';
import { gramScratch } from './gram-scratch.ts';
import { addBlock } from './gram-totals.ts';

/** A waiting worker looks at the stop flag at least this often. */
const longestWaitMs = 500;

/**
 * Answers the chunks that come through the port, one after the other. Block columns are added to the shared Gram in the order of the
 * chunks: each column has a ticket, and a worker waits until the ticket shows its chunk. So every bit of the sums is that of one thread,
 * whatever the number of workers (numerics reference 2.5).
 */
export function serveChunks(port: MessagePort, setting: WorkerSetting, loading: Promise<GramKernels & Pick<OrtKernels, 'dispose'>>): void {
  const gram = new Float64Array(setting.gram);
  const scratch = gramScratch();
  const control = new Int32Array(setting.control);
  const tell = (news: WorkerNews): void => port.postMessage(news);
  const serve = async ({ index, chunk }: ChunkOrder): Promise<void> => {
    const kernels = await loading;
    const products = await chunkProducts(setting.arithmetic, { ...setting, kernels, scratch }, chunk);
    if ('badRow' in products) return tell({ kind: 'bad-row', index, badRow: products.badRow });
    tell({ kind: 'sums', index, sums: products.sums });
    let block = 0;
    for await (const values of products.blocks()) {
      if (Atomics.load(control, stopAt) !== 0 || !waitForTurn(control, ticketAt(block), index)) return;
      addBlock(gram, values, setting.d);
      Atomics.store(control, ticketAt(block), index + 1);
      Atomics.notify(control, ticketAt(block));
      block++;
    }
    tell({ kind: 'added', index });
  };
  let last = Promise.resolve();
  const leave = async (): Promise<void> => {
    await (await loading).dispose();
    port.close();
  };
  port.on('message', (order: CrewOrder) => {
    // A failure ends the thread, which its owner sees.
    last = last.then(() => (order === 'leave' ? leave() : serve(order)));
  });
}

/** Waits until the ticket shows `index`; false when the pass was stopped. */
function waitForTurn(control: Int32Array, ticket: number, index: number): boolean {
  for (;;) {
    const turn = Atomics.load(control, ticket);
    if (turn === index) return true;
    if (Atomics.load(control, stopAt) !== 0) return false;
    Atomics.wait(control, ticket, turn, longestWaitMs);
  }
}
