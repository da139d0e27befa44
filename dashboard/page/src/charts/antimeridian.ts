// Cuts polygons at the antimeridian: on a flat map one that crosses it would be drawn across the whole world.

import { geoEquirectangular, geoStream } from "d3-geo";

const HALF_TURN = 180;
/** Keeps degrees; adds only the points on the antimeridian. */
const flat = geoEquirectangular().scale(HALF_TURN / Math.PI).translate([0, 0]).reflectY(true).precision(0);

type Ring = GeoJSON.Position[];

/** The polygons of a shape, none of which crosses the antimeridian. */
export function withoutCrossing(shape: GeoJSON.Geometry): GeoJSON.MultiPolygon {
  const polygons = shape.type === "MultiPolygon" ? shape.coordinates : shape.type === "Polygon" ? [shape.coordinates] : [];
  return { type: "MultiPolygon", coordinates: polygons.flatMap((rings) => (crosses(rings[0] ?? []) ? parts(rings) : [rings])) };
}

function crosses(ring: Ring): boolean {
  return ring.some(([x = 0], place) => Math.abs(x - (ring[place - 1]?.[0] ?? x)) > HALF_TURN);
}

/** Make each ring a polygon: no country that crosses the antimeridian has a hole. */
function parts(rings: Ring[]): Ring[][] {
  const made: Ring[][] = [];
  let ring: Ring = [];
  const sink = {
    point: (x: number, y: number) => void ring.push([x, y]),
    lineStart: () => {
      ring = [];
    },
    lineEnd: () => void made.push([[...ring, ring[0] as GeoJSON.Position]]),
    polygonStart: () => undefined,
    polygonEnd: () => undefined,
  };
  geoStream({ type: "Polygon", coordinates: rings }, flat.stream(sink));
  return made;
}
