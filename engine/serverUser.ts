/** User and group of the servers: those of the official images, and of the one that the tool chain builds. */
export const SERVER_IDS = { uid: 999, gid: 999 } as const;

/**
 * Both, as a container takes them. With the group, since an image that does not list the user would otherwise give it
 * root's group.
 */
export const SERVER_USER = `${SERVER_IDS.uid}:${SERVER_IDS.gid}` as const;
