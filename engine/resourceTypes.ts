/** Types of the resources in a stack's state that are looked for there. */
export const CONTAINER = "docker:index/container:Container";
export const NETWORK = "docker:index/network:Network";
export const VOLUME = "docker:index/volume:Volume";
export const PROVIDER = "pulumi:providers:docker";
