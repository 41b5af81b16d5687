import { isLoopback, subnetsOverlap } from "./addresses";
import { extraLineProblem } from "./extraLines";
import { planDeployment, type DeploymentPlan } from "./plan";
import type { Problem } from "./problems";
import type { DeploymentSettings } from "./schema";
import { tlsProblems, tlsWarnings } from "./tlsRules";
import { userProblems } from "./userRules";

const MAX_PORT = 65_535;
/** Docker refuses less than 6 MiB; a Redis with its buffers does not start below this. */
const MIN_MEMORY_LIMIT_MB = 32;

/** Every rule between fields that the settings break: within one deployment first, then between deployments. */
export function ruleProblems(deployments: readonly DeploymentSettings[]): Problem[] {
  const within = deployments.flatMap((settings) => {
    const prefix = deployments.length > 1 ? `deployments.${settings.name}.` : "";
    return deploymentProblems(settings).map((problem) => ({ ...problem, path: prefix + problem.path }));
  });
  return within.length > 0
    ? within
    : sharedResourceProblems(deployments.map((settings) => planDeployment(settings, "the engine")));
}

/** What works but is probably not meant. */
export function ruleWarnings(settings: DeploymentSettings): string[] {
  const warnings: string[] = [];
  const { name, sentinels, hosts } = settings;
  if (settings.topology === "sentinel") {
    if (sentinels % 2 === 0) {
      warnings.push(
        `${name}: ${sentinels} Sentinels survive no more failures than ${sentinels - 1} would, since both need a majority; use ${sentinels - 1} or ${sentinels + 1} (pulumi config set sentinels ${sentinels + 1}).`,
      );
    }
    if (settings.replicas === 0) {
      warnings.push(`${name}: with no replica there is nothing to fail over to (pulumi config set replicas 2).`);
    }
    if (hosts.length === 2) {
      warnings.push(
        `${name}: with two hosts the loss of one can take the Sentinels' majority with it; use three or more.`,
      );
    }
  }
  if (settings.memoryLimitMb > 0 && settings.maxmemoryMb === 0) {
    warnings.push(
      `${name}: memoryLimitMb without maxmemoryMb lets the kernel kill Redis when it grows (pulumi config set maxmemoryMb ${Math.floor(settings.memoryLimitMb * 0.6)}).`,
    );
  }
  return [...warnings, ...tlsWarnings(settings)];
}

function deploymentProblems(s: DeploymentSettings): Problem[] {
  const problems: Problem[] = [];
  const wrong = (path: string, reason: string) => problems.push({ path, reason });

  if (s.topology === "sentinel" && s.quorum > s.sentinels) {
    wrong(
      "quorum",
      `is ${s.quorum}, more than the ${s.sentinels} Sentinels there are, so no failover could ever start; allowed: 0 (a majority) to ${s.sentinels}; fix: pulumi config set quorum 0`,
    );
  }
  if (s.minReplicasToWrite > s.replicas) {
    wrong(
      "minReplicasToWrite",
      `is ${s.minReplicasToWrite}, more than the ${s.replicas} replicas there are, so the master would refuse every write; allowed: 0 to ${s.replicas}; fix: pulumi config set minReplicasToWrite ${s.replicas}`,
    );
  }
  if (s.memoryLimitMb > 0 && s.memoryLimitMb < MIN_MEMORY_LIMIT_MB) {
    wrong(
      "memoryLimitMb",
      `is ${s.memoryLimitMb}, too little to start Redis; allowed: 0 (no limit) or ${MIN_MEMORY_LIMIT_MB} and more; fix: pulumi config set memoryLimitMb 256`,
    );
  }
  if (s.sentinelMemoryLimitMb > 0 && s.sentinelMemoryLimitMb < MIN_MEMORY_LIMIT_MB) {
    wrong(
      "sentinelMemoryLimitMb",
      `is ${s.sentinelMemoryLimitMb}, too little for a Sentinel and its clients; allowed: 0 (no limit) or ${MIN_MEMORY_LIMIT_MB} and more; fix: pulumi config set sentinelMemoryLimitMb 128`,
    );
  }
  if (s.memoryLimitMb > 0 && s.maxmemoryMb >= s.memoryLimitMb) {
    wrong(
      "maxmemoryMb",
      `is ${s.maxmemoryMb}, not below the container's limit memoryLimitMb (${s.memoryLimitMb}), so the kernel would kill Redis before it evicts; allowed: less than ${s.memoryLimitMb}; fix: pulumi config set maxmemoryMb ${Math.floor(s.memoryLimitMb * 0.6)}`,
    );
  }
  if (s.redisPort + s.replicas > MAX_PORT) {
    wrong(
      "redisPort",
      `the last replica would be on port ${s.redisPort + s.replicas}; allowed: at most ${MAX_PORT - s.replicas}; fix: pulumi config set redisPort 6380`,
    );
  }
  if (s.topology === "sentinel" && s.sentinelPort + s.sentinels - 1 > MAX_PORT) {
    wrong(
      "sentinelPort",
      `the last Sentinel would be on port ${s.sentinelPort + s.sentinels - 1}; allowed: at most ${MAX_PORT + 1 - s.sentinels}; fix: pulumi config set sentinelPort 26379`,
    );
  }
  s.extraRedisConf.forEach((line, index) => {
    const reason = extraLineProblem(line);
    if (reason !== undefined) {
      wrong(`extraRedisConf[${index}]`, reason);
    }
  });
  return [...problems, ...hostProblems(s), ...tlsProblems(s), ...userProblems(s)];
}

function hostProblems({ hosts }: DeploymentSettings): Problem[] {
  const problems: Problem[] = [];
  for (const field of ["name", "endpoint", "address"] as const) {
    hosts.forEach((host, index) => {
      const first = hosts.findIndex((other) => other[field] === host[field]);
      if (first < index) {
        problems.push({
          path: `hosts[${index}].${field}`,
          reason: `is ${host[field]}, as hosts[${first}]'s; allowed: a different ${field} for each host; fix: pulumi config set --path 'hosts[${index}].${field}' VALUE`,
        });
      }
    });
  }
  hosts.forEach((host, index) => {
    if (hosts.length > 1 && isLoopback(host.address)) {
      problems.push({
        path: `hosts[${index}].address`,
        reason: `is ${host.address}, under which the other hosts cannot reach it; allowed: an address in a network that all hosts share; fix: pulumi config set --path 'hosts[${index}].address' ADDRESS`,
      });
    }
  });
  return problems;
}

/** Names, ports and networks that two members would both claim on one engine. */
function sharedResourceProblems(plans: readonly DeploymentPlan[]): Problem[] {
  const problems: Problem[] = [];
  const claims = new Map<string, string>();
  const claim = (what: string, engine: string, owner: string, path: string, fix: string) => {
    const key = `${engine} ${what}`;
    const holder = claims.get(key);
    if (holder === undefined) {
      claims.set(key, owner);
    } else {
      problems.push({ path, reason: `${owner} and ${holder} would both have ${what} on ${engine}; fix: ${fix}` });
    }
  };
  for (const plan of plans) {
    const prefix = plans.length > 1 ? `deployments.${plan.name}.` : "";
    const flag = plans.length > 1 ? (path: string) => `--path '${prefix}${path}'` : (path: string) => path;
    for (const member of [...plan.nodes, ...plan.sentinels]) {
      const isData = member.kind === "data";
      const portSetting = isData ? "redisPort" : "sentinelPort";
      const nameSetting = isData ? "replicaSuffix" : "sentinelSuffix";
      const owner = plans.length > 1 ? `${member.name} (deployment ${plan.name})` : member.name;
      claim(
        `the name ${member.name}`,
        member.engine.endpoint,
        owner,
        prefix + nameSetting,
        `pulumi config set ${flag(plans.length > 1 ? "name" : nameSetting)} VALUE`,
      );
      claim(
        `port ${member.hostPort}`,
        member.engine.endpoint,
        owner,
        prefix + portSetting,
        `pulumi config set ${flag(portSetting)} PORT`,
      );
    }
  }
  plans.forEach((plan, index) => {
    for (const other of plans.slice(0, index)) {
      for (const network of plan.networks) {
        const clash = other.networks.find(
          (o) => o.engine.endpoint === network.engine.endpoint && subnetsOverlap(o.subnet, network.subnet),
        );
        if (clash !== undefined) {
          problems.push({
            path: `deployments.${plan.name}.subnet`,
            reason: `${network.subnet} overlaps ${clash.subnet} of deployment ${other.name} on ${network.engine.endpoint}; fix: pulumi config set --path 'deployments.${plan.name}.subnet' 172.31.${index}.0/24`,
          });
        }
      }
    }
  });
  return problems;
}
