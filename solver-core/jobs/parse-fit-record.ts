import type { DiagnosticDocument, FitDocument, FitLayer, Quantity } from '../protocol/index.ts';

/** Most layers of a record that is read. */
const maxLayers = 10_000;

/**
 * A parsed JSON value as a fit record, or null. A record is a file that anybody may have edited or sent, and its fields end up in
 * reports and estimates, so every field that is read later must have its type: anything else counts as no record.
 */
export function parseFitRecord(value: unknown): FitDocument | null {
  return isFitDocument(value) ? value : null;
}

function isFitDocument(value: unknown): value is FitDocument {
  return (
    isRecord(value) &&
    value['schema'] === 'tierwise.fit/1' &&
    areTexts(value, ['output', 'plan']) &&
    isRecord(value['backend']) &&
    areTexts(value['backend'], ['kind', 'device', 'image']) &&
    isTextOrNull(value['backend']['note']) &&
    isListOf(value['layers'], isLayer) &&
    (value['evaluation'] === null || isEvaluation(value['evaluation'])) &&
    isRecord(value['hashes']) &&
    areTexts(value['hashes'], ['plan', 'model', 'data', 'output']) &&
    (value['hashes']['lower'] === undefined || isText(value['hashes']['lower'])) &&
    isRecord(value['versions']) &&
    Object.values(value['versions']).every(isText) &&
    isListOf(value['diagnostics'], isDiagnostic)
  );
}

function isLayer(value: unknown): value is FitLayer {
  return (
    isRecord(value) &&
    areTexts(value, ['id', 'targets', 'method']) &&
    ['lower', 'upper', 'frozen'].includes(String(value['tier'])) &&
    areCounts(value, ['rows', 'columns', 'outputs', 'refinementPasses', 'deadInputs']) &&
    ['lambda', 'relativeResidual', 'seconds'].every((name) => isNumber(value[name])) &&
    (value['conditionEstimate'] === null || isNumber(value['conditionEstimate'])) &&
    (value['cycles'] === null || isCount(value['cycles'])) &&
    ['gramCycles', 'cholCycles', 'backCycles', 'hostWords'].every((name) => value[name] === undefined || isCount(value[name])) &&
    (value['energy'] === null || isEnergy(value['energy']))
  );
}

function isEnergy(value: unknown): value is Quantity<'J'> {
  if (!isRecord(value) || value['unit'] !== 'J' || !isText(value['ref'])) return false;
  const { low, value: central, high } = value;
  if (!isNumber(low) || !isNumber(central) || !isNumber(high) || low > central || central > high) return false;
  return ['measured', 'simulated', 'modelled', 'assumed'].includes(String(value['source']));
}

function isEvaluation(value: unknown): boolean {
  return (
    isRecord(value) &&
    areTexts(value, ['dataset', 'split']) &&
    (value['metric'] === 'accuracy' || value['metric'] === 'mse') &&
    isCount(value['rows']) &&
    isNumber(value['before']) &&
    isNumber(value['after']) &&
    ['correctBefore', 'correctAfter'].every((name) => value[name] === null || isCount(value[name]))
  );
}

function isDiagnostic(value: unknown): value is DiagnosticDocument {
  if (!isRecord(value) || !areTexts(value, ['code', 'message']) || !isRecord(value['where'])) return false;
  const { path, node, tensor, byteOffset, range } = value['where'];
  return (
    ['error', 'warning', 'info'].includes(String(value['severity'])) &&
    [path, node, tensor].every((text) => text === undefined || isText(text)) &&
    (byteOffset === undefined || isCount(byteOffset)) &&
    (range === undefined || (isRecord(range) && areCounts(range, ['line', 'column', 'endLine', 'endColumn']))) &&
    (value['suggestions'] === undefined || isListOf(value['suggestions'], isText))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf(value: unknown, accepts: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= maxLayers && value.every((item: unknown) => accepts(item));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areTexts(value: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => isText(value[name]));
}

function areCounts(value: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => isCount(value[name]));
}
