import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { allMembers, type DeploymentPlan, type EnginePlan } from "../config/plan";
import { rotationOf } from "../config/rotations";
import { userNames, type UserPasswords } from "../config/users";
import { ownerOf } from "../engine/ownership";
import { surveyEngine, type Surveys } from "../engine/survey";
import { RollingUpdate } from "../rollout/rollout";
import type { GroupSecrets } from "../config/secrets";
import { PACKAGE } from "./args";
import { Certificates } from "./certificates";
import { ownState, stackIdentity } from "./ownState";
import { ownershipLabels } from "../config/labels";

export interface RedisBaseArgs {
  /** The deployment to prepare the engines for. */
  readonly plan: DeploymentPlan;
  /** What the engines have now, where somebody has looked already; else it looks itself. */
  readonly surveys?: Surveys;
  /** Value of the label by which the stack knows its own things; by default found out from its state. */
  readonly owner?: string;
}

/** What the members on one engine stand on. */
interface Ground {
  readonly provider: docker.Provider;
  readonly image: docker.RemoteImage;
  readonly network?: docker.Network;
}

/**
 * What all members of a deployment stand on: a provider, the image and the network on every engine, and the users' passwords.
 *
 * All members are declared right after it, without an `await` in between: which containers are replaced, and in which
 * order, is decided as soon as the engines were looked at.
 */
export class RedisBase extends pulumi.ComponentResource {
  readonly plan: DeploymentPlan;
  /** Passwords of all users; secret. Generated, but for `app`'s where the setting `password` has one. */
  readonly passwords: pulumi.Output<UserPasswords>;
  /** Passwords, and with TLS certificates and their keys; secret. */
  readonly secrets: pulumi.Output<GroupSecrets>;
  /** Says when each member's container may be replaced. */
  readonly rollout: RollingUpdate;
  /** Value of the label `redis-on-docker.stack` on all that is the deployment's. */
  readonly owner: Promise<string>;
  private readonly grounds: ReadonlyMap<string, Ground>;

  constructor(name: string, args: RedisBaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      `${PACKAGE}:index:RedisBase`,
      name,
      { deployment: args.plan.name, dataVolumes: args.plan.settings.dataVolumes },
      opts,
    );
    this.plan = args.plan;
    this.passwords = this.createPasswords();
    const certificates = args.plan.settings.tls
      ? new Certificates(`${args.plan.name}-certificates`, { plan: args.plan }, { parent: this })
      : undefined;
    this.secrets = pulumi
      .all([this.passwords, certificates?.all])
      .apply(([passwords, tls]) => ({ passwords, ...(tls === undefined ? {} : { tls }) }));
    const surveys = args.surveys === undefined ? surveyEngines(args.plan) : Promise.resolve(args.surveys);
    this.owner = args.owner === undefined ? findOwner(args.plan, surveys) : Promise.resolve(args.owner);
    const engines = new Map(allMembers(args.plan).map(({ engine }) => [engine.endpoint, engine] as const));
    this.grounds = new Map([...engines].map(([endpoint, engine]) => [endpoint, this.prepareEngine(engine)] as const));
    this.rollout = new RollingUpdate({
      plan: args.plan,
      owner: this.owner,
      surveys,
      images: new Map([...this.grounds].map(([endpoint, { image }]) => [endpoint, image.imageId])),
      secrets: this.secrets,
      resource: this,
    });
    this.registerOutputs({ passwords: this.passwords });
  }

  /** Provider, image and network of the engine that a member is placed on. */
  on(engine: EnginePlan): Ground {
    return this.grounds.get(engine.endpoint)!;
  }

  private createPasswords(): pulumi.Output<UserPasswords> {
    const { settings } = this.plan;
    const all = userNames(settings).map((user) => [user, this.passwordsOf(user)] as const);
    return pulumi.secret(pulumi.output(Object.fromEntries(all)));
  }

  private passwordsOf(user: string): readonly pulumi.Input<string>[] {
    const { password, previousPassword } = this.plan.settings;
    if (user === "app" && password !== "") {
      return [password, previousPassword].filter((given) => given !== "").map((given) => pulumi.secret(given));
    }
    const { generation, overlap } = rotationOf(this.plan.settings, user);
    return (overlap ? [generation, generation - 1] : [generation]).map((each) => this.generate(user, each));
  }

  private generate(user: string, generation: number): pulumi.Output<string> {
    // With a point, which no user's name has: there may be one called `app-1`.
    const name = `${this.plan.name}-password-${user}${generation === 0 ? "" : `.${generation}`}`;
    // Letters and digits only, so that no configuration file, shell or URL ever has to quote it.
    return new random.RandomPassword(name, { length: 32, special: false }, { parent: this }).result;
  }

  private prepareEngine(engine: EnginePlan): Ground {
    const { name, settings, networks } = this.plan;
    const provider = new docker.Provider(`${name}-${engine.name}`, { host: engine.endpoint }, { parent: this });
    const opts = { parent: this, provider };
    // An image id, not a tag, is what containers get: a tag would replace them for ever. The image stays on the engine
    // after a destroy, where other deployments may use it. Another image must be there before the old one is let go:
    // the provider would have it the other way round, and the engine would first delete all containers made from it.
    const image = new docker.RemoteImage(
      `${name}-${engine.name}-image`,
      { name: settings.image, keepLocally: true },
      { ...opts, deleteBeforeReplace: false },
    );
    const planned = networks.find((network) => network.engine.endpoint === engine.endpoint);
    if (planned === undefined) {
      return { provider, image };
    }
    const network = new docker.Network(
      `${name}-${engine.name}-network`,
      {
        name: planned.name,
        driver: "bridge",
        ipamConfigs: [{ subnet: planned.subnet }],
        labels: this.owner.then((owner) => ownershipLabels(name, owner)),
      },
      opts,
    );
    return { provider, image, network };
  }
}

async function surveyEngines(plan: DeploymentPlan): Promise<Surveys> {
  const endpoints = [...new Set(allMembers(plan).map(({ engine }) => engine.endpoint))];
  const surveys = await Promise.all(
    endpoints.map((endpoint) => surveyEngine({ endpoint, image: plan.settings.image, listeners: [] })),
  );
  return new Map(endpoints.map((endpoint, index) => [endpoint, surveys[index]!]));
}

const findOwner = async (plan: DeploymentPlan, surveys: Promise<Surveys>): Promise<string> =>
  ownerOf(await ownState(), [await surveys], [plan], stackIdentity());
