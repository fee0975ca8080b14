import type { AbortFlag } from '../../model/abort.ts';
import type { LinkClock } from './clock.ts';
import { processClock } from './clock.ts';
import { greet } from './handshake.ts';
import { LinkSession } from './link-session.ts';
import type { BoardInfo } from './messages.ts';
import type { Connector } from './transport.ts';

/**
 * Opens a port, asks who is there, and closes it; at most about five seconds. Changes nothing on a board, whatever it is doing. Rejects
 * with the errors of port-errors.ts and handshake.ts.
 */
export async function probePort(
  connector: Connector,
  baud: number,
  abort?: AbortFlag,
  clock: LinkClock = processClock,
): Promise<BoardInfo> {
  const session = await LinkSession.open(connector, baud, clock, abort);
  try {
    return await greet(session, abort);
  } finally {
    await session.close();
  }
}
