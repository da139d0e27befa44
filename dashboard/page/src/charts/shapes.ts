// The country shapes by ISO 3166-1 code, with the bounding box of each country's largest part. Loaded once.

import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import { withoutCrossing } from "./antimeridian";

declare const WORLD_FILE: string;

type Point = readonly [longitude: number, latitude: number];
export type Box = readonly [west: number, south: number, east: number, north: number];
type World = Topology<{ countries: GeometryCollection<{ code: string }> }>;

export interface Shapes {
  readonly geoJson: { type: "FeatureCollection"; features: { properties: { name: string } }[] };
  readonly boxes: ReadonlyMap<string, Box>;
}

let fetched: Promise<Shapes> | null = null;

export function shapes(): Promise<Shapes> {
  fetched ??= read().catch((error: unknown) => {
    fetched = null;
    throw error;
  });
  return fetched;
}

async function read(): Promise<Shapes> {
  const response = await fetch(`assets/${WORLD_FILE}`);
  if (!response.ok) throw new Error(`cannot load the country shapes: HTTP ${response.status}`);
  const world = (await response.json()) as World;
  const features = feature(world, world.objects.countries).features.map((shape) => ({ ...shape, geometry: withoutCrossing(shape.geometry) }));
  const named = features.map((shape) => ({ ...shape, properties: { name: shape.properties.code } }));
  // Some countries have several shapes: the largest comes last.
  const boxes = features.map((shape) => [shape.properties.code, boxOf(shape.geometry)] as const);
  boxes.sort(([, first], [, second]) => areaOf(first) - areaOf(second));
  return { geoJson: { type: "FeatureCollection", features: named }, boxes: new Map(boxes) };
}

function boxOf({ coordinates }: GeoJSON.MultiPolygon): Box {
  const boxes = coordinates.map(([outer]) => around(outer as unknown as Point[]));
  return boxes.reduce((largest, box) => (areaOf(box) > areaOf(largest) ? box : largest), boxes[0] ?? [0, 0, 0, 0]);
}

export function around(points: readonly Point[]): Box {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

export function areaOf([west, south, east, north]: Box): number {
  return (east - west) * (north - south);
}

export function joined(first: Box, second: Box): Box {
  const [west, south] = [Math.min(first[0], second[0]), Math.min(first[1], second[1])];
  return [west, south, Math.max(first[2], second[2]), Math.max(first[3], second[3])];
}
