import { within, type SiteSamples } from './samples.ts';
import type { SiteSetting } from './types.ts';

/** Steps of the search for a channel's centre. */
const centreSteps = 12;

/**
 * The setting of a site for one price of error: a value becomes its channel's centre where the error that makes,
 * (x − centre)² · ‖w_c‖² · sensitivity, costs less than the multiply-adds it saves are worth, so
 * t_c = √(price · macsPerZero / sensitivity) / ‖w_c‖. Channels that meet no weights have no error at all: everything becomes zero there.
 *
 * The centre is where the most error-weighted zeros are to be had within ± t_c: the mode of the density under a parabolic window of that
 * width (mean shift from the median, Fukunaga and Hostetler 1975). A channel that is zero by itself at times keeps 0 as its centre unless the other
 * one is worth more: a centre makes zeros into something else. Behind a rectifier, and where `site.centres` is false, there is none.
 */
export function settingAt(samples: SiteSamples, price: number, sensitivity: number): SiteSetting {
  const { site, norms, macsPerZero } = samples;
  const reach = Math.sqrt((price * macsPerZero) / sensitivity);
  const threshold = new Float32Array(site.channels);
  const centre = site.rectified || !site.centres ? null : new Float32Array(site.channels);
  for (let c = 0; c < site.channels; c++) {
    // Finite in float32, and far above any value.
    const t = Math.fround(Math.min(1e30, norms[c]! > 0 ? reach / Math.sqrt(norms[c]!) : 1e30));
    threshold[c] = t;
    if (centre !== null) centre[c] = densest(samples, c, t);
  }
  return { threshold, centre };
}

/** Where a window of ± t holds the most samples, counted with weight t² − (x − m)². */
function densest(samples: SiteSamples, channel: number, t: number): number {
  const { rows, sorted, sums } = samples;
  if (rows === 0) return 0;
  let m = sorted[channel * rows + (rows >> 1)]!;
  const first = channel * (rows + 1);
  for (let step = 0; step < centreSteps; step++) {
    const [from, to] = within(samples, channel, m, t);
    if (to <= from) break;
    const mean = (sums[first + to]! - sums[first + from]!) / (to - from);
    if (mean === m) break;
    m = mean;
  }
  const [first0, end0] = within(samples, channel, 0, 0);
  return end0 > first0 && worthOf(samples, channel, 0, t) >= worthOf(samples, channel, Math.fround(m), t) ? 0 : Math.fround(m);
}

/** Zeros that a centre gives, each less what its error costs of one: Σ 1 − (x − m)² / t² over |x − m| <= t. */
function worthOf(samples: SiteSamples, channel: number, m: number, t: number): number {
  const { rows, sums, squares } = samples;
  const [from, to] = within(samples, channel, m, t);
  const first = channel * (rows + 1);
  const square = squares[first + to]! - squares[first + from]! - m * (2 * (sums[first + to]! - sums[first + from]!) - m * (to - from));
  return to - from - (t > 0 ? Math.min(to - from, Math.max(0, square) / t / t) : 0);
}
