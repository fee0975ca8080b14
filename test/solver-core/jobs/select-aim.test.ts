import { describe, expect, test } from 'vitest';
import { aimedAt, selectAim } from '../../../solver-core/jobs/select-aim.ts';

const aim = (params: Omit<Parameters<typeof selectAim>[0], 'path'>): ReturnType<typeof selectAim> =>
  selectAim({ path: 'p.tiers', ...params }, 1);

describe('the size of a set', () => {
  test.each([
    [8, undefined, 16],
    [8, 255, 255],
    [4, undefined, 8],
    [4, 15, 15],
    [4, 3, 3],
  ] as const)('%i bits, %s asked for: %i', (bits, setSize, size) => {
    const found = aim({ bits, values: 'set', ...(setSize === undefined ? {} : { setSize }) });
    expect(aimedAt(found)).toEqual({ bits, values: { kind: 'set', size } });
  });

  test.each([
    [8, 256, /255 integers, from -127 to 127/],
    [4, 16, /15 integers, from -7 to 7/],
    [8, 2, /a set of 2 values/],
    [8, 3.5, /a set of 3.5 values/],
  ] as const)('%i bits cannot have %f', (bits, setSize, message) => {
    const wanted = (): unknown => aim({ bits, values: 'set', setSize });
    expect(wanted).toThrow(message);
    expect(wanted).toThrow(expect.objectContaining({ code: 'set-size-out-of-range', category: 'usage' }));
  });

  test('belongs to sets alone', () => {
    expect(() => aim({ setSize: 8 })).toThrow(/no set/);
    expect(aim({}).setSize).toBeNull();
    expect(aimedAt(aim({ values: 'powers-of-two' }))).toEqual({ bits: 8, values: { kind: 'powers-of-two' } });
  });
});
