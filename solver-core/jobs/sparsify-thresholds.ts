import type { SparsityState } from '../compress/sparsify/types.ts';
import type { SparsitySite } from '../model/sites.ts';
import type { SiteThreshold } from '../onnx/index.ts';

/** Settings as onnx/thresholds.ts takes them; without the sites that stay as they are. */
export function siteThresholds(sites: readonly SparsitySite[], { settings }: SparsityState): readonly SiteThreshold[] {
  return sites.flatMap((site): SiteThreshold[] => {
    const setting = settings.get(site.id);
    if (setting === undefined) return [];
    const { threshold, centre } = setting;
    return [{ site: site.id, axis: site.axis, threshold: threshold ?? new Float32Array(1), centre }];
  });
}
