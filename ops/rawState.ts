import { z } from "zod";

/** What `pulumi stack export` prints, with all that is not read here. */
const rawSchema = z.looseObject({
  deployment: z.looseObject({
    resources: z
      .array(
        z.looseObject({
          urn: z.string(),
          type: z.string(),
          id: z.string().optional(),
          provider: z.string().optional(),
          inputs: z.record(z.string(), z.unknown()).default({}),
          outputs: z.record(z.string(), z.unknown()).default({}),
          delete: z.boolean().default(false),
        }),
      )
      .nullish()
      .transform((all) => all ?? []),
  }),
});
export type RawState = z.output<typeof rawSchema>;
export type RawResource = RawState["deployment"]["resources"][number];

export const parseRawState = (exported: unknown): RawState => rawSchema.parse(exported);
