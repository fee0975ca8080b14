export declare function extractTexts(): { readonly texts: readonly string[]; readonly dynamic: readonly string[] };
