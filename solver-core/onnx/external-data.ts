import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { quoteName } from '../model/quote.ts';
import type { TensorProto } from './gen/onnx_pb.ts';

/** Where the bytes of an external tensor lie: a file inside the model's folder and a span in it. */
export interface ExternalLocation {
  readonly tensor: string;
  /** Relative path with forward slashes, without `.` or `..` parts. */
  readonly location: string;
  readonly offset: number;
  /** Bytes; undefined = as many as the tensor needs. */
  readonly length: number | undefined;
}

/** Longest path accepted, in characters. */
const maxLocationLength = 1024;

/** Names that Windows gives to devices, whatever their extension. */
const windowsDevice = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;

/**
 * Checks the external data entry of a tensor as text: it must be a plain relative path below the model's folder, with
 * whole, non-negative offset and length. Nothing is opened here; links and device files are the file side's business.
 * Codes: `external-data-outside` (path leaves the folder or may do so on another system), `external-data-invalid`.
 */
export function validateExternalLocation(tensor: TensorProto, name: string): Checked<ExternalLocation> {
  const entries = new Map(tensor.externalData.map((e) => [e.key ?? '', e.value ?? '']));
  const location = entries.get('location') ?? '';
  const refused = refuseLocation(location);
  if (refused !== undefined) {
    const message =
      `Tensor ${quoteName(name)} names its external data at ${quoteName(location)}, ${refused}. ` +
      'External data is read only from files inside the folder of the model; nothing was opened.';
    return failed('external-data-outside', message, name);
  }
  const offset = wholeNumber(entries.get('offset'), 0);
  const length = wholeNumber(entries.get('length'), undefined);
  if (offset === null || length === null) {
    const message =
      `Tensor ${quoteName(name)} has an external data entry with offset ${quoteName(entries.get('offset') ?? '')} and length ` +
      `${quoteName(entries.get('length') ?? '')}; whole numbers of bytes up to 2^53 are expected. Export the model again.`;
    return failed('external-data-invalid', message, name);
  }
  const parts = location.split('/').filter((part) => part !== '' && part !== '.');
  return { value: { tensor: name, location: parts.join('/'), offset: offset ?? 0, length }, diagnostics: [] };
}

/** Why a location is not a plain path below the folder, as the rest of a sentence; undefined when it is. */
export function refuseLocation(location: string): string | undefined {
  if (location === '') return 'which is empty';
  if (location.length > maxLocationLength) return `which is longer than ${maxLocationLength} characters`;
  if (location.includes('\0')) return 'which contains a NUL character';
  if (/[\u0001-\u001f\u007f]/.test(location)) return 'which contains a control character';
  if (location.includes('\\')) return 'which contains a backslash (a folder separator on Windows)';
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return 'which is a URL or starts with a drive letter';
  if (location.includes(':')) return 'which contains a colon (a stream or drive on Windows)';
  if (location.startsWith('/')) return 'which is an absolute path';
  if (location.startsWith('~')) return 'which starts with a home folder mark';
  for (const part of location.split('/')) {
    if (/^\.\.[ .]*$/.test(part)) return 'which leads out of the folder with ".."';
    if (windowsDevice.test(part)) return 'which is the name of a device on Windows';
  }
  if (location.split('/').every((part) => part === '' || part === '.')) return 'which names a folder';
  return undefined;
}

function wholeNumber(text: string | undefined, fallback: number | undefined): number | undefined | null {
  if (text === undefined || text === '') return fallback;
  if (!/^[0-9]{1,16}$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

function failed(code: string, message: string, tensor: string): Checked<ExternalLocation> {
  const diagnostic: Diagnostic = { severity: 'error', code, message, where: { tensor } };
  return { value: undefined, diagnostics: [diagnostic] };
}
