import { text } from "../read";
import { CONTAINER, FIRST_OF_ALL_IN_PRODUCTION, IMAGE, sentence, type ResourceRule } from "./rule";

const HAS_DIGEST = /(^|@)sha256:[0-9a-f]+$/;

/** What is not known yet comes from a resource, and so is no tag that somebody wrote down. */
export const imageById: ResourceRule = {
  name: "image-by-id",
  description: "Containers are made from an image's id or digest, which always means the same image.",
  severities: FIRST_OF_ALL_IN_PRODUCTION,
  types: [CONTAINER],
  check: ({ name, props }) => {
    const image = text(props.image);
    return image === undefined || HAS_DIGEST.test(image)
      ? []
      : [
          sentence(
            `container ${name}: its image is ${image}, a name that may mean another image tomorrow`,
            "an image's id, or a name with @sha256:",
            "give it the imageId of a docker.RemoteImage",
          ),
        ];
  },
};

/**
 * Advisory: an image that was built or loaded where no registry can be reached has no digest, and nothing is wrong
 * with that. Containers get the id of what is there all the same.
 */
export const imageDigest: ResourceRule = {
  name: "image-digest",
  description: "In production the setting `image` names a digest, so that a registry cannot give another image.",
  severities: { production: "advisory", elsewhere: "disabled" },
  types: [IMAGE],
  check: ({ name, props }) => {
    const image = text(props.name);
    return image === undefined || HAS_DIGEST.test(image)
      ? []
      : [
          sentence(
            `image ${name}: ${image} has no digest, so the registry decides what it is`,
            "NAME:TAG@sha256:DIGEST, or an image that is built or loaded where no registry is",
            `pulumi config set image ${image}@sha256:DIGEST`,
          ),
        ];
  },
};
