import * as pulumi from "@pulumi/pulumi";
import { version } from "../package.json";
import { construct } from "./construct";
import { packageSchema } from "./packageSchema";

void pulumi.provider.main(
  { version, construct, getSchema: () => Promise.resolve(JSON.stringify(packageSchema(version))) },
  process.argv.slice(2),
);
