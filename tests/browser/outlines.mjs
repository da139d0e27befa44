// Prints which countries have an outline that jumps from one side of the map to the other, before and after the cut,
// how many points lie outside of the map after it, and how many shapes there are.
import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { feature } from "topojson-client";
const made = await build({ entryPoints: ["src/charts/antimeridian.ts"], bundle: true, format: "esm", write: false });
const { withoutCrossing } = await import("data:text/javascript;base64," + Buffer.from(made.outputFiles[0].contents).toString("base64"));
const world = JSON.parse(await readFile(process.argv[1], "utf8"));
const before = feature(world, world.objects.countries).features;
const after = before.map((shape) => ({ ...shape, geometry: withoutCrossing(shape.geometry) }));
const outlines = ({ geometry: { type, coordinates } }) => (type === "Polygon" ? [coordinates] : coordinates).map(([outer]) => outer);
const jumps = (ring) => ring.some(([x], at) => at > 0 && Math.abs(x - ring[at - 1][0]) > 180);
const jumping = (shapes) => shapes.filter((shape) => outlines(shape).some(jumps)).map(({ properties: { code } }) => code);
const outside = after.flatMap(outlines).flat().filter(([x, y]) => Math.abs(x) > 180.001 || Math.abs(y) > 90);
console.log(JSON.stringify({ before: jumping(before), after: jumping(after), outside: outside.length, shapes: after.length }));
