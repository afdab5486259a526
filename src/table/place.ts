import type { Cluster } from "./model.ts";
import type { Region } from "./policies/health-check.ts";

/** Where a client is, as far as the platform tells (`request.cf`); null where it tells nothing. */
export interface Place {
  /** The same for places that no distance tells apart. */
  readonly key: string;
  readonly colo: string;
  readonly country: string;
  readonly continent: string;
  /** Degrees; null where the platform does not tell. */
  readonly position: Position | null;
}

type Position = readonly [latitude: number, longitude: number];

/** About the middle of each of Cloudflare's location hints. */
const REGIONS: Readonly<Record<Region, Position>> = {
  wnam: [37, -120],
  enam: [40, -78],
  sam: [-20, -50],
  weur: [49, 4],
  eeur: [50, 24],
  apac: [15, 110],
  oc: [-33, 148],
  afr: [-5, 25],
  me: [26, 50],
};

/** About where most clients of a continent are. */
const CONTINENTS: ReadonlyMap<string, Position> = new Map([
  ["AF", [0, 20]],
  ["AN", [-75, 0]],
  ["AS", [25, 100]],
  ["EU", [49, 10]],
  ["NA", [39, -95]],
  ["OC", [-33, 148]],
  ["SA", [-20, -55]],
]);

/** Degrees of one field of the grid on which clients are told apart. */
const GRID = 5;

/**
 * Reads what the platform tells of a client's place; every field is optional there and untrusted in shape. Runs on every
 * request where distance counts (`npm run bench -- choose`).
 */
export function placeOf(cf: unknown): Place | null {
  if (typeof cf !== "object" || cf === null) return null;
  const told = cf as Readonly<Record<string, unknown>>;
  const colo = textOf(told.colo);
  const country = textOf(told.country);
  const continent = textOf(told.continent);
  const position = positionOf(textOf(told.latitude), textOf(told.longitude)) ?? CONTINENTS.get(continent) ?? null;
  if (colo === "" && country === "" && position === null) return null;
  const field = position === null ? "" : ` ${position[0]} ${position[1]}`;
  return { key: `${colo} ${country} ${continent}${field}`, colo, country, continent, position };
}

function textOf(told: unknown): string {
  return typeof told === "string" ? told : "";
}

/** The middle of the grid's field, or null where there is no such place on Earth. */
function positionOf(latitude: string, longitude: string): Position | null {
  if (latitude === "" || longitude === "") return null;
  const north = Math.round(Number(latitude) / GRID) * GRID;
  const east = Math.round(Number(longitude) / GRID) * GRID;
  return Math.abs(north) <= 90 && Math.abs(east) <= 180 ? [north, east] : null;
}

/** Ranks before any distance: what a Cluster names as near. */
const NEAR = ["colo", "country", "continent"] as const;
/** Kilometres that count as the same distance. */
const STEP = 500;
const NOWHERE = 1000;

/** How far a cluster is from a client: smaller is nearer, equal ranks share by weight. All are equal without a place. */
export function rankOf({ near, region }: Pick<Cluster, "near" | "region">, place: Place | null): number {
  if (place === null) return 0;
  for (const [rank, kind] of NEAR.entries()) {
    if (near.some((one) => one.kind === kind && one.code === place[kind])) return rank;
  }
  if (region === null || place.position === null) return NOWHERE;
  return NEAR.length + Math.round(kilometres(REGIONS[region], place.position) / STEP);
}

/** Great-circle distance on a sphere of 6,371 km (haversine). */
function kilometres([fromLatitude, fromLongitude]: Position, [toLatitude, toLongitude]: Position): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const half = (from: number, to: number) => Math.sin(radians(to - from) / 2) ** 2;
  const between =
    half(fromLatitude, toLatitude) +
    Math.cos(radians(fromLatitude)) * Math.cos(radians(toLatitude)) * half(fromLongitude, toLongitude);
  return 2 * 6371 * Math.asin(Math.sqrt(between));
}
