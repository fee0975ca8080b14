import { readdir, realpath } from 'node:fs/promises';
import { TierwiseError } from '../../model/error.ts';
import { quoteName } from '../../model/quote.ts';
import { defaultBaud } from './board-data.ts';
import type { PortListing } from './ports.ts';
import { candidateBaud, candidateNames } from './ports.ts';
import { fitsPattern } from './wildcard.ts';

/** How a port is named in plans and settings. */
export interface PortSetting {
  /** "auto", a path, a pattern with * and ?, or a USB serial number. */
  readonly name: string;
  /** Bits per second; null: that of the board. */
  readonly baud: number | null;
}

/** A port that a setting may mean. */
export interface PortChoice {
  readonly path: string;
  readonly baud: number;
  /** What the system says of it; null for a path that it does not list, e.g. a pseudo-terminal. */
  readonly listing: PortListing | null;
}

const mostMatches = 64;

/** A setting, with "@RATE" behind it taken off: "/dev/ttyUSB1@3000000". */
export function parsePortSetting(setting: string): PortSetting {
  const match = /^(.+)@(\d{3,9})$/.exec(setting);
  return match === null ? { name: setting, baud: null } : { name: match[1]!, baud: Number(match[2]) };
}

/**
 * The ports that a setting may mean, likeliest first; opens none. Throws `serial-none-found` when "auto" finds no candidate or a
 * serial number or pattern fits no port. A plain path is taken as it is.
 */
export async function matchPorts(setting: PortSetting, ports: readonly PortListing[]): Promise<readonly PortChoice[]> {
  const { name } = setting;
  const choice = (path: string, listing: PortListing | null): PortChoice => {
    const baud = setting.baud ?? (listing === null ? null : candidateBaud(listing)) ?? defaultBaud;
    return { path, baud, listing };
  };
  const listed = (path: string): PortListing | null => ports.find((port) => port.path === path) ?? null;
  // Links such as those of /dev/serial/by-id have the facts of the port behind them.
  const behind = async (path: string): Promise<PortListing | null> => listed(path) ?? listed(await realpath(path).catch(() => path));
  if (name === 'auto') {
    const candidates = ports.filter((port) => candidateNames(port).length > 0);
    if (candidates.length > 0) return candidates.map((port) => choice(port.path, port));
    throw noneFound('No port of this machine belongs to a board that Tierwise knows.');
  }
  if (isPath(name)) {
    if (!/[*?]/.test(name)) return [choice(name, await behind(name))];
    const matches = [...new Set([...ports.map((port) => port.path).filter((path) => fitsPattern(path, name)), ...(await expand(name))])];
    if (matches.length === 0) throw noneFound(`No port fits the pattern ${quoteName(name)}.`);
    return Promise.all(matches.slice(0, mostMatches).map(async (path) => choice(path, await behind(path))));
  }
  const same = ports.filter((port) => port.serialNumber === name);
  if (same.length === 0) throw noneFound(`No port has the USB serial number ${quoteName(name)}.`);
  const likely = same.filter((port) => candidateNames(port).length > 0);
  return (likely.length > 0 ? likely : same).map((port) => choice(port.path, port));
}

function noneFound(message: string): TierwiseError {
  return new TierwiseError(
    'serial-none-found',
    message,
    'Plug the board in, name its port (`tierwise boards` lists them), or rehearse with `tierwise board-sim --pty PATH`.',
    { category: 'backend' },
  );
}

/** More than one board answers, or none of several. */
export function ambiguous(setting: string, answers: readonly string[]): TierwiseError {
  return new TierwiseError(
    'serial-ambiguous',
    `More than one board answers for ${quoteName(setting)}: ${answers.join('; ')}.`,
    'Name the port of one of them, e.g. `backend serial "/dev/ttyUSB1"`.',
    { category: 'backend' },
  );
}

/** Several ports were asked and none is a board. */
export function noneAnswers(setting: string, answers: readonly string[]): TierwiseError {
  return new TierwiseError(
    'serial-none-answers',
    `No board answers for ${quoteName(setting)}. ${answers.join(' ')}`,
    'Load the bitstream into the board, and compare its baud rate with the setting.',
    { category: 'backend' },
  );
}

function isPath(name: string): boolean {
  return name.includes('/') || name.startsWith('\\\\') || /^COM\d+$/i.test(name);
}

/** Paths on disk that fit a pattern, folder by folder. */
async function expand(pattern: string): Promise<readonly string[]> {
  const parts = pattern.split('/');
  let paths = [parts[0]!];
  for (const part of parts.slice(1)) {
    const next: string[] = [];
    for (const path of paths) {
      if (!/[*?]/.test(part)) next.push(`${path}/${part}`);
      else {
        const names = await readdir(path === '' ? '/' : path).catch(() => []);
        next.push(...names.filter((name) => fitsPattern(name, part)).map((name) => `${path}/${name}`));
      }
      if (next.length > mostMatches) break;
    }
    paths = next.sort();
  }
  return paths;
}
