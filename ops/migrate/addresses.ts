import { endpointText, type Endpoint } from "../../config/plan";
import { MAX_PORT } from "../../config/schema";
import { EXIT, UserError } from "../../config/userError";

const FORM = "HOST:PORT, or several with commas between them: --from 127.0.0.1:6380,127.0.0.1:6381";

/**
 * The servers named on the command line. Pure.
 *
 * @throws UserError that names the one that cannot be read.
 */
export function parseAddresses(text: string | undefined): readonly Endpoint[] {
  if (text === undefined || text.trim() === "") {
    throw new UserError(`missing option: where is the data now? --from ${FORM}`, EXIT.usage);
  }
  const addresses = text.split(",").map((part) => parseAddress(part.trim()));
  const texts = addresses.map(endpointText);
  const twice = texts.find((each, at) => texts.indexOf(each) !== at);
  if (twice !== undefined) {
    throw new UserError(`--from names ${twice} twice.`, EXIT.usage);
  }
  return addresses;
}

function parseAddress(text: string): Endpoint {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^\s:@/]+)):(\d{1,5})$/i.exec(text) ?? [];
  const number = Number(port);
  if (port === undefined || number < 1 || number > MAX_PORT) {
    throw new UserError(`--from: "${text}" is no address of a server; it has to be ${FORM}`, EXIT.usage);
  }
  return { host: bracketed ?? plain!, port: number };
}
