import { execFileSync } from "node:child_process";

const ip = (...words: readonly string[]): void => void execFileSync("ip", words, { stdio: "pipe" });

/** Another machine on a network with this one: a network namespace at the other end of a cable. Needs root. */
export class NetworkNeighbour {
  /** This machine's address on that network. */
  readonly ownAddress: string;

  /**
   * @param name of the namespace, at most 12 characters; it must be free.
   * @param subnet the second number of the network's addresses, 10.SUBNET.0.0/24.
   */
  constructor(
    private readonly name: string,
    private readonly subnet: number,
  ) {
    this.ownAddress = `10.${subnet}.0.1`;
  }

  plugIn(): void {
    const [near, far] = [`${this.name}-a`, `${this.name}-b`];
    ip("netns", "add", this.name);
    ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", this.name);
    ip("address", "add", `${this.ownAddress}/24`, "dev", near);
    ip("link", "set", near, "up");
    ip("-n", this.name, "address", "add", `10.${this.subnet}.0.2/24`, "dev", far);
    ip("-n", this.name, "link", "set", far, "up");
    ip("-n", this.name, "link", "set", "lo", "up");
  }

  /** The words with which a command runs there. */
  run(...command: readonly string[]): readonly [string, readonly string[]] {
    return ["ip", ["netns", "exec", this.name, ...command]];
  }

  /** The cable goes with the namespace. */
  unplug(): void {
    execFileSync("ip", ["netns", "delete", this.name], { stdio: "ignore" });
  }
}
