// The shapes of the countries: Natural Earth at 1:50 million, simplified, each with its ISO 3166-1 alpha-2 code.

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import countries from "i18n-iso-countries";
import { presimplify, quantile, simplify } from "topojson-simplify";
import { quantize } from "topojson-client";

const KEPT_POINTS = 0.5;
const GRID = 1e4;
// Natural Earth gives Kosovo no number; GeoIP databases call it XK.
const WITHOUT_NUMBER = { Kosovo: "XK" };
// Nobody lives there, and it would take a fifth of the map.
const LEFT_OUT = new Set(["AQ"]);

function codeOf(geometry) {
  return countries.numericToAlpha2(geometry.id) ?? WITHOUT_NUMBER[geometry.properties.name] ?? "";
}

function simplified(world) {
  const weighted = presimplify(world);
  return quantize(simplify(weighted, quantile(weighted, 1 - KEPT_POINTS)), GRID);
}

export async function writeWorld(folder) {
  const world = JSON.parse(await readFile("node_modules/world-atlas/countries-50m.json", "utf8"));
  const shapes = world.objects.countries.geometries
    .map((geometry) => ({ ...geometry, id: undefined, properties: { code: codeOf(geometry) } }))
    .filter((geometry) => !LEFT_OUT.has(geometry.properties.code));
  const text = JSON.stringify(
    simplified({ ...world, objects: { countries: { type: "GeometryCollection", geometries: shapes } } }),
  );
  const name = `world-${createHash("sha256").update(text).digest("hex").slice(0, 8)}.json`;
  await writeFile(`${folder}/${name}`, text);
  return name;
}
