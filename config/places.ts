import { shownName } from "./problems";
import { DEPLOYMENTS_KEY, isSecretSetting, type SettingName } from "./schema";

/** A setting, or something in it: `["quorum"]`, `["hosts", 0, "address"]`. */
export type SettingPath = readonly [SettingName, ...PropertyKey[]];

/** Where in a stack's configuration the settings of one deployment stand. */
export interface Place {
  /** Its key under `deployments`; undefined where the stack has the settings of one deployment only. */
  readonly key?: string;
  /** Settings that stand among the common ones alone. */
  readonly inherited: ReadonlySet<string>;
}

/** The place of a deployment that has the stack to itself. */
export const WHOLE_STACK: Place = { inherited: new Set() };

/** The path of a setting of this deployment, as messages name it. */
export const pathAt = ({ key }: Place, path: SettingPath): string =>
  pathText(key === undefined ? path : [DEPLOYMENTS_KEY, key, ...path]);

/**
 * The command that changes a setting of this deployment. What is inherited can be set for this one alone, but not an
 * item of an inherited list: that is changed where the list stands.
 */
export function setAt(place: Place, path: SettingPath, ...values: readonly string[]): string {
  const where = path.length > 1 ? standsAt(place, path) : pathAt(place, path);
  return fixCommand(isSecretSetting(path[0]) ? "set --secret" : "set", where, ...values);
}

/** The command that takes a value away where it stands. */
export const removeAt = (place: Place, path: SettingPath): string => fixCommand("rm", standsAt(place, path));

const standsAt = (place: Place, path: SettingPath): string =>
  place.inherited.has(path[0]) ? pathText(path) : pathAt(place, path);

/** No command for a path that a shell could take for something else: nobody should have to look before pasting it. */
export function fixCommand(verb: "set" | "set --secret" | "rm", path: string, ...values: readonly string[]): string {
  if (!/^[\w.[\]-]+$/.test(path)) {
    return "edit the stack's file, Pulumi.STACK.yaml";
  }
  return ["pulumi config", verb, /[.[]/.test(path) ? `--path '${path}'` : path, ...values].join(" ");
}

/** `deployments.cache.hosts[0].address`, as `pulumi config set --path` takes it; safe to print, whatever is in it. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => {
      const name = String(part);
      if (typeof part === "number" || !/^[\w-]{1,80}$/.test(name)) {
        return typeof part === "number" ? `[${part}]` : `["${shownName(name)}"]`;
      }
      return index === 0 ? name : `.${name}`;
    })
    .join("");
}
