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
  ...(['block', 'generic'] as const).flatMap((kind): readonly Proof[] => [
    {
      top: 'ram_1r1w_f',
      says: `a word written to the ${kind} memory is the word read`,
      sources: [`hdl/rtl/tech/${kind}/ram_1r1w.sv`],
      depth: 8,
      mutants: [['the output does not hold', 'if (re_i) q', 'q']],
    },
    {
      top: 'ram_2r1w_f',
      says: `a word written at port B of the ${kind} memory is the word read at both ports`,
      sources: [`hdl/rtl/tech/${kind}/ram_2r1w.sv`],
      depth: 8,
      mutants: [['port A reads at the address of port B', 'mem[a_addr_i]', 'mem[b_addr_i]']],
    },
  ]),
];
