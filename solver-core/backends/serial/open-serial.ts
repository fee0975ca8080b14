import type { AbortFlag, Host } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import { RemoteDevice } from '../engine/remote-device.ts';
import { checkRemoteDevice } from '../engine/remote-self-test.ts';
import { boardName } from './board-data.ts';
import { processClock } from './clock.ts';
import type { LinkClock } from './clock.ts';
import type { PortChoice } from './find-port.ts';
import { ambiguous, matchPorts, noneAnswers, parsePortSetting } from './find-port.ts';
import type { ListOptions } from './ports.ts';
import { isPseudoTerminal, listPorts } from './ports.ts';
import { probePort } from './probe.ts';
import type { SerialLinkOptions } from './serial-link.ts';
import { SerialLink } from './serial-link.ts';
import type { PortFactory } from './serial-port.ts';
import { PortConnector } from './serial-port.ts';
import type { Connector, Transport, TransportListener } from './transport.ts';

export interface OpenSerialOptions extends SerialLinkOptions {
  readonly host: Host;
  readonly listing?: ListOptions;
  readonly factory?: PortFactory;
  /** Leave out the bring-up problem; default false. */
  readonly skipSelfTest?: boolean;
}

/** A board that is ready to solve. */
export interface OpenedSerial {
  readonly device: RemoteDevice;
  readonly link: SerialLink;
  readonly port: PortChoice;
}

/**
 * The port of a choice, found again by its USB serial number after a replug gave it another name. Opens nothing by itself.
 */
export function connectorOf(choice: PortChoice, options: Pick<OpenSerialOptions, 'listing' | 'factory' | 'clock'> = {}): Connector {
  const { listing } = choice;
  const portOptions = {
    ...(listing === null ? {} : { ids: listing }),
    ...(options.factory === undefined ? {} : { factory: options.factory }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  };
  return {
    name: choice.path,
    async open(listener: TransportListener, abort?: AbortFlag): Promise<Transport> {
      let { path } = choice;
      if (listing?.serialNumber !== null && listing?.serialNumber !== undefined) {
        const ports = await listPorts(options.listing);
        const now = ports.find((port) => port.serialNumber === listing.serialNumber && port.usbInterface === listing.usbInterface);
        path = now?.path ?? path;
      }
      return new PortConnector(path, choice.baud, portOptions).open(listener, abort);
    },
  };
}

/** The one port that a setting means: of several, the only one at which a board answers. */
export async function findPort(
  setting: string,
  options: Pick<OpenSerialOptions, 'listing' | 'factory' | 'clock'>,
  abort?: AbortFlag,
): Promise<PortChoice> {
  const choices = await matchPorts(parsePortSetting(setting), await listPorts(options.listing));
  if (choices.length === 1) return choices[0]!;
  const clock: LinkClock = options.clock ?? processClock;
  const answers = await Promise.all(
    choices.map(async (choice) => {
      try {
        const info = await probePort(connectorOf(choice, options), choice.baud, abort, clock);
        return { choice, isBoard: true, text: `${boardName(info.board)} at ${choice.path}` };
      } catch (error) {
        if (!(error instanceof TierwiseError)) throw error;
        return { choice, isBoard: false, text: error.message };
      }
    }),
  );
  const boards = answers.filter((answer) => answer.isBoard);
  if (boards.length === 1) return boards[0]!.choice;
  if (boards.length === 0)
    throw noneAnswers(
      setting,
      answers.map((answer) => answer.text),
    );
  throw ambiguous(
    setting,
    boards.map((answer) => answer.text),
  );
}

/**
 * Finds and opens the board that a setting names ("auto", path, pattern or USB serial number, "@RATE" behind it for another rate) and
 * lets it solve the bring-up problem before anything else. Rejects with the errors of find-port.ts, port-errors.ts and errors.ts, and
 * with `board-self-test-failed`; the port is closed then.
 */
export async function openSerial(setting: string, options: OpenSerialOptions, abort?: AbortFlag): Promise<OpenedSerial> {
  const port = await findPort(setting, options, abort);
  const isTerminal = await isPseudoTerminal(port.path);
  const link = await SerialLink.open(connectorOf(port, options), port.baud, { ...options, isTerminal }, abort);
  const device = new RemoteDevice(link);
  try {
    if (options.skipSelfTest !== true) await checkRemoteDevice(device, link.info, options.host, abort);
  } catch (error) {
    await device.dispose();
    throw error;
  }
  return { device, link, port };
}
