export declare function packageCli(options?: { readonly build?: boolean; readonly outFolder?: string }): Promise<string>;
