import type { AbortFlag } from '../../model/abort.ts';
import { crc32 } from '../../data/crc32.ts';
import { boardReset, refused, uploadDamaged } from './errors.ts';
import { linkMessages } from './generated/link.ts';
import type { LinkSession } from './link-session.ts';
import type { Acknowledgement } from './messages.ts';
import { beginPayload, commitPayload, parseAcknowledgement } from './messages.ts';
import type { LinkLimits, Transfer } from './upload.ts';
import { DataSender } from './upload.ts';

/** Rounds of BEGIN, DATA, COMMIT for one transfer; each begins where the board stands. */
const mostRounds = 4;

/** What a transfer came to: done, or the bytes arrived damaged and the whole has to be sent under another id. */
export type TransferOutcome = 'done' | 'damaged';

/**
 * Brings a transfer to its COMMIT, from wherever the board stands: a new one from 0, one it knows from the offset it names, also after
 * the port was opened again. Rejects with `board-reset`, `board-refused`, `board-no-answer`, what ended the line, or AbortError.
 */
export async function sendTransfer(
  session: LinkSession,
  transfer: Transfer,
  limits: LinkLimits,
  options: { readonly abort?: AbortFlag | undefined; readonly onProgress?: ((sentBytes: number) => void) | undefined } = {},
): Promise<TransferOutcome> {
  const { bytes, descriptor } = transfer;
  const ask = async (what: string, type: number, payload: Uint8Array): Promise<Acknowledgement> =>
    session.request({ what, type, payload }, (frame) => parseAcknowledgement(frame.type, frame.payload) ?? undefined, options.abort);
  const begin = beginPayload(transfer.transfer, bytes.length, descriptor);
  const commit = commitPayload(transfer.transfer, crc32(bytes));
  for (let round = 0; round < mostRounds; round++) {
    const opened = await ask('BEGIN', linkMessages.begin.type, begin);
    if (opened.refused !== null) throw refused(session.name, 'a transfer', opened.refused);
    if (opened.nextOffset < bytes.length) {
      const sent = await new DataSender(session, bytes, opened.nextOffset, limits, options).send();
      // The board was reset in the middle: it knows neither this transfer nor what went before.
      if (sent === 'no-such-transfer') throw boardReset(session.name);
      if (sent !== 'sent') throw refused(session.name, 'data', sent.refused);
    }
    const committed = await ask('COMMIT', linkMessages.commit.type, commit);
    if (committed.refused === null) return 'done';
    if (committed.refused === 'crc') return 'damaged';
    if (committed.refused === 'no-such-transfer') throw boardReset(session.name);
    if (committed.refused !== 'short') throw refused(session.name, 'the end of a transfer', committed.refused);
  }
  throw refused(session.name, 'the end of a transfer', `bytes were missing in ${mostRounds} rounds`);
}

/** Sends under new ids until a transfer arrives undamaged, at most 3 times; `newId` gives an id for each. Rejects with `serial-damaged` too. */
export async function sendUndamaged(port: string, send: () => Promise<TransferOutcome>): Promise<void> {
  const attempts = 3;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if ((await send()) === 'done') return;
  }
  throw uploadDamaged(port, attempts);
}
