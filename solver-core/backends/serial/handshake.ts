import type { AbortFlag } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import { impossibleEngine } from '../engine/parameters.ts';
import { badInfo, garbage, otherProtocol, silent } from './errors.ts';
import { linkMessages, linkVersion } from './generated/link.ts';
import type { LinkSession } from './link-session.ts';
import type { BoardInfo, BoardStatus } from './messages.ts';
import { parseInfo, parseStatus } from './messages.ts';

/** Questions to a port of which nothing is known yet. */
const helloAttempts = 4;
/** Each waits this much longer than the one before: a silent port is known as such after five seconds. */
const helloGrowth = 1.5;

/** Below these every deadline would become a wait without end; a smaller window hardly holds a frame. */
const leastClockHz = 100_000;
const leastBaud = 300;
const leastWindow = 128;

/**
 * HELLO until INFO comes: the first thing on every port, and what tells a board from anything else. Changes nothing on the board.
 * Rejects with `serial-silent`, `serial-garbage`, `board-protocol-old`, `board-protocol-new` or `board-bad-info`.
 */
export async function greet(session: LinkSession, abort?: AbortFlag): Promise<BoardInfo> {
  const { hello, info } = linkMessages;
  let board: BoardInfo;
  try {
    board = await session.request(
      { what: 'HELLO', type: hello.type, replyBytes: info.sizeBytes + 20, attempts: helloAttempts, growth: helloGrowth },
      (frame) => (frame.type === info.type ? (parseInfo(frame.payload) ?? undefined) : undefined),
      abort,
    );
  } catch (error) {
    if (!(error instanceof TierwiseError) || error.code !== 'board-no-answer') throw error;
    const { bytesIn } = session.counts;
    throw bytesIn === 0 ? silent(session.name, session.baud) : garbage(session.name, bytesIn, session.baud);
  }
  if (board.min_version > linkVersion || board.max_version < linkVersion)
    throw otherProtocol(session.name, board.min_version, board.max_version, linkVersion);
  const wrong = impossible(board);
  if (wrong !== null) throw badInfo(session.name, wrong);
  // A pseudo-terminal takes any rate; the board behind it has its own.
  if (board.baud > 0) session.lineRate = board.baud;
  return board;
}

/** What no board can be, in words; null when all is in range. */
function impossible(board: BoardInfo): string | null {
  const engine = impossibleEngine({
    lanes: board.lanes,
    wordBits: board.word_bits,
    accumulatorBits: board.accumulator_bits,
    limbs: board.limbs,
    operations: board.ops,
    maxFeatures: board.max_features,
    operandDepth: board.operand_depth,
    gramDepth: board.gram_depth,
  });
  if (engine !== null) return engine;
  if (board.max_payload < 64) return `a payload of ${board.max_payload} bytes`;
  if (board.rx_window < leastWindow) return `a window of ${board.rx_window} bytes`;
  if (board.clock_hz < leastClockHz) return `a clock of ${board.clock_hz} Hz`;
  if (board.baud !== 0 && board.baud < leastBaud) return `a line of ${board.baud} baud`;
  return null;
}

/** Where the board stands. */
export function askStatus(session: LinkSession, abort?: AbortFlag): Promise<BoardStatus> {
  const { status, status_reply: reply } = linkMessages;
  return session.request(
    { what: 'STATUS', type: status.type, replyBytes: reply.sizeBytes + 20 },
    (frame) => (frame.type === reply.type ? (parseStatus(frame.payload) ?? undefined) : undefined),
    abort,
  );
}
