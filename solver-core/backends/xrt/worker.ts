// Entry of the worker process: the only place where XRT is loaded. XRT may abort, crash or hang; the solver watches and lives on.
import { Socket } from 'node:net';
import { CardSession, StepError } from './card-session.ts';
import { FrameReader, encodeFrame } from './frames.ts';
import type { WorkerReply, WorkerRequest } from './messages.ts';
import { loadXrt } from './native.ts';

/** Descriptor of the pipe for replies; stdout and stderr belong to XRT's texts. */
const replyDescriptor = 3;
/** How long giving the card back may take when the solver is gone. */
const farewellMs = 2000;

function main(): void {
  const replies = new Socket({ fd: replyDescriptor, readable: false, writable: true });
  const send = (reply: WorkerReply, payload?: Uint8Array): void => {
    for (const piece of encodeFrame(reply, payload)) replies.write(piece);
  };
  const reader = new FrameReader();
  let session: CardSession | undefined;
  let busy: Promise<void> = Promise.resolve();

  const giveBack = async (): Promise<void> => {
    const open = session;
    session = undefined;
    await open?.close();
  };

  const answer = async (request: WorkerRequest, payload: Uint8Array): Promise<void> => {
    if (request.kind === 'open') {
      if (session !== undefined) throw new StepError('request', 'a card is open already');
      session = await CardSession.open(await load(request.library), request);
      return send({ kind: 'opened', uuid: session.uuid });
    }
    if (request.kind === 'probe') return send({ kind: 'probed', opened: await probe(request.library, request.count) });
    if (request.kind === 'run') {
      if (session === undefined) throw new StepError('request', 'no card is open');
      const { state, payload: bytes } = await session.call(request, payload);
      return send({ kind: 'ran', state }, bytes);
    }
    await giveBack();
    send({ kind: 'closed' });
    replies.end(() => process.exit(0));
  };

  process.stdin.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) {
      busy = busy
        .then(() => answer(frame.header as WorkerRequest, frame.payload))
        .catch((error: unknown) => {
          const step = error instanceof StepError ? error.step : 'request';
          send({ kind: 'failed', step, message: error instanceof Error ? error.message : String(error) });
        });
    }
  });
  // The solver is gone, however it ended: give the card back, but never outlive it for long. Everything this process may have started
  // is in its own group.
  process.stdin.on('end', () => {
    setTimeout(() => process.kill(-process.pid, 'SIGKILL'), farewellMs);
    void busy.then(giveBack).finally(() => process.exit(0));
  });
  replies.on('error', () => process.exit(1));
  send({ kind: 'ready' });
}

async function load(library: string): ReturnType<typeof loadXrt> {
  try {
    return await loadXrt(library);
  } catch (error) {
    throw new StepError('library', error instanceof Error ? error.message : String(error));
  }
}

/** Which of the first cards can be opened; stops at the first that cannot. */
async function probe(library: string, count: number): Promise<boolean[]> {
  const xrt = await load(library);
  const opened: boolean[] = [];
  for (let index = 0; index < count; index++) {
    const device = await xrt.deviceOpen(index);
    opened.push(device !== null);
    if (device === null) break;
    await xrt.deviceClose(device);
  }
  return opened;
}

main();
