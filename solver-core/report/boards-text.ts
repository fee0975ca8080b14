import { formatQuantity } from '../energy/format.ts';
import type { BoardAnswer, BoardsDocument, SerialPortDocument, XrtDeviceDocument } from '../protocol/boards-documents.ts';
import { inert } from './cells.ts';

const widest = 400;

/** The ports and cards of a machine for a terminal, with what each answered. Ends with a newline. */
export function boardsText(boards: BoardsDocument): string {
  const lines = ['Serial ports', ...boards.serial.flatMap(portLines)];
  if (boards.serial.length === 0) lines.push('  none');
  lines.push('', 'Accelerator cards (XRT)', ...boards.xrt.flatMap(cardLines));
  if (boards.xrt.length === 0) lines.push('  none');
  if (boards.notes.length > 0) lines.push('', ...boards.notes.map((note) => `Note: ${inert(note, widest)}`));
  lines.push('', ...nextLines(boards), '');
  return lines.join('\n');
}

function portLines(port: SerialPortDocument): readonly string[] {
  const facts = [
    port.vendorId === null || port.productId === null ? null : `USB ${port.vendorId}:${port.productId}`,
    port.serialNumber === null ? null : `serial number ${inert(port.serialNumber, 40)}`,
    port.manufacturer === null ? null : inert(port.manufacturer, 40),
    port.simulated ? 'pseudo-terminal' : null,
  ].filter((fact) => fact !== null);
  const head = `  ${inert(port.path)}${facts.length === 0 ? '' : `  ${facts.join(', ')}`}`;
  const guess =
    port.candidates.length === 0 ? 'no board that Tierwise knows' : `may be ${port.candidates.map((c) => inert(c, 40)).join(', ')}`;
  return [head, ...answerLines(port.answer, guess)];
}

function cardLines(card: XrtDeviceDocument): readonly string[] {
  const named = card.name === null ? '' : `  ${inert(card.name)}`;
  const head = `  card ${card.index}${card.bdf === null ? '' : `  ${inert(card.bdf, 40)}`}${named}`;
  const power =
    card.powerW === null
      ? `    power: ${inert(card.powerNote ?? 'not reported', widest)}`
      : `    power: ${formatQuantity({ value: card.powerW, unit: 'W', low: card.powerW, high: card.powerW, source: 'measured', ref: '' })}, measured by the card`;
  return [head, ...answerLines(card.answer, 'not asked'), power];
}

function answerLines(answer: BoardAnswer, notAsked: string): readonly string[] {
  switch (answer.kind) {
    case 'not-asked':
      return [`    ${notAsked}`];
    case 'error':
      return [`    ${answer.code}: ${inert(answer.message, widest)}`, `    ${inert(answer.advice, widest)}`];
    case 'engine': {
      const { device, maxFeatures, clockHz, baud, limbs, image } = answer.engine;
      const line = baud === null ? '' : `, ${baud} baud`;
      const words = limbs === 2 ? ', words of two limbs' : '';
      return [
        `    ${inert(device)}: up to ${maxFeatures} inputs per layer${words}, ${Number((clockHz / 1e6).toPrecision(4))} MHz${line}`,
        `    image ${inert(image, 80)}`,
      ];
    }
  }
}

function nextLines(boards: BoardsDocument): readonly string[] {
  const answering = boards.serial.find((port) => port.answer.kind === 'engine');
  if (answering !== undefined) return [`Next: tierwise fit PLAN --backend serial:${inert(answering.path)}`];
  if (boards.serial.some((port) => port.candidates.length > 0 && port.answer.kind === 'not-asked'))
    return ['Next: tierwise boards --probe asks every candidate who it is'];
  return ['Next: without a board, tierwise board-sim --pty PATH runs its circuit behind a pseudo-terminal'];
}
