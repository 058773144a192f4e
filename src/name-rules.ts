/** What a mode, server, client, secret or certificate may be called: it becomes a folder, a file, a part of a variable's name. */

export const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
export const LONGEST_NAME = 40;
/** Stands in a sandbox's folder beside those of its modes. */
export const NO_MODE_NAME = "identity";
