import * as pulumi from "@pulumi/pulumi";
import { membersOf } from "../checks/members";
import { askEngine } from "../checks/hopeless";
import { openObserver } from "../checks/observe";
import { failure } from "../config/failure";
import { bringSecrets } from "../changes/bring";
import { tell } from "../changes/tell";
import { allMembers, type DeploymentPlan, type MemberPlan } from "../config/plan";
import { reasonOf } from "../config/reason";
import { renderGroupEnv } from "../config/render/groupEnv";
import { renderSecrets } from "../config/render/secrets";
import type { GroupSecrets } from "../config/secrets";
import type { Surveys } from "../engine/survey";
import { lastWords } from "../engine/lastWords";
import { buildContract } from "../outputs/buildContract";
import type { Contract } from "../outputs/contract";
import { clientsNotice } from "./clients";
import { conduct, RolloutStopped, type Stage } from "./conduct";
import { scrub } from "../checks/failures";
import { promoteAnother } from "../handover/promoteAnother";
import { masterNow } from "./masterNow";
import { findMembers, whereTheyAre, type FoundMember } from "./members";
import { strandedMaster } from "./strandedMaster";
import { describeRollout, rolloutOf, turnsOf, type Replacement } from "./order";

/** What a rollout has to know of its deployment. */
export interface RolloutArgs {
  readonly plan: DeploymentPlan;
  /** Value of the label that its own containers carry. */
  readonly owner: Promise<string>;
  /** What the engines had when the program started. */
  readonly surveys: Promise<Surveys>;
  /** Id of the image, by the engine's endpoint. */
  readonly images: ReadonlyMap<string, pulumi.Output<string>>;
  readonly secrets: pulumi.Output<GroupSecrets>;
  /** Resource that its messages are about. */
  readonly resource: pulumi.Resource;
}

/** Milliseconds between two looks at the group. */
const LOOK_EVERY_MS = 250;

/**
 * Tells every container of a deployment when its turn has come: those that are replaced go one after the other, all
 * others at once.
 *
 * A turn is a promise that a container's `dependsOn` waits for. So no resource depends on another one, and nothing of
 * it is in the state; see docs/architecture.md for what else was tried.
 */
export class RollingUpdate {
  private readonly turns = new Map<string, Deferred<void>>();
  private readonly ids = new Map<string, Deferred<string>>();
  private readonly revisions = new Map<string, string>();
  /** Whether it is known who is replaced; who is declared later would wait for a turn that never comes. */
  private decided = false;

  constructor(private readonly args: RolloutArgs) {
    // Whatever goes wrong in here has to end the update: a turn that never comes would end it without a word.
    this.run().catch((error: unknown) => this.fail(error));
  }

  /**
   * Announces a member, at the moment in which its container is declared.
   *
   * @param revision value of its label `redis-on-docker.revision`.
   * @returns resolves when its container may be created or replaced.
   * @throws pulumi.RunError when others were declared so long ago that it is decided already who is replaced.
   */
  turn({ name }: MemberPlan, revision: string): Promise<void> {
    if (this.decided) {
      throw failure(
        `${name} is declared too late: which containers are replaced is decided as soon as the engines were looked at; fix: declare all members right after RedisBase, without an await in between`,
      );
    }
    this.revisions.set(name, revision);
    return this.deferred(this.turns, name).promise;
  }

  /** Hands in the id of a declared container, which is there once it is what the plan says. */
  declared({ name }: MemberPlan, id: pulumi.Output<string>): void {
    const known = this.deferred(this.ids, name);
    id.apply((value) => known.resolve(value));
  }

  private async run(): Promise<void> {
    const { plan, resource } = this.args;
    const surveys = await this.args.surveys;
    const found = findMembers(plan, surveys, await this.args.owner);
    const images = await this.images(surveys);
    this.decided = true;
    const stranded = await strandedMaster(plan, found);
    if (stranded !== undefined) {
      throw failure(stranded);
    }
    const target = { revisions: this.revisions, images };
    const rollout = rolloutOf(plan, found, target);
    const turns = turnsOf(plan, found, target, rollout);
    const waiting = new Set(turns.map(({ name }) => name));
    // What is created waits for nobody.
    [...this.turns.keys()].filter((name) => !waiting.has(name)).forEach((name) => this.release(name));
    const line = describeRollout(rollout, rollout.replaced.length > 0 ? await masterNow(plan, found) : undefined);
    if (line !== undefined) {
      await pulumi.log.info(line, resource);
    }
    const notice = clientsNotice(plan, found);
    if (notice !== undefined) {
      await pulumi.log.warn(notice, resource);
    }
    if (pulumi.runtime.isDryRun() || rollout.together !== undefined) {
      waiting.forEach((name) => this.release(name));
      return;
    }
    await this.roll(turns, found);
  }

  /** In a preview the id may not be known yet; what the engine has under that name tells the same. */
  private async images(surveys: Surveys): Promise<ReadonlyMap<string, string | undefined>> {
    const { images } = this.args;
    const known = await Promise.all(
      [...images].map(async ([endpoint, id]) => {
        const value = pulumi.runtime.isDryRun() ? surveys.get(endpoint)?.imageId : await valueOf(id);
        return [endpoint, value] as const;
      }),
    );
    return new Map(known);
  }

  private async roll(turns: readonly Replacement[], found: readonly FoundMember[]): Promise<void> {
    const { plan, resource } = this.args;
    const secrets = await valueOf(this.args.secrets);
    const contract = buildContract(plan, secrets);
    const moved = new Set<string>();
    const present = (): Contract => whereTheyAre(contract, plan, found, moved);
    let observer = openObserver(present());
    // Where Sentinels run, they decide; a master that is stopped hands over with their help.
    const underSentinel = found.some(({ kind, running }) => kind === "sentinel" && running);
    const handOver = underSentinel
      ? undefined
      : plan.sentinels.length > 0
        ? (master: string) => this.introduceSentinels(master)
        : (master: string) => promoteAnother(present(), master, (text) => stage.tell(text));
    const stage: Stage = {
      look: () => observer.look(),
      container: askEngine,
      prepare: () => this.announceSecrets(turns, secrets),
      release: (name) => this.release(name),
      done: async (name) => {
        const id = await this.deferred(this.ids, name).promise;
        moved.add(name);
        observer.close();
        observer = openObserver(present());
        return id;
      },
      handOver,
      lastWords: async (name) => {
        const engine = membersOf(contract).find((member) => member.name === name)!.engine;
        return scrub(contract, await lastWords(engine, name));
      },
      tell: (text, passing = false) => void pulumi.log.info(text, resource, undefined, passing),
    };
    try {
      await conduct(contract, turns, stage, {
        patienceMs: plan.settings.checkTimeoutS * 1000,
        lookEveryMs: LOOK_EVERY_MS,
      });
    } finally {
      observer.close();
    }
  }

  /**
   * Members keep their containers until their turn comes; meanwhile they have to let in whoever logs in
   * with the passwords of now. One that could not be counted on may not answer: its turn comes all the same.
   */
  private async announceSecrets(replaced: readonly Replacement[], secrets: GroupSecrets): Promise<void> {
    const { plan } = this.args;
    const isBroken = new Map(replaced.map(({ name, broken }) => [name, broken]));
    const members = allMembers(plan).filter(({ name }) => isBroken.has(name));
    await Promise.all(
      members.map((member) => {
        const brought = bringSecrets(member, renderSecrets(plan, member, secrets));
        return isBroken.get(member.name) === true ? brought.catch(() => undefined) : brought;
      }),
    );
  }

  /**
   * A master that was made without Sentinels would leave its role to a person. The gate has just seen that they all name
   * it; told of them, it hands over with their help when it is stopped.
   */
  private async introduceSentinels(master: string): Promise<void> {
    const { plan } = this.args;
    const node = plan.nodes.find(({ name }) => name === master)!;
    const refusal = await tell(node.engine.endpoint, master, renderGroupEnv(plan, node));
    if (refusal !== undefined) {
      throw new Error(
        `${master} is the master and would be replaced, but does not take the word on its Sentinels (${refusal}); it was not touched. See: npm run logs -- ${master}; then run \`npm run up\` again`,
      );
    }
  }

  private release(name: string): void {
    this.deferred(this.turns, name).resolve();
  }

  /** The update fails with one container; the others' turns never come, so nothing more is touched. */
  private fail(error: unknown): void {
    const next = error instanceof RolloutStopped ? this.turns.get(error.next) : undefined;
    const waiting = next ?? [...this.turns.values()].find(({ settled }) => !settled) ?? this.deferred(this.turns, "");
    waiting.reject(failure(reasonOf(error)));
  }

  private deferred<T>(all: Map<string, Deferred<T>>, name: string): Deferred<T> {
    const known = all.get(name) ?? new Deferred<T>();
    all.set(name, known);
    return known;
  }
}

/** A promise that is settled from outside. */
class Deferred<T> {
  readonly promise: Promise<T>;
  settled = false;
  private settle!: { resolve: (value: T) => void; reject: (error: Error) => void };

  constructor() {
    this.promise = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
  }

  resolve(value: T): void {
    this.settled = true;
    this.settle.resolve(value);
  }

  reject(error: Error): void {
    this.settled = true;
    this.settle.reject(error);
  }
}

const valueOf = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => output.apply((value) => resolve(value)));
