import { describe, expect, test } from 'vitest';
import { canProve, prove } from './formal.ts';
import { proofs } from './formal-proofs.ts';

const title = canProve ? '' : ' (SKIPPED: yosys, yosys-smtbmc or z3 is not installed)';

describe.skipIf(!canProve).each(proofs)(`$top: $says${title}`, (proof) => {
  test('holds, and every cover is reached', async () => {
    const { log, ...verdicts } = await prove(proof);
    expect(verdicts, log).toEqual({ bounded: 'passed', induction: 'passed', cover: 'passed' });
  });

  test.each(proof.mutants)('is refuted when %s', async (_name, from, to) => {
    const change = (source: string): string => {
      expect(source.split(from).length, `"${from}" occurs once`).toBe(2);
      return source.replace(from, to);
    };
    expect((await prove(proof, change, 'bounded')).bounded).toBe('failed');
  });
});
