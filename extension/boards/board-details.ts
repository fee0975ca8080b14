import type { BoardAnswer, PowerRailDocument, SensorDocument, XrtDeviceDocument } from '../../solver-core/protocol/index.ts';
import { formatBand, formatCount, formatQuantity, sourceWord, speakQuantity, type Translate } from '../format.ts';
import { sensorState } from '../sensor-text.ts';
import type { BoardNode } from './board-nodes.ts';
import type { obstacleOf, PowerAnswer } from './board-state.ts';

type Obstacle = ReturnType<typeof obstacleOf>;

/** The codicon of a port that cannot be used now. */
export function obstacleIcon(obstacle: Obstacle): string {
  const icons: Readonly<Record<Obstacle, string>> = { 'not-permitted': 'lock', busy: 'watch', error: 'warning' };
  return icons[obstacle];
}

/** "Not permitted" and "busy" are other findings than "failed". */
export function obstacleWord(obstacle: Obstacle, t: Translate): string {
  const words: Readonly<Record<Obstacle, string>> = { 'not-permitted': t('not permitted'), busy: t('busy'), error: t('no answer') };
  return words[obstacle];
}

/** What a device answered, one row per fact; of a failure what happened and what to try. */
export function answerRows(id: string, answer: BoardAnswer, t: Translate): readonly BoardNode[] {
  if (answer.kind === 'not-asked') return [];
  if (answer.kind === 'error') {
    const { code, message, advice } = answer;
    return [
      row(`${id}:error`, 'error', message, code),
      ...(advice === '' ? [] : [row(`${id}:advice`, 'lightbulb', advice, '', t('What to try: {0}', advice))]),
    ];
  }
  const { engine } = answer;
  const clock = `${(engine.clockHz / 1e6).toPrecision(3)} MHz`;
  const words = t('{0} lanes of {1} bits, {2} accumulator bits', engine.lanes, engine.wordBits, engine.accumulatorBits);
  return [
    row(`${id}:engine`, 'chip', t('Engine'), words),
    row(`${id}:clock`, 'clock', t('Clock'), clock, undefined, t('As the board itself says; not measured.')),
    row(`${id}:size`, 'symbol-array', t('Largest layer'), t('{0} inputs', formatCount(engine.maxFeatures))),
    ...(engine.baud === null ? [] : [row(`${id}:baud`, 'arrow-swap', t('Line'), t('{0} bits per second', formatCount(engine.baud)))]),
    row(`${id}:image`, 'file-binary', t('Image'), engine.image.slice(0, 16), undefined, engine.image),
  ];
}

/** What the meters said: each with its state, and the reason where it gives no figure. Never a zero that was not measured. */
export function powerRows(id: string, power: PowerAnswer | undefined, t: Translate): readonly BoardNode[] {
  if (power === undefined) return [];
  if (power.kind === 'error') return answerRows(`${id}:power`, { kind: 'error', ...power.error }, t);
  if (power.sensors.length === 0) return [row(`${id}:no-power`, 'circle-slash', t('Power'), t('no meter here gives any'))];
  return power.sensors.map((sensor, index) => sensorRow(`${id}:power:${index}`, sensor, t));
}

const sensorIcons: Readonly<Record<SensorDocument['state'], string>> = {
  ready: 'pulse',
  'not-permitted': 'lock',
  absent: 'circle-slash',
  stale: 'history',
  malformed: 'warning',
};

function sensorRow(id: string, sensor: SensorDocument, t: Translate): BoardNode {
  const { name, state, power, reason, domain } = sensor;
  const now = power === null ? undefined : t('{0} ({1}, {2})', formatQuantity(power), formatBand(power, t), sourceWord(power.source, t));
  const spokenNow = power === null ? undefined : speakQuantity(power, t);
  const kind = sensor.reading === 'counter' ? t('counts joules') : t('tells watts');
  // The row of the board above names it already.
  const isBoard = sensor.kind === 'board';
  const label = isBoard ? t('Power') : name;
  const value = state === 'ready' ? (now ?? kind) : isBoard && state === 'absent' ? t('not measured') : sensorState(state, t);
  const tooltip = [domain, reason ?? '', power === null ? '' : t('Source: {0}', power.ref)].filter((line) => line !== '').join('\n');
  return {
    ...row(
      id,
      sensorIcons[state],
      label,
      value,
      [label, spokenNow ?? value, reason ?? ''].filter((word) => word !== '').join(', '),
      tooltip,
    ),
    children: reason === null ? [] : [row(`${id}:reason`, 'lightbulb', reason, '', t('What to try: {0}', reason))],
  };
}

/** Power of a card and its rails, or why there is none. */
export function railRows(id: string, { powerW, powerNote, rails }: XrtDeviceDocument, t: Translate): readonly BoardNode[] {
  const power =
    powerW === null
      ? row(`${id}:power`, 'circle-slash', t('Power'), powerNote ?? t('not reported'))
      : row(`${id}:power`, 'pulse', t('Power'), t('{0} W (measured by the card)', powerW.toPrecision(3)));
  return [power, ...rails.map((rail, index) => row(`${id}:rail:${index}`, 'circle-small', rail.name, railText(rail, t)))];
}

function railText({ volts, amps }: PowerRailDocument, t: Translate): string {
  if (volts === null && amps === null) return t('not reported');
  const parts = [...(volts === null ? [] : [`${volts.toPrecision(3)} V`]), ...(amps === null ? [] : [`${amps.toPrecision(3)} A`])];
  return parts.join(' \u00b7 ');
}

function row(id: string, icon: string, label: string, description: string, spoken?: string, tooltip?: string): BoardNode {
  const both = description === '' ? label : `${label}: ${description}`;
  return { id, label, description, icon, spoken: spoken ?? both, tooltip: tooltip ?? both, can: '', children: [], isOpen: false };
}
