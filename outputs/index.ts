/** What a consumer of the outputs needs; it loads nothing of Pulumi. */

export { accessOf, type Access } from "./access";
export {
  redisOptions,
  type Client,
  type ClientOptions,
  type DirectClientOptions,
  type SentinelClientOptions,
} from "./clientOptions";
export {
  CONTRACT_VERSION,
  ContractError,
  parseContract,
  type ClientTls,
  type Connection,
  type Contract,
  type ContractEndpoint,
  type ContractMember,
} from "./contract";
export { environmentOf, renderDotenv } from "./environment";
