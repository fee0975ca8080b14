export declare function stageTarget(target: string): { readonly folder: string; readonly remove: () => void };
