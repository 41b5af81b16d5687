import { isLoopback, subnetsOverlap } from "./addresses";
import { extraLineProblem } from "./extraLines";
import { moduleProblems } from "./moduleRules";
import { pathAt, setAt, type Place } from "./places";
import { allMembers, planDeployment, type DeploymentPlan } from "./plan";
import { shownName, type Problem } from "./problems";
import { MAX_PORT, type DeploymentSettings, type SettingName } from "./schema";
import { tlsProblems, tlsWarnings } from "./tlsRules";
import { userProblems, userWarnings } from "./userRules";

/** Docker refuses less than 6 MiB; a Redis with its buffers does not start below this. */
const MIN_MEMORY_LIMIT_MB = 32;

/** Complete settings of a deployment, and where they stand. */
export interface PlacedSettings {
  readonly settings: DeploymentSettings;
  readonly place: Place;
}

/** Every rule between fields that the settings break: within one deployment first, then between deployments. */
export function ruleProblems(deployments: readonly PlacedSettings[]): Problem[] {
  const within = deployments.flatMap(deploymentProblems);
  return within.length > 0 ? within : sharedResourceProblems(deployments);
}

/** What works but is probably not meant. */
export function ruleWarnings({ settings, place }: PlacedSettings): string[] {
  const warnings: string[] = [];
  const { name, sentinels, hosts } = settings;
  if (settings.topology === "sentinel") {
    if (sentinels % 2 === 0) {
      warnings.push(
        `${name}: ${sentinels} Sentinels survive no more failures than ${sentinels - 1} would, since both need a majority; use ${sentinels - 1} or ${sentinels + 1} (${setAt(place, ["sentinels"], String(sentinels + 1))}).`,
      );
    }
    if (settings.replicas === 0) {
      warnings.push(`${name}: with no replica there is nothing to fail over to (${setAt(place, ["replicas"], "2")}).`);
    }
    if (hosts.length === 2) {
      warnings.push(
        `${name}: with two hosts the loss of one can take the Sentinels' majority with it; use three or more.`,
      );
    }
  }
  if (settings.minReplicasToWrite > 0 && settings.minReplicasToWrite === settings.replicas) {
    warnings.push(
      `${name}: with minReplicasToWrite as high as replicas, all writes are refused while a single node is away, also after the master's death; make one replica more, or ask for one less (${setAt(place, ["replicas"], String(settings.replicas + 1))}).`,
    );
  }
  if (settings.memoryLimitMb > 0 && settings.maxmemoryMb === 0) {
    warnings.push(
      `${name}: memoryLimitMb without maxmemoryMb lets the kernel kill Redis when it grows (${setAt(place, ["maxmemoryMb"], maxmemoryFor(settings))}).`,
    );
  }
  return [...warnings, ...tlsWarnings(settings, place), ...userWarnings(settings)];
}

/** The rest is for buffers, and for the copy on write while a snapshot is written. */
const maxmemoryFor = ({ memoryLimitMb }: DeploymentSettings): string => String(Math.floor(memoryLimitMb * 0.6));

function deploymentProblems({ settings: s, place }: PlacedSettings): Problem[] {
  const problems: Problem[] = [];
  const wrong = (setting: SettingName, reason: string, value: string | number) =>
    problems.push({
      path: pathAt(place, [setting]),
      reason: `${reason}; fix: ${setAt(place, [setting], String(value))}`,
    });

  if (s.topology === "sentinel" && s.quorum > s.sentinels) {
    wrong(
      "quorum",
      `is ${s.quorum}, more than the ${s.sentinels} Sentinels there are, so no failover could ever start; allowed: 0 (a majority) to ${s.sentinels}`,
      0,
    );
  }
  if (s.minReplicasToWrite > s.replicas) {
    wrong(
      "minReplicasToWrite",
      `is ${s.minReplicasToWrite}, more than the ${s.replicas} replicas there are, so the master would refuse every write; allowed: 0 to ${s.replicas}`,
      s.replicas,
    );
  }
  if (s.memoryLimitMb > 0 && s.memoryLimitMb < MIN_MEMORY_LIMIT_MB) {
    wrong(
      "memoryLimitMb",
      `is ${s.memoryLimitMb}, too little to start Redis; allowed: 0 (no limit) or ${MIN_MEMORY_LIMIT_MB} and more`,
      256,
    );
  }
  if (s.sentinelMemoryLimitMb > 0 && s.sentinelMemoryLimitMb < MIN_MEMORY_LIMIT_MB) {
    wrong(
      "sentinelMemoryLimitMb",
      `is ${s.sentinelMemoryLimitMb}, too little for a Sentinel and its clients; allowed: 0 (no limit) or ${MIN_MEMORY_LIMIT_MB} and more`,
      128,
    );
  }
  if (s.memoryLimitMb > 0 && s.maxmemoryMb >= s.memoryLimitMb) {
    wrong(
      "maxmemoryMb",
      `is ${s.maxmemoryMb}, not below the container's limit memoryLimitMb (${s.memoryLimitMb}), so the kernel would kill Redis before it evicts; allowed: less than ${s.memoryLimitMb}`,
      maxmemoryFor(s),
    );
  }
  if (s.redisPort + s.replicas > MAX_PORT) {
    wrong(
      "redisPort",
      `the last replica would be on port ${s.redisPort + s.replicas}; allowed: at most ${MAX_PORT - s.replicas}`,
      6380,
    );
  }
  if (s.topology === "sentinel" && s.sentinelPort + s.sentinels - 1 > MAX_PORT) {
    wrong(
      "sentinelPort",
      `the last Sentinel would be on port ${s.sentinelPort + s.sentinels - 1}; allowed: at most ${MAX_PORT + 1 - s.sentinels}`,
      26379,
    );
  }
  s.extraRedisConf.forEach((line, index) => {
    const reason = extraLineProblem(line);
    if (reason !== undefined) {
      problems.push({ path: pathAt(place, ["extraRedisConf", index]), reason });
    }
  });
  return [
    ...problems,
    ...hostProblems(s, place),
    ...tlsProblems(s, place),
    ...userProblems(s, place),
    ...moduleProblems(s, place),
  ];
}

function hostProblems({ hosts }: DeploymentSettings, place: Place): Problem[] {
  const problems: Problem[] = [];
  for (const field of ["name", "endpoint", "address"] as const) {
    hosts.forEach((host, index) => {
      const first = hosts.findIndex((other) => other[field] === host[field]);
      if (first < index) {
        problems.push({
          path: pathAt(place, ["hosts", index, field]),
          reason: `is ${host[field]}, as hosts[${first}]'s; allowed: a different ${field} for each host; fix: ${setAt(place, ["hosts", index, field], "VALUE")}`,
        });
      }
    });
  }
  hosts.forEach((host, index) => {
    if (hosts.length > 1 && isLoopback(host.address)) {
      problems.push({
        path: pathAt(place, ["hosts", index, "address"]),
        reason: `is ${host.address}, under which the other hosts cannot reach it; allowed: an address in a network that all hosts share; fix: ${setAt(place, ["hosts", index, "address"], "ADDRESS")}`,
      });
    }
  });
  return problems;
}

/** Names, ports and networks that two members would both claim on one engine. */
function sharedResourceProblems(deployments: readonly PlacedSettings[]): Problem[] {
  const plans = deployments.map(({ settings, place }) => ({ place, plan: planDeployment(settings, "the engine") }));
  return [...memberClashes(plans), ...networkClashes(plans)];
}

interface PlacedPlan {
  readonly plan: DeploymentPlan;
  readonly place: Place;
}

function memberClashes(plans: readonly PlacedPlan[]): Problem[] {
  const problems: Problem[] = [];
  const claims = new Map<string, { readonly owner: string; readonly place: Place }>();
  for (const { plan, place } of plans) {
    for (const member of allMembers(plan)) {
      const { endpoint } = member.engine;
      const owner = place.key === undefined ? member.name : `${member.name} (deployment ${shownName(place.key)})`;
      const claim = (what: string, settingFor: (holder: Place) => SettingName, value: string) => {
        const key = `${endpoint} ${what}`;
        const holder = claims.get(key);
        if (holder === undefined) {
          claims.set(key, { owner, place });
          return;
        }
        const setting = settingFor(holder.place);
        const reason = `${owner} and ${holder.owner} would both have ${what} on ${endpoint}; fix: ${setAt(place, [setting], value)}`;
        problems.push({ path: pathAt(place, [setting]), reason });
      };
      const isData = member.kind === "data";
      const suffix = isData ? "replicaSuffix" : "sentinelSuffix";
      claim(`the name ${member.name}`, (holder) => (holder === place ? suffix : "name"), "VALUE");
      claim(`port ${member.hostPort}`, () => (isData ? "redisPort" : "sentinelPort"), "PORT");
    }
  }
  return problems;
}

function networkClashes(plans: readonly PlacedPlan[]): Problem[] {
  return plans.flatMap(({ plan, place }, index) =>
    plans.slice(0, index).flatMap((other) =>
      plan.networks.flatMap(({ engine, subnet }) => {
        const clash = other.plan.networks.find(
          (one) => one.engine.endpoint === engine.endpoint && subnetsOverlap(one.subnet, subnet),
        );
        const fix = setAt(place, ["subnet"], `172.31.${index}.0/24`);
        return clash === undefined
          ? []
          : [
              {
                path: pathAt(place, ["subnet"]),
                reason: `${subnet} overlaps ${clash.subnet} of deployment ${shownName(other.place.key ?? other.plan.name)} on ${engine.endpoint}; fix: ${fix}`,
              },
            ];
      }),
    ),
  );
}
