import { PACKAGE } from "../../components/args";
import { DEPLOYMENT_LABEL } from "../../config/labels";
import { isUnknown, objects } from "../read";
import { IN_PRODUCTION, sentence, VOLUME, type ResourceRule } from "./rule";

const BASE = `${PACKAGE}:index:RedisBase`;

/**
 * The engine tells a policy whether a resource is protected, not whether it is retained on delete. So for the
 * deployment's own volumes the component says what is done with the data, and others have to be protected.
 */
export const dataKept: ResourceRule = {
  name: "data-kept",
  description: "A destroy does not delete data.",
  severities: IN_PRODUCTION,
  types: [BASE, VOLUME],
  check: ({ type, name, props, protect }) => {
    if (type === BASE) {
      return props.dataVolumes === "delete"
        ? [
            sentence(
              `deployment ${name}: dataVolumes is delete, so a destroy deletes the data`,
              "keep or protect",
              "pulumi config set dataVolumes protect",
            ),
          ]
        : [];
    }
    const own = isUnknown(props.labels) || objects(props.labels).some(({ label }) => label === DEPLOYMENT_LABEL);
    return own || protect
      ? []
      : [
          sentence(
            `volume ${name}: it is not protected, so a destroy deletes it`,
            "volumes with the resource option protect",
            "set protect: true in its options",
          ),
        ];
  },
};
