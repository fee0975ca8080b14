import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RowArray } from './array.ts';
import { arrayFromBytes, rowArray, tooLarge } from './array.ts';
import { fileSource } from './bytes.ts';
import { DataFault, quoted } from './fault.ts';
import type { HeaderReader } from './inflate.ts';
import { inflateArray } from './inflate.ts';
import { arrayLabels } from './labels.ts';
import type { ArrayLayout, NpyKind } from './npy.ts';
import { layoutOf } from './npy.ts';
import { openRegular } from './open-file.ts';
import type { OpenedData } from './opened.ts';

/** Element types of the IDX format by their byte (yann.lecun.com/exdb/mnist, big-endian throughout). */
const idxKinds: ReadonlyMap<number, NpyKind> = new Map([
  [0x08, 'u1'],
  [0x09, 'i1'],
  [0x0b, 'i2'],
  [0x0c, 'i4'],
  [0x0d, 'f4'],
  [0x0e, 'f8'],
]);

/**
 * An IDX file, plain or gzip. Labels come from the file of the same name with "images" replaced by "labels" and "idx3" by
 * "idx1", in the same folder. Compressed files are decompressed into memory, at most `maxBytes`.
 */
export async function openIdx(
  path: string,
  file: FileHandle,
  options: { readonly labels: string | null; readonly maxBytes: number },
): Promise<OpenedData> {
  const inputs = await openIdxArray(path, file, options.maxBytes);
  if (options.labels === null) return { inputs, labels: { kind: 'none' }, diagnostics: [] };
  const labelPath = join(dirname(path), basename(path).replace('images', 'labels').replace('idx3', 'idx1'));
  const labelFile = labelPath === path ? undefined : await openRegular(labelPath).catch(() => undefined);
  if (labelFile === undefined) {
    throw new DataFault(
      'array-missing',
      `${quoted(basename(path))} holds inputs only, and its labels ${quoted(basename(labelPath))} are not beside it.`,
      { tensor: options.labels },
    );
  }
  try {
    const labels = await arrayLabels(
      await openIdxArray(labelPath, labelFile, options.maxBytes),
      inputs.rows,
      basename(path),
      basename(labelPath),
      options.maxBytes,
    );
    return { inputs, labels, diagnostics: [] };
  } finally {
    await labelFile.close();
  }
}

async function openIdxArray(path: string, file: FileHandle, maxBytes: number): Promise<RowArray> {
  const name = basename(path);
  const header = idxHeader(name);
  if (path.toLowerCase().endsWith('.gz')) {
    const { layout, bytes } = await inflateArray(file.createReadStream({ start: 0, autoClose: false }), 'gzip', name, header, (found) => {
      const sizeBytes = found.elements * found.itemBytes;
      if (sizeBytes > maxBytes)
        throw new DataFault(
          'data-too-large',
          tooLarge(name, sizeBytes, maxBytes, 'Decompress the file, so that rows are read as needed.'),
          { tensor: name },
        );
    });
    return arrayFromBytes(layout, bytes, name, maxBytes);
  }
  const fileBytes = (await file.stat()).size;
  const source = fileSource(file, 0, fileBytes);
  const headerBytes = header.headerBytes(await source.read(0, header.preludeBytes));
  const layout = header.layout(new Uint8Array(await source.read(0, headerBytes)));
  return rowArray(layout, fileSource(file, headerBytes, fileBytes - headerBytes), name, maxBytes);
}

function idxHeader(name: string): HeaderReader {
  return {
    preludeBytes: 4,
    headerBytes(prelude) {
      const dims = prelude[3] ?? 0;
      if (prelude[0] !== 0 || prelude[1] !== 0 || dims === 0)
        throw new DataFault(
          'data-unreadable',
          `${quoted(name)} is not an IDX file: it does not start with 00 00, a type and a number of dimensions.`,
        );
      if (!idxKinds.has(prelude[2] ?? 0))
        throw new DataFault('dtype-unsupported', `${quoted(name)} has IDX element type ${prelude[2] ?? 0}.`);
      return 4 + 4 * dims;
    },
    layout(header): ArrayLayout {
      const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
      const dims = Array.from({ length: view.getUint8(3) }, (_, i) => view.getUint32(4 + 4 * i, false));
      return layoutOf(idxKinds.get(view.getUint8(2)) ?? 'u1', false, false, dims, name);
    },
  };
}
