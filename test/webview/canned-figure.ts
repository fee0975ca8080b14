import type { FigureView } from '../../webview/messages/index.ts';

const prefixes = [
  [1, ''],
  [1e-3, 'm'],
  [1e-6, 'µ'],
  [1e-9, 'n'],
  [1e-12, 'p'],
] as const;

function text(energyJ: number): string {
  const [factor, prefix] = prefixes.find(([limit]) => energyJ >= limit) ?? [1e-12, 'p'];
  return `${Number((energyJ / factor).toPrecision(2))} ${prefix}J`;
}

export function figure(energyJ: number, source: FigureView['source'], spread = 3): FigureView {
  const [low, high] = [energyJ / spread, energyJ * spread];
  const ref = 'Horowitz 2014, 45 nm, scaled; ECP5 datasheet FPGA-DS-02012; DDR3 access energy table';
  return { text: text(energyJ), value: energyJ, low, high, bandText: `${text(low)} to ${text(high)}`, source, ref };
}
