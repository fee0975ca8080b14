import { expect, test } from 'vitest';
import type { BoardsDocument, SerialPortDocument } from '../../../solver-core/protocol/boards-documents.ts';
import { boardsText } from '../../../solver-core/report/boards-text.ts';
import { expectGolden } from './golden.ts';

const port: SerialPortDocument = {
  path: '/dev/ttyS0',
  vendorId: null,
  productId: null,
  serialNumber: null,
  manufacturer: null,
  candidates: [],
  simulated: false,
  answer: { kind: 'not-asked' },
};
const engine = {
  device: 'iCEBreaker (2 lanes, 16-bit words)',
  lanes: 2,
  wordBits: 16,
  accumulatorBits: 40,
  limbs: 1,
  maxFeatures: 24,
  clockHz: 12e6,
  baud: 1_000_000,
  image: '0000abcd',
} as const;

const some: BoardsDocument = {
  schema: 'tierwise.boards/1',
  serial: [
    port,
    {
      ...port,
      path: '/dev/ttyUSB1',
      vendorId: '0403',
      productId: '6010',
      serialNumber: 'FT12AB\u001b[31m',
      manufacturer: '1BitSquared',
      candidates: ['iCEBreaker', 'Arty A7'],
      answer: { kind: 'engine', engine },
    },
    {
      ...port,
      path: '/dev/ttyUSB2',
      vendorId: '0403',
      productId: '6015',
      candidates: ['ULX3S'],
      answer: {
        kind: 'error',
        code: 'serial-port-busy',
        message: 'The port "/dev/ttyUSB2" is in use by another program.',
        advice: 'Close it.',
      },
    },
    {
      ...port,
      path: '/tmp/board',
      simulated: true,
      answer: { kind: 'engine', engine: { ...engine, device: 'Simulated board', limbs: 2 } },
    },
  ],
  xrt: [
    {
      index: 0,
      bdf: '0000:03:00.1',
      name: 'xilinx_u50',
      answer: { kind: 'engine', engine: { ...engine, device: 'Card', baud: null } },
      powerW: 12.34,
      rails: [],
      powerNote: null,
    },
    { index: 1, bdf: null, name: null, answer: { kind: 'not-asked' }, powerW: null, rails: [], powerNote: 'the card reports N/A' },
  ],
  notes: ['XRT is not installed\u0007.'],
};

test('ports and cards with what each answered', () => {
  expect.hasAssertions();
  expectGolden('report/boards.txt', boardsText(some));
});

test('a machine with nothing gets the way to a simulated board', () => {
  expect.hasAssertions();
  expectGolden('report/boards-none.txt', boardsText({ ...some, serial: [], xrt: [], notes: [] }));
});

test('candidates that were not asked can be asked', () => {
  const text = boardsText({ ...some, serial: [{ ...port, candidates: ['ULX3S'] }] });
  expect(text).toContain('may be ULX3S');
  expect(text).toContain('Next: tierwise boards --probe');
});
