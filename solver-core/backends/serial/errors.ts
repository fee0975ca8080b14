import { TierwiseError } from '../../model/error.ts';
import { quoteName } from '../../model/quote.ts';

/*
 * Everything that goes wrong between a port that opened and a board that answers; port-errors.ts has what goes wrong before. Codes are
 * stable, callers branch on them.
 */

function backend(code: string, message: string, advice: string): TierwiseError {
  return new TierwiseError(code, message, advice, { category: 'backend' });
}

const checkLine = 'Check cable and supply, then try again; `tierwise boards --probe` tells what answers.';

/** Nothing came back at all. */
export function silent(port: string, baud: number): TierwiseError {
  return backend(
    'serial-silent',
    `Nothing answers at ${quoteName(port)} at ${baud} baud.`,
    'Load the bitstream into the board, and compare its baud rate with the setting; many boards have a second port for their UART.',
  );
}

/** Bytes came back, but no frame of ours. */
export function garbage(port: string, bytes: number, baud: number): TierwiseError {
  return backend(
    'serial-garbage',
    `Something answers at ${quoteName(port)} at ${baud} baud (${bytes} bytes), but not in Tierwise's protocol.`,
    'Another device or program may be on this port, or the baud rate differs from the board; choose another port or load the bitstream.',
  );
}

/** The board speaks only versions of the protocol that this program does not. */
export function otherProtocol(port: string, oldest: number, newest: number, ours: number): TierwiseError {
  const range = oldest === newest ? `${oldest}` : `${oldest} to ${newest}`;
  const message = `The board at ${quoteName(port)} speaks protocol ${range}, this program ${ours}.`;
  return newest < ours
    ? backend('board-protocol-old', message, 'Load the bitstream of this version of Tierwise into the board.')
    : backend('board-protocol-new', message, 'Update Tierwise, or load the bitstream of this version into the board.');
}

/** INFO names parameters that no engine has. */
export function badInfo(port: string, what: string): TierwiseError {
  return backend(
    'board-bad-info',
    `The board at ${quoteName(port)} describes itself with ${what}.`,
    'Load the bitstream of this version of Tierwise into the board.',
  );
}

/** A board that answered before does not any more. */
export function noAnswer(port: string, what: string, attempts: number): TierwiseError {
  return backend('board-no-answer', `The board at ${quoteName(port)} did not answer ${what} in ${attempts} attempts.`, checkLine);
}

/** The board does not do what it was asked. */
export function refused(port: string, what: string, reason: string): TierwiseError {
  return backend(
    'board-refused',
    `The board at ${quoteName(port)} refused ${what}: ${reason}.`,
    'Load the bitstream of this version of Tierwise into the board; if that does not help, please report it.',
  );
}

/** The board started anew and its memories hold nothing of this problem. */
export function boardReset(port: string): TierwiseError {
  return backend(
    'board-reset',
    `The board at ${quoteName(port)} was reset while a layer was being solved; what it held is lost.`,
    'Nothing was written. Run the fit again; check the supply of the board if it happens once more.',
  );
}

/** Behind the same port another board answers than before. */
export function boardChanged(port: string): TierwiseError {
  return backend(
    'board-changed',
    `Another board or bitstream answers at ${quoteName(port)} than before it was unplugged.`,
    'Nothing was written. Run the fit again with the board that shall compute.',
  );
}

/** The bytes arrive, but never all of them intact. */
export function uploadDamaged(port: string, attempts: number): TierwiseError {
  return backend(
    'serial-damaged',
    `The checksum of a transfer to the board at ${quoteName(port)} was wrong ${attempts} times.`,
    'Use a shorter cable or a lower baud rate.',
  );
}

/** A job never ends. */
export function stuck(port: string, what: string, seconds: number): TierwiseError {
  return backend(
    'board-stuck',
    `The board at ${quoteName(port)} is still busy with ${what} after ${seconds.toFixed(0)} s.`,
    'Reset the board and run the fit again.',
  );
}

/** The line went away, and did not come back in time. */
export function unplugged(port: string, waitedS?: number): TierwiseError {
  const after = waitedS === undefined || waitedS === 0 ? '' : ` and did not come back within ${waitedS.toFixed(0)} s`;
  return backend(
    'serial-unplugged',
    `The board at ${quoteName(port)} was unplugged${after}.`,
    'Nothing was written. Plug it in and run the fit again.',
  );
}
