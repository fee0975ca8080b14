import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** Number of entries of a PNG palette. */
const PALETTE_SIZE = 256;

/**
 * The same picture with the 256 colours it uses most, others drawn in the nearest of them: a screenshot of an editor has few
 * colours, and shrinks to less than half. Takes 8-bit RGB or RGBA without interlacing, as Chromium writes it, fully opaque.
 * Format: W3C PNG Specification, third edition, sections 9 (filters) and 11 (chunks).
 */
export function smallPng(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png);
  const counts = new Map<number, number>();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, PALETTE_SIZE)
    .map(([colour]) => colour);
  const indexOf = new Map([...counts.keys()].map((colour) => [colour, nearest(colour, palette)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = indexOf.get(pixels[y * width + x] ?? 0) ?? 0;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

interface Picture {
  readonly width: number;
  readonly height: number;
  /** 0xRRGGBB, row by row. */
  readonly pixels: Uint32Array;
}

function decode(png: Buffer): Picture {
  let header: Buffer | undefined;
  const data: Buffer[] = [];
  for (let at = 8; at < png.length;) {
    const sizeBytes = png.readUInt32BE(at);
    const kind = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + sizeBytes);
    if (kind === 'IHDR') header = body;
    if (kind === 'IDAT') data.push(body);
    at += 12 + sizeBytes;
  }
  const colourType = header?.[9];
  if (header === undefined || header[8] !== 8 || header[12] !== 0 || (colourType !== 2 && colourType !== 6)) {
    throw new Error('Expected a PNG of 8-bit RGB or RGBA without interlacing.');
  }
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  const nChannels = colourType === 6 ? 4 : 3;
  const bytes = unfilter(inflateSync(Buffer.concat(data)), width * nChannels, height, nChannels);
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = bytes.readUIntBE(i * nChannels, 3);
  return { width, height, pixels };
}

/** Undoes the filter of each row; `stride` is its length in bytes without the filter's own byte. */
function unfilter(raw: Buffer, stride: number, height: number, nChannels: number): Buffer {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const here = y * stride + x;
      const left = x >= nChannels ? (out[here - nChannels] ?? 0) : 0;
      const above = y > 0 ? (out[here - stride] ?? 0) : 0;
      const corner = x >= nChannels && y > 0 ? (out[here - stride - nChannels] ?? 0) : 0;
      const predicted =
        filter === 1 ? left : filter === 2 ? above : filter === 3 ? (left + above) >> 1 : filter === 4 ? paeth(left, above, corner) : 0;
      out[here] = (raw[y * (stride + 1) + 1 + x] ?? 0) + predicted;
    }
  }
  return out;
}

function paeth(left: number, above: number, corner: number): number {
  const estimate = left + above - corner;
  const [toLeft, toAbove, toCorner] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - corner)];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}

function nearest(colour: number, palette: readonly number[]): number {
  let best = 0;
  let bestDistance = Infinity;
  for (const [index, candidate] of palette.entries()) {
    const red = (colour >> 16) - (candidate >> 16);
    const green = ((colour >> 8) & 255) - ((candidate >> 8) & 255);
    const blue = (colour & 255) - (candidate & 255);
    const distance = red * red + green * green + blue * blue;
    if (distance < bestDistance) [best, bestDistance] = [index, distance];
  }
  return best;
}

function chunk(kind: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), body]);
  const out = Buffer.alloc(named.length + 8);
  out.writeUInt32BE(body.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), named.length + 4);
  return out;
}
