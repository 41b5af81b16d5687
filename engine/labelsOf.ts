type Labels = Readonly<Record<string, string | undefined>>;

/** Engines answer null for "no labels", whatever the client's types say. */
export const labelsOf = ({ Labels: labels }: { readonly Labels?: Labels | null }): Labels => labels ?? {};
