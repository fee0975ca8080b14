import type { Proof } from './formal.ts';

/** Every proof of the RTL. Narrow instances: the solver multiplies slowly, and wide arithmetic is compared bit by bit elsewhere. */
export const proofs: readonly Proof[] = [
  {
    top: 'pivot_f',
    says: 'the pivot unit ends after exactly its latency with the flags, exponent and reciprocal of the contract, from any state',
    sources: ['hdl/rtl/pivot_unit.sv'],
    parameters: { DW: 8, AW: 18 },
    depth: 22,
    anyStart: ['pivot_unit'],
    mutants: [
      ['a zero pivot is not a breakdown', "s_i[AW] || s_i == '0", 's_i[AW]'],
      ['the root is one too small for squares', 'root_rem >= root_trial', 'root_rem > root_trial'],
      ['small pivots are not normalised', 'b < EW; b++', 'b < EW - 1; b++'],
      [
        'the division takes a clock more',
        "state_q <= Reciprocal;\n          count_q <= CW'(F - 1);",
        "state_q <= Reciprocal;\n          count_q <= CW'(F);",
      ],
    ],
  },
];
