/** What a short reference stands for, as inert text: pages have no links out. */
export interface Citation {
  readonly pattern: RegExp;
  readonly text: string;
}

/** The published sources behind the constants, by what the references of figures call them. */
const citations: readonly Citation[] = [
  {
    pattern: /horowitz45|\(Horowitz\)/,
    text: 'M. Horowitz, "Computing\u2019s energy problem (and what we can do about it)", ISSCC 2014, doi:10.1109/ISSCC.2014.6757323',
  },
  { pattern: /aladdin40/, text: 'Accelergy plug-in of Aladdin, 40 nm: github.com/Accelergy-Project/accelergy-aladdin-plug-in' },
  {
    pattern: /Kuon & Rose/,
    text: 'I. Kuon, J. Rose, "Measuring the gap between FPGAs and ASICs", IEEE TCAD 26(2), 2007, doi:10.1109/TCAD.2006.884574',
  },
  { pattern: /seneca22/, text: 'Tang et al., SENECA, 2023, table 8, PMC10326429' },
  { pattern: /stillwater-sc\/esim/, text: 'Energy per operation in fp64: github.com/stillwater-sc/esim' },
];

/** The publications that references of a figure name, in their order, each once. */
export function citationsOf(refs: readonly string[]): string[] {
  return citations.filter(({ pattern }) => refs.some((ref) => pattern.test(ref))).map(({ text }) => text);
}

/** The single references of a figure. */
export function splitRefs(ref: string): string[] {
  return ref.split(/;\s+/).filter((part) => part !== '');
}
