import { writeFileSync } from 'node:fs';
import { crc32 } from '../../../solver-core/data/crc32.ts';
import type { LabelledRows } from '../../../solver-core/fit/index.ts';

/** Writes rows [from, to) as an .npz of float32 rows and int64 labels. */
export function writeNpz(path: string, rows: LabelledRows, from: number, to: number): void {
  const width = rows.x.length / rows.rows;
  const count = to - from;
  const x = Buffer.from(Float32Array.from(rows.x.subarray(from * width, to * width)).buffer);
  const y = Buffer.from(BigInt64Array.from([...rows.labels.values].slice(from, to).map(BigInt)).buffer);
  const shape = [count, ...rows.inputShape].join(', ');
  writeFileSync(
    path,
    stored([
      ['x.npy', npy('<f4', `(${shape})`, x)],
      ['y.npy', npy('<i8', `(${count},)`, y)],
    ]),
  );
}

function npy(descr: string, shape: string, data: Buffer): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const head = Buffer.from(`${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`, 'latin1');
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0]);
  prefix.writeUInt16LE(head.length, 8);
  return Buffer.concat([prefix, head, data]);
}

function stored(entries: readonly (readonly [string, Buffer])[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of entries) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name, 'latin1'), data]);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, rest, Buffer.from(name, 'latin1')]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
