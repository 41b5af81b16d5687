import { commandRefusal, commandRisk, isCategory } from "./commandRights";
import { pathAt, removeAt, setAt, type Place, type SettingPath } from "./places";
import { nearestName, type Problem } from "./problems";
import { parseRotation, TLS_AUTHORITY } from "./rotations";
import type { DeploymentSettings } from "./schema";
import { BUILT_IN_USERS, singleCommands, userNames } from "./users";

/** Names that are taken: by the users that every deployment has, and by Redis itself. */
const TAKEN: readonly string[] = [...BUILT_IN_USERS, "default", TLS_AUTHORITY];

/** What is wrong with the users of a deployment and their passwords. */
export function userProblems(settings: DeploymentSettings, place: Place): Problem[] {
  return [nameProblems, commandProblems, rotationProblems, passwordProblems].flatMap((find) => find(settings, place));
}

/** What users may do that endangers others. */
export function userWarnings(settings: DeploymentSettings): string[] {
  const byCommand = new Map<string, string[]>();
  for (const [user, commands] of Object.entries(singleCommands(settings))) {
    new Set(commands).forEach((command) => byCommand.set(command, [...(byCommand.get(command) ?? []), user]));
  }
  return [...byCommand].flatMap(([command, users]) => {
    const risk = commandRisk(command);
    return risk === undefined ? [] : [`${settings.name}: ${users.join(", ")} may use ${command}: ${risk}.`];
  });
}

/**
 * The items of a list, from its end, each with its place: whoever removes what is wrong in the order in which it is said
 * must not move what is to be removed next.
 */
const fromTheEnd = <T>(items: readonly T[]): readonly [index: number, item: T][] => [...items.entries()].reverse();

function commandProblems({ appCommands, users }: DeploymentSettings, place: Place): Problem[] {
  const lists: readonly (readonly [SettingPath, readonly string[]])[] = [
    [["appCommands"], appCommands],
    ...users.map(({ commands }, index) => [["users", index, "commands"], commands] as const),
  ];
  return lists.flatMap(([list, commands]) =>
    fromTheEnd(commands).flatMap(([index, name]) => {
      const refusal = isCategory(name) ? undefined : commandRefusal(name);
      if (refusal === undefined) {
        return [];
      }
      const path: SettingPath = [...list, index];
      const fix = refusal.instead === undefined ? removeAt(place, path) : setAt(place, path, `'${refusal.instead}'`);
      const allowed = "a command that all servers know and that endangers neither the roles nor all data";
      return [
        {
          path: pathAt(place, path),
          reason: `got "${name}", which ${refusal.reason}; allowed: ${allowed}; fix: ${fix}`,
        },
      ];
    }),
  );
}

function nameProblems({ users }: DeploymentSettings, place: Place): Problem[] {
  return users.flatMap(({ name }, index) => {
    const path = pathAt(place, ["users", index, "name"]);
    const fix = `fix: ${setAt(place, ["users", index, "name"], "NAME")}`;
    if (TAKEN.includes(name)) {
      return [{ path, reason: `is ${name}, which is taken; allowed: any other name than ${TAKEN.join(", ")}; ${fix}` }];
    }
    const first = users.findIndex((user) => user.name === name);
    return first < index
      ? [{ path, reason: `is ${name}, as users[${first}]'s; allowed: a different name for each user; ${fix}` }]
      : [];
  });
}

function rotationProblems(settings: DeploymentSettings, place: Place): Problem[] {
  const { tls, tlsCertificate } = settings;
  const known = [...userNames(settings), ...(tls && tlsCertificate === "" ? [TLS_AUTHORITY] : [])];
  const rotations = settings.rotations.map(parseRotation);
  return fromTheEnd(rotations).flatMap(([index, { user }]) => {
    const path = pathAt(place, ["rotations", index]);
    // Another deployment may have the user, and need the item of the common list.
    const instead = place.inherited.has("rotations") ? ", or give this deployment a list of its own" : "";
    const remove = removeAt(place, ["rotations", index]) + instead;
    const fix = `fix: ${remove}`;
    if (!known.includes(user)) {
      const nearest = nearestName(user, known);
      const hint = nearest === undefined ? `allowed: ${known.join(", ")}; fix` : `did you mean ${nearest}? Fix`;
      return [{ path, reason: `names the user ${user}, which there is not; ${hint}: ${remove}` }];
    }
    if (rotations.findIndex((other) => other.user === user) < index) {
      return [{ path, reason: `names the user ${user} a second time; allowed: once for each user; ${fix}` }];
    }
    return user === "app" && settings.password !== ""
      ? [
          {
            path,
            reason: `rotates a generated password, but app's is the one in the setting password; allowed: a new password, with the old one as previousPassword; ${fix}`,
          },
        ]
      : [];
  });
}

function passwordProblems({ password, previousPassword }: DeploymentSettings, place: Place): Problem[] {
  return previousPassword !== "" && password === ""
    ? [
        {
          path: pathAt(place, ["previousPassword"]),
          reason: `is set without password, beside which it would be accepted; allowed: both, or neither; fix: ${removeAt(place, ["previousPassword"])}`,
        },
      ]
    : [];
}
