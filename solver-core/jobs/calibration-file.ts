import { isQuantity, isRecord, isText } from './parse-quantity.ts';
import type { CalibrationDocument } from '../protocol/index.ts';
import { constantGroups } from '../sensors/calibrated-target.ts';
import { readWorkspaceFile, fileStamp } from './workspace-files.ts';
import { join } from 'node:path';

/** Where calibrations of a workspace lie, below a folder that is looked at; one file per target. */
export const calibrationsFolder = '.tierwise/calibrations';

/** No honest factor is anywhere near this, or near one over it; beyond it figures would overflow. */
const largestFactor = 1e12;
/** Most measurements a calibration may name. */
const maxResiduals = 1000;

/** Path of the calibration of a target below a folder of a workspace. */
export function calibrationPath(folder: string, targetId: string): string {
  return join(folder, ...calibrationsFolder.split('/'), `${targetId}.json`);
}

/** A calibration that was found, or why its file cannot be used. */
export type FoundCalibration = { readonly path: string; readonly folder: string } & (
  { readonly document: CalibrationDocument } | { readonly fault: string }
);

/** The calibration of a target in the nearest of these folders; undefined when none has one. Never throws. */
export function findCalibration(folders: readonly string[], targetId: string): FoundCalibration | undefined {
  const folder = folders.find((each) => fileStamp(calibrationPath(each, targetId)) !== undefined);
  if (folder === undefined) return undefined;
  const path = calibrationPath(folder, targetId);
  const file = readWorkspaceFile(folder, path);
  if ('fault' in file) return { path, folder, fault: file.fault };
  const parsed = parseCalibration(file.text, targetId);
  return typeof parsed === 'string' ? { path, folder, fault: parsed } : { path, folder, document: parsed };
}

/** The calibration that a text holds, or what is wrong with it. */
export function parseCalibration(text: string, targetId: string): CalibrationDocument | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  if (!isRecord(value) || value['schema'] !== 'tierwise.calibration/1') return 'is not of the form tierwise.calibration/1';
  if (value['target'] !== targetId) return `is for another target than its name says`;
  const { constants, residuals } = value;
  if (!isText(value['targetHash']) || !isText(value['date']) || Number.isNaN(Date.parse(value['date'])))
    return 'has no "targetHash" or no "date"';
  if (!Array.isArray(constants) || constants.length === 0 || !constants.every(isConstant))
    return `needs "constants": a list of {name, factor}, named ${constantGroups.join(', ')}, each factor a quantity between ${1 / largestFactor} and ${largestFactor}`;
  if (new Set(constants.map((c: { readonly name: string }) => c.name)).size !== constants.length) return 'names a constant twice';
  if (!Array.isArray(residuals) || residuals.length === 0 || residuals.length > maxResiduals || !residuals.every(isResidual))
    return `needs "residuals": a list of 1 to ${maxResiduals} measurements`;
  return value as unknown as CalibrationDocument;
}

/** True when a factor is one that a calibration may hold: between 1e-12 and 1e12, its bounds included. */
export function isFactor({ low, value, high }: { readonly low: number; readonly value: number; readonly high: number }): boolean {
  return low >= 1 / largestFactor && low <= value && value <= high && high <= largestFactor;
}

function isConstant(value: unknown): boolean {
  if (!isRecord(value) || !(constantGroups as readonly unknown[]).includes(value['name'])) return false;
  const factor = value['factor'];
  return isQuantity(factor, '1') && isFactor(factor);
}

function isResidual(value: unknown): boolean {
  return (
    isRecord(value) &&
    isText(value['model']) &&
    isText(value['modelHash']) &&
    isQuantity(value['measured'], 'J') &&
    isQuantity(value['before'], 'J') &&
    isQuantity(value['after'], 'J') &&
    typeof value['error'] === 'number'
  );
}
