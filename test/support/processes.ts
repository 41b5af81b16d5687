import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { Redis, type RedisOptions } from "ioredis";
import { planDeployment, type DeploymentPlan, type NodePlan, type SentinelPlan } from "../../config/plan";
import { renderGroupEnv } from "../../config/render/groupEnv";
import { renderNodeEnv } from "../../config/render/nodeEnv";
import { renderRedisConf } from "../../config/render/redisConf";
import { renderSentinelConf } from "../../config/render/sentinelConf";
import { renderSecrets, type MemberSecrets } from "../../config/render/secrets";
import type { DeploymentOverrides } from "../../config/schema";
import type { GroupSecrets, GroupTls } from "../../config/secrets";
import { userNames, type UserPasswords } from "../../config/users";
import { parseDeployment } from "../../config/settings";
import { GROUP_VARIABLE, NODE_PROGRAM, nodeProgram, type NodeCommand } from "../../node/program";
import { certificatesFor } from "./certificates";
import { freePorts } from "./freePorts";
import { commandLine, descendants } from "./processTree";
import { waitFor } from "./waitFor";

/**
 * A deployment as bare processes on the loopback address: the same program and the same rendered files as in the
 * containers, a temporary folder for each process, no engine.
 */

/** What the tests vary beside the deployment's settings. */
export interface GroupOptions {
  readonly settings?: DeploymentOverrides;
  /** Bound of the wait for a majority's word; the plan's is too long for most tests. */
  readonly bootWaitS?: number;
  /** `busybox`: its shell and all its tools, as in Alpine images. */
  readonly tools?: "system" | "busybox";
  /** Folder with the server's commands; the one on the PATH otherwise. */
  readonly server?: string;
}

/** Runs `body` with a group of processes, none of them started yet; afterwards none is left, whatever happened. */
export async function withGroup(options: GroupOptions, body: (group: Group) => Promise<void>): Promise<void> {
  const group = await Group.create(options);
  try {
    await body(group);
  } catch (error) {
    // A new one: of an AssertionError, mocha shows the difference and drops the rest.
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${group.logs()}`, { cause: error });
  } finally {
    await group.destroy();
  }
}

export class Group {
  readonly nodes: readonly MemberProcess[];
  readonly sentinels: readonly MemberProcess[];
  /** Ends what a test runs beside its processes, also when the test fails. */
  readonly ended = new AbortController();
  /** Where members that start from now on find the server's commands, before all else on the PATH. */
  server: string | undefined;
  private readonly startedAt = Date.now();

  private constructor(
    readonly plan: DeploymentPlan,
    private allPasswords: UserPasswords,
    /** Certificates of the members, with the setting `tls`. */
    private tls: GroupTls | undefined,
    readonly ids: Readonly<Record<string, string>>,
    private readonly folder: string,
    readonly options: GroupOptions,
  ) {
    this.server = options.server;
    const shell = options.tools === "busybox" ? busyboxTools(folder) : undefined;
    const processOf = (member: NodePlan | SentinelPlan) => new MemberProcess(this, member, folder, shell);
    this.nodes = plan.nodes.map(processOf);
    this.sentinels = plan.sentinels.map(processOf);
    this.members.forEach((member) => this.render(member));
  }

  static async create(options: GroupOptions): Promise<Group> {
    if (options.server === undefined) {
      ["redis-server", "redis-cli"].forEach(requireProgram);
    }
    const first = await freePorts(20);
    const settings = parseDeployment({
      network: "host",
      redisPort: first,
      sentinelPort: first + 10,
      downAfterMs: 2000,
      save: "",
      // Redis's default lets a lone replica wait 5 s for company.
      extraRedisConf: ["repl-diskless-sync-delay 0"],
      ...options.settings,
    });
    const plan = planDeployment(settings, "unix:///unused");
    const ids = Object.fromEntries(plan.sentinels.map(({ name }) => [name, randomBytes(20).toString("hex")]));
    // Every kind of character that the contract allows.
    const password = () => `${randomBytes(12).toString("hex")}-_.~+=/@%:Z`;
    const passwords = Object.fromEntries(userNames(settings).map((user) => [user, [password()]]));
    return new Group(
      plan,
      passwords,
      settings.tls ? certificatesFor(plan) : undefined,
      ids,
      mkdtempSync(join(tmpdir(), "redis-group-")),
      options,
    );
  }

  get members(): readonly MemberProcess[] {
    return [...this.nodes, ...this.sentinels];
  }

  get secrets(): GroupSecrets {
    return { passwords: this.allPasswords, ...(this.tls === undefined ? {} : { tls: this.tls }) };
  }

  get passwords(): UserPasswords {
    return this.allPasswords;
  }

  /** From now on the tests log in with these. */
  use(passwords: UserPasswords): void {
    this.allPasswords = passwords;
  }

  /** From now on the tests trust these. */
  trust(tls: GroupTls): void {
    this.tls = tls;
  }

  /** What the tests' clients need to connect. */
  get clientTls(): RedisOptions {
    if (this.tls === undefined) {
      return {};
    }
    const { authorities, client } = this.tls;
    return { tls: { ca: authorities, ...(client && { cert: client.certificate, key: client.key }) } };
  }

  /** The newest password of a user. */
  passwordOf(user: string): string {
    return this.passwords[user]![0]!;
  }

  /** Writes what a deployment uploads; `change` alters a file's text, as changed settings would. */
  render(member: MemberProcess, change: (text: string) => string = (text) => text): void {
    const { plan } = member;
    writeFileSync(member.program, nodeProgram());
    member.putSecrets(renderSecrets(this.plan, plan, this.secrets));
    const env = renderNodeEnv(this.plan, plan, member.data, this.ids[plan.name]);
    const wait = `BOOT_WAIT_S='${this.options.bootWaitS ?? 3}'`;
    writeFileSync(join(member.home, "node.env"), change(env.replace(/^BOOT_WAIT_S=.*$/m, wait)));
    writeFileSync(join(member.home, "group.env"), change(renderGroupEnv(this.plan, plan, this.ids)));
    if (plan.kind === "data") {
      writeFileSync(join(member.home, "redis.conf"), change(renderRedisConf(this.plan, plan, member.data)));
    } else {
      const conf = renderSentinelConf(this.plan, plan, this.ids, member.data);
      writeFileSync(join(member.home, "sentinel.conf"), change(conf));
    }
  }

  start(members: readonly MemberProcess[] = this.members): void {
    members.forEach((member) => member.start());
  }

  async kill(members: readonly MemberProcess[] = this.members): Promise<void> {
    await Promise.all(members.map((member) => member.kill()));
  }

  async stop(members: readonly MemberProcess[] = this.members): Promise<void> {
    await Promise.all(members.map((member) => member.stop()));
  }

  /** Waits until one running node is master and all the other running ones are linked to it. */
  async settled(timeoutMs = 15_000): Promise<MemberProcess> {
    return waitFor(
      "one master with all other running nodes linked to it",
      async () => {
        const running = this.nodes.filter((node) => node.isRunning);
        const roles = await Promise.all(running.map((node) => node.role()));
        const master = running[roles.findIndex((role) => role.name === "master")];
        const others = roles.filter((role) => role.name !== "master");
        const settled = others.every((role) => role.link === "connected" && role.master === master?.address);
        return master !== undefined && others.length === running.length - 1 && settled && master;
      },
      { timeoutMs },
    );
  }

  /** Waits until all running Sentinels name this node. */
  async named(node: MemberProcess, timeoutMs = 15_000): Promise<void> {
    await waitFor(
      `all running Sentinels to name ${node.name} (${node.address})`,
      async () => {
        const running = this.sentinels.filter((sentinel) => sentinel.isRunning);
        const words = await Promise.all(running.map((sentinel) => sentinel.namedMaster()));
        return words.every((word) => word === node.address);
      },
      { timeoutMs },
    );
  }

  /** A first start that is complete. */
  async up(): Promise<MemberProcess> {
    this.start();
    const master = await this.settled();
    await this.named(master);
    await waitFor("every replica to be open for promotion", async () => {
      const priorities = await Promise.all(this.nodes.map((node) => node.command("CONFIG", "GET", "replica-priority")));
      return priorities.every((reply) => String(reply) === "replica-priority,100");
    });
    return master;
  }

  /** A client that finds the master through the Sentinels, and keeps looking for it. */
  masterClient(): Redis {
    const client = new Redis({
      sentinels: this.sentinels.map(({ plan }) => plan.announced),
      name: this.plan.settings.masterName,
      username: "app",
      password: this.passwordOf("app"),
      ...this.clientTls,
      ...(this.tls === undefined ? {} : { sentinelTLS: this.clientTls.tls, enableTLSForSentinelMode: true }),
      sentinelUsername: "app",
      sentinelPassword: this.passwordOf("app"),
      connectTimeout: 500,
      sentinelRetryStrategy: () => 50,
      retryStrategy: () => 50,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
    });
    return client.on("error", () => undefined);
  }

  nodeAt(address: string): MemberProcess {
    const node = this.nodes.find((candidate) => candidate.address === address);
    if (node === undefined) {
      throw new Error(`no data node has the address ${address}`);
    }
    return node;
  }

  /** Milliseconds since the group was created, for the logs. */
  get clock(): number {
    return Date.now() - this.startedAt;
  }

  logs(): string {
    return this.members.map((member) => `--- ${member.name} (${member.address})\n${member.timedLog}`).join("\n");
  }

  async destroy(): Promise<void> {
    this.ended.abort();
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What `ROLE` says. */
export interface Role {
  readonly name: "master" | "slave" | "sentinel";
  /** Whom a replica follows. */
  readonly master?: string;
  /** State of a replica's link: `connect`, `connecting`, `sync` or `connected`. */
  readonly link?: string;
}

/** One container's worth of processes: the script and what it starts. */
export class MemberProcess {
  readonly home: string;
  readonly data: string;
  /** Starts it again as soon as it ends, as Docker's restart policy does. */
  restarts = false;
  timedLog = "";
  private child: ChildProcess | undefined;
  private ended: Promise<number> = Promise.resolve(0);

  constructor(
    private readonly group: Group,
    readonly plan: NodePlan | SentinelPlan,
    folder: string,
    private readonly tools: string | undefined,
  ) {
    this.home = join(folder, plan.name, "home");
    this.data = join(folder, plan.name, "data");
    mkdirSync(this.home, { recursive: true });
    mkdirSync(this.data);
  }

  /** Puts secrets where a running member finds them when it is told to accept them. */
  bringSecrets({ term, files }: MemberSecrets, folder = `new-${term}`): void {
    const path = join(this.home, "secrets", folder);
    mkdirSync(path, { recursive: true });
    Object.entries(files).forEach(([name, content]) => writeFileSync(join(path, name), content, { mode: 0o600 }));
  }

  /** The same for one that does not run: it has accepted them already. */
  putSecrets(secrets: MemberSecrets): void {
    this.bringSecrets(secrets, secrets.term);
    writeFileSync(join(this.home, "secrets", "current"), `${secrets.term}\n`);
  }

  /** Whether a file is among the secrets of that content: a mark, say. */
  hasSecrets({ term }: MemberSecrets, file: string): boolean {
    return existsSync(join(this.home, "secrets", term, file));
  }

  /** As a container that was just made. */
  loseSecrets(): void {
    rmSync(join(this.home, "secrets"), { recursive: true });
    mkdirSync(join(this.home, "secrets"));
  }

  get program(): string {
    return join(this.home, basename(NODE_PROGRAM));
  }

  get name(): string {
    return this.plan.name;
  }

  get address(): string {
    return `${this.plan.announced.host}:${this.plan.announced.port}`;
  }

  get log(): string {
    return this.timedLog.replaceAll(/^ *\d+ ms {2}/gm, "");
  }

  /**
   * Waits until it has logged this: a line comes a moment after what it tells of. Looks often, since a test may want to
   * act in the middle of what is told.
   */
  async logged(what: RegExp): Promise<void> {
    await waitFor(`the log of ${this.name} to say ${what.source}`, () => what.test(this.log), {
      timeoutMs: 20_000,
      everyMs: 2,
    });
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  start(): void {
    if (this.child !== undefined) {
      throw new Error(`${this.name} is running already`);
    }
    // A process group of its own, as a container is.
    const entry: NodeCommand = this.plan.kind === "data" ? "boot" : "sentinel";
    const child = spawn(this.shell, [this.program, entry], { detached: true, env: this.environment, cwd: this.data });
    this.child = child;
    alive.add(child.pid!);
    const append = (chunk: Buffer) => {
      this.timedLog += chunk.toString().replaceAll(/^(?=.)/gm, `${String(this.group.clock).padStart(6)} ms  `);
    };
    child.stdout.on("data", append);
    child.stderr.on("data", append);
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        append(Buffer.from(`(ended: ${signal ?? code})\n`));
        killGroup(child.pid!);
        this.child = undefined;
        resolve(code ?? 128);
        if (this.restarts) {
          this.start();
        }
      });
    });
  }

  /** SIGTERM to the script, as `docker stop` sends it; gives the exit code. */
  async stop(): Promise<number> {
    this.restarts = false;
    this.child?.kill("SIGTERM");
    return this.ended;
  }

  /** SIGKILL to everything, as a host's end does. */
  async kill(): Promise<void> {
    this.restarts = false;
    if (this.child !== undefined) {
      killGroup(this.pid);
    }
    await this.ended;
  }

  /** SIGKILL to the server alone: the script sees it end. */
  killServer(): void {
    process.kill(this.serverPid(), "SIGKILL");
  }

  serverPid(): number {
    if (this.plan.kind === "sentinel") {
      return this.pid;
    }
    const server = descendants(this.pid).find((pid) => /(^|\/)(redis|valkey)-server[ \0]/.test(commandLine(pid)));
    if (server === undefined) {
      throw new Error(`${this.name} has no server running`);
    }
    return server;
  }

  /** Process ids of the script and everything below it. */
  allPids(): readonly number[] {
    return [this.pid, ...descendants(this.pid)];
  }

  /** Loses its volume. */
  emptyData(): void {
    readdirSync(this.data).forEach((entry) => rmSync(join(this.data, entry), { recursive: true }));
  }

  /** The recorded marker as a map; empty if there is none. */
  marker(): Readonly<Record<string, string>> {
    const file = join(this.data, "node.state");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    return Object.fromEntries(lines.map((line) => line.split("=", 2) as [string, string]));
  }

  /** Runs a part of the program to its end, as `docker exec` does. */
  run(entry: NodeCommand, ...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
    return new Promise((resolve) => {
      const options = { env: this.environment, timeout: 30_000 };
      const child = execFile(this.shell, [this.program, entry, ...args], options, (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error === null ? 0 : 1;
        resolve({ code, output: `${stdout}${stderr}`.trim() });
      });
      child.stdin?.end();
    });
  }

  /** As `run`, but hands on what it prints line by line; gives the exit code. */
  async watch(entry: NodeCommand, args: readonly string[], onLine: (line: string) => void): Promise<number | null> {
    const child = spawn(this.shell, [this.program, entry, ...args], {
      env: this.environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close") as Promise<[number | null]>;
    for await (const line of createInterface(child.stdout)) {
      onLine(line);
    }
    return (await ended)[0];
  }

  client(overrides: RedisOptions = {}): Redis {
    const { host, port } = this.plan.announced;
    const client = new Redis({
      host,
      port,
      username: "admin",
      password: this.group.passwordOf("admin"),
      ...this.group.clientTls,
      connectTimeout: 500,
      commandTimeout: 1000,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      enableReadyCheck: false,
      disableClientInfo: true,
      ...overrides,
    });
    // Errors reach whoever sent the command; without a listener ioredis prints them as well.
    return client.on("error", () => undefined);
  }

  async command(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const client = this.client();
    try {
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  async role(): Promise<Role> {
    const [name, host, port, link] = (await this.command("ROLE")) as [Role["name"], string, number, string];
    return name === "slave" ? { name, master: `${host}:${port}`, link } : { name };
  }

  async namedMaster(): Promise<string> {
    const answer = await this.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", this.group.plan.settings.masterName);
    return (answer as string[]).join(":");
  }

  /** `SENTINEL REPLICAS mymaster` and its like, each entry as an object. */
  async sentinelList(what: "REPLICAS" | "SENTINELS" | "MASTERS"): Promise<readonly Record<string, string>[]> {
    const name = what === "MASTERS" ? [] : [this.group.plan.settings.masterName];
    const entries = (await this.command("SENTINEL", what, ...name)) as string[][];
    return entries.map((entry) =>
      Object.fromEntries(
        entry.flatMap((field, index) => (index % 2 === 0 ? [[field, entry[index + 1]!] as const] : [])),
      ),
    );
  }

  private get shell(): string {
    return this.tools === undefined ? "/bin/sh" : join(this.tools, "sh");
  }

  private get environment(): NodeJS.ProcessEnv {
    const group = readFileSync(join(this.home, "group.env"), "utf8");
    return {
      PATH: [this.tools, this.group.server, process.env.PATH].filter(Boolean).join(":"),
      [GROUP_VARIABLE]: group,
    };
  }
}

/** Does something while a member's server takes connections and answers nothing; it goes on afterwards. */
export async function stalled(member: MemberProcess, work: () => Promise<void>): Promise<void> {
  const server = member.serverPid();
  process.kill(server, "SIGSTOP");
  try {
    await work();
  } finally {
    process.kill(server, "SIGCONT");
  }
}

/** Process groups that must not outlive the tests, also when the test runner is interrupted. */
const alive = new Set<number>();
process.on("exit", () => alive.forEach(killGroup));

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
  alive.delete(pid);
}

export function requireProgram(name: string): void {
  try {
    execFileSync("/bin/sh", ["-c", `command -v ${name}`], { stdio: "ignore" });
  } catch {
    throw new Error(
      `${name} is not on the PATH; on Debian: apt-get install redis-server redis-tools busybox-static gcc`,
    );
  }
}

/** A folder with busybox in the role of every tool. */
function busyboxTools(folder: string): string {
  requireProgram("busybox");
  const tools = join(folder, "tools");
  mkdirSync(tools);
  execFileSync("busybox", ["--install", "-s", tools]);
  return tools;
}
