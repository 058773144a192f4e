/** The shape of nats-sandbox.yaml. */
import { z } from "zod";
import { ENGINES, KEY_TYPES, PULL_POLICIES } from "../option-words.ts";
import { OwnMode } from "./mode-schema.ts";
import { Limits, mapping, Name, Port } from "./shapes.ts";

export const File = mapping({
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
      "must be up to 63 letters, digits, dots, dashes and underscores, the first a letter or digit",
    )
    .optional()
    .describe("Name of the sandbox (--name)."),
  engine: z
    .enum(ENGINES)
    .optional()
    .describe("What runs the servers (--engine); kubernetes is not there yet."),
  server: z
    .string()
    .optional()
    .describe(
      "The nats-server to run: a version, or a path, a relative one from this file's folder (--server).",
    ),
  docker: mapping({
    image: z
      .string()
      .optional()
      .describe("An image whose entry point is nats-server, in place of the official one (--image)."),
    pull: z
      .enum(PULL_POLICIES)
      .optional()
      .describe("When to pull the image: what is missing, always, or never (--pull)."),
    network: z
      .string()
      .optional()
      .describe("A network of the engine that the servers join too, as nats-MODE (--network)."),
    alias: z.string().optional().describe("The server's name in that network, for one mode (--alias)."),
    containers: z
      .boolean()
      .optional()
      .describe("Publish to the engine's containers too, as host.docker.internal (--containers)."),
  })
    .optional()
    .describe(
      "How servers run in containers. This chooses the docker engine, unless --engine names another.",
    ),
  hosts: z
    .array(z.string())
    .optional()
    .describe("Names and addresses that the certificates are good for beside localhost (--host)."),
  keyType: z.enum(KEY_TYPES).optional().describe("Kind of the certificates' keys (--key-type)."),
  monitor: z.boolean().optional().describe("Open the monitoring port too, on loopback (--monitor)."),
  jetstream: z
    .union([z.boolean(), Limits], { error: "must be true, false, or limits: { memory: 64MB, disk: 256MB }" })
    .optional()
    .describe("Every server keeps streams: true, or within these limits (--jetstream)."),
  reports: z
    .array(z.string())
    .optional()
    .describe(
      "What check writes: html, json, junit, markdown, sarif, or one of these with =FILE, from this file's folder (--report).",
    ),
  modes: z
    .array(z.string())
    .min(1, "is empty: name a mode, or leave it out for core")
    .optional()
    .describe("Names, groups or all: what is started when the command names none. Default: core."),
  ports: z
    .record(
      z.string(),
      z.union([Port, z.record(Name, Port)], {
        error: "must be a port, or a mapping of servers and their ports",
      }),
    )
    .optional()
    .describe("A fixed client port by mode, or by mode and server; one that is taken is an error."),
  own: z.record(Name, OwnMode).optional().describe("Modes of your own, by name."),
}).describe("Settings of nats-sandbox for one project, and its own modes.");
