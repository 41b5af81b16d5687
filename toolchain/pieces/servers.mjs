// The servers that the tests of durability try: always Debian's packages, since the machine has one version at most.

import { step } from "../say.mjs";
import { getServer, hasServer } from "../servers.mjs";
import { SERVERS } from "../versions.mjs";

const all = Object.entries(SERVERS);

const find = async () =>
  all.every(([name, server]) => hasServer(name, server))
    ? { summary: `${all.map(([name]) => name).join(", ")}, in .toolchain/servers` }
    : undefined;

/** @type {import("../piece.mjs").Piece} */
export const servers = {
  name: "servers",
  otherwise: `${all.map(([name]) => name).join(", ")}: Debian's are unpacked into .toolchain/ (tests only)`,
  find,
  async get({ env }) {
    for (const [name, server] of all.filter((entry) => !hasServer(...entry))) {
      await step(`servers: getting ${name} of Debian ${server.debian} (unpacked, not installed)`, (note) =>
        getServer(name, server, env, note),
      );
    }
    return /** @type {import("../piece.mjs").Found} */ (await find());
  },
};
