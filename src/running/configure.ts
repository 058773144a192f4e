/** Config and files of a mode's server, where an engine has placed it. */
import type { Placement, ServerFile } from "../engines/engine.ts";
import type { Mode, ServerRecipe } from "../model.ts";
import { renderConfig } from "../render.ts";
import { type Material, makeMaterial, resolveServer } from "../resolve.ts";
import { can } from "../server/capabilities.ts";

export interface Configured {
  readonly config: string;
  /** All that goes under the server's root, the config as `server.conf`. */
  readonly files: Readonly<Record<string, ServerFile>>;
}

/** A key that `version` lacks is not in the config. */
export function configure(
  mode: Mode,
  recipe: ServerRecipe,
  material: Material,
  placement: Placement,
  version: string,
): Configured {
  const { values, users, files } = resolveServer(material, recipe, placement.root);
  const config = renderConfig(recipe.template, {
    title: `nats-sandbox ${mode.name}: ${mode.title}. Test keys only.`,
    host: placement.host,
    ports: placement.ports,
    can: (capability) => can(version, capability),
    params: values,
    users,
    jetstream: mode.jetstream && { ...mode.jetstream, store: `${placement.root}/jetstream` },
  });
  return { config, files: { ...files, "server.conf": { text: config, secret: true } } };
}

/** Names of the servers that a mode hands out. */
export function serverNamesOf(mode: Mode): readonly string[] {
  return Object.keys(mode.servers).filter((name) => mode.servers[name]?.during === undefined);
}

/** The configs that a mode's servers would get, with fresh secrets, by name. Starts nothing. */
export async function previewConfigs(
  mode: Mode,
  placementOf: (id: string) => Placement,
  version: string,
): Promise<ReadonlyMap<string, string>> {
  const material = await makeMaterial(mode, {});
  return new Map(
    serverNamesOf(mode).map((name) => {
      const placement = placementOf(`${mode.name}/${name}`);
      const recipe = mode.servers[name] as ServerRecipe;
      const { config } = configure(mode, recipe, material, placement, version);
      return [name, config];
    }),
  );
}
