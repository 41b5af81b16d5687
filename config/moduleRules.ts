import { splitWords } from "./extraLines";
import { pathAt, setAt, type Place } from "./places";
import type { Problem } from "./problems";
import { MODULE_CATEGORIES, type DeploymentSettings } from "./schema";

/** Files of modules that `extraRedisConf` loads. */
export const loadedFiles = ({ extraRedisConf }: Pick<DeploymentSettings, "extraRedisConf">): readonly string[] =>
  extraRedisConf.flatMap((line) => {
    const [directive, file] = splitWords(line) ?? [];
    return directive === "loadmodule" && file !== undefined ? [file] : [];
  });

/** Whether a user has a category that only a module brings. */
export const needsModules = ({ users }: Pick<DeploymentSettings, "users">): boolean =>
  users.some(({ commands }) => commands.some(isModuleCategory));

const isModuleCategory = (command: string): boolean => MODULE_CATEGORIES.includes(command);

/** Rights of a module's commands where none is loaded: no server would start with them. */
export function moduleProblems(settings: DeploymentSettings, place: Place): Problem[] {
  if (settings.modules || loadedFiles(settings).length > 0) {
    return [];
  }
  return settings.users.flatMap(({ commands }, user) =>
    commands.flatMap((command, index) =>
      isModuleCategory(command)
        ? [
            {
              path: pathAt(place, ["users", user, "commands", index]),
              reason: `is ${command}, which only a module brings, and the setting modules is false; allowed: categories of Redis's own; fix: ${setAt(place, ["modules"], "true")}, or take it away`,
            },
          ]
        : [],
    ),
  );
}
