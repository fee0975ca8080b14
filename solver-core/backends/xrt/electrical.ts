/*
 * The electrical report of `xbutil examine -r electrical -f JSON` and of its successor `xrt-smi`. All its values are texts, and what a card
 * does not have is "N/A", "NA" or comes with is_present "false" and a 0: none of these is a reading of zero.
 */

/** A reading, or why there is none. */
export type Reading = { readonly kind: 'value'; readonly value: number } | { readonly kind: 'absent'; readonly reason: string };

/** One supply of a card. */
export interface PowerRail {
  readonly id: string;
  readonly description: string;
  readonly voltageV: Reading;
  readonly currentA: Reading;
}

/** What one card says of its supplies, at one moment. */
export interface ElectricalReport {
  readonly bdf: string;
  /** Power of the whole card. */
  readonly powerW: Reading;
  readonly maxPowerW: Reading;
  /** Only rails with at least one value. */
  readonly rails: readonly PowerRail[];
}

const maxReportChars = 4 * 1024 * 1024;
const maxRails = 256;
const maxTextChars = 80;

const absent = (reason: string): Reading => ({ kind: 'absent', reason });

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A name from a report: inert text of bounded length. */
function plainText(value: unknown): string {
  return typeof value === 'string' ? value.replace(/[^\x20-\x7e]/g, ' ').slice(0, maxTextChars) : '';
}

/** A number written as text. Units, "N/A", an empty text and anything that is not wholly a finite number >= 0 are absent. */
function parseReading(value: unknown): Reading {
  if (value === undefined) return absent('not reported');
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return absent('not a number');
  if (/^\s*(N\/?A)?\s*$/i.test(text)) return absent('not available on this card');
  if (!/^\s*\d{1,9}(\.\d{1,12})?\s*$/.test(text)) return absent(`unreadable value "${plainText(text).slice(0, 20)}"`);
  return { kind: 'value', value: Number(text) };
}

/** One side of a rail: `{ volts: "12.1", is_present: "true" }`. */
function parseSide(side: unknown, name: 'volts' | 'amps'): Reading {
  const fields = fieldsOf(side);
  if (fields['error_msg'] !== undefined) return absent(`the driver reports: ${plainText(fields['error_msg'])}`);
  const present = fields['is_present'];
  // Boolean or text, depending on the version of the tool.
  if (present !== undefined && String(present) !== 'true') return absent('not present on this card');
  return parseReading(fields[name]);
}

/** The power of a card that runs is never 0; tools write that when the sensor did not answer. */
function parsePower(value: unknown): Reading {
  const reading = parseReading(value);
  return reading.kind === 'value' && reading.value === 0 ? absent('the card reports 0 W, so its sensor did not answer') : reading;
}

/** The report of the card at `bdf`, or why the text is none. Never throws; memory is bounded by the text. */
export function parseElectrical(text: string, bdf: string): ElectricalReport | string {
  if (text.length > maxReportChars) return `the report has ${text.length} characters, more than ${maxReportChars}`;
  if (text.trim() === '') return 'the report is empty';
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'the report is not JSON';
  }
  const devices = fieldsOf(parsed)['devices'];
  if (!Array.isArray(devices)) return 'the report names no devices';
  const device = devices.map(fieldsOf).find((each) => each['device_id'] === bdf);
  if (device === undefined) return `the report does not speak of ${bdf}`;
  const electrical = device['electrical'];
  if (typeof electrical !== 'object' || electrical === null) return `the report has no electrical part for ${bdf}`;
  const fields = fieldsOf(electrical);
  const rails = fields['power_rails'];
  return {
    bdf,
    powerW: parsePower(fields['power_consumption_watts']),
    maxPowerW: parsePower(fields['power_consumption_max_watts']),
    rails: (Array.isArray(rails) ? rails.slice(0, maxRails) : [])
      .map((rail: unknown): PowerRail => {
        const { id, description, voltage, current } = fieldsOf(rail);
        return {
          id: plainText(id),
          description: plainText(description),
          voltageV: parseSide(voltage, 'volts'),
          currentA: parseSide(current, 'amps'),
        };
      })
      .filter((rail) => rail.voltageV.kind === 'value' || rail.currentA.kind === 'value'),
  };
}
