import type { Region } from "../../src/table/policies/health-check.ts";
import type { Random } from "./random.ts";

/** Degrees. */
export interface Spot {
  readonly latitude: number;
  readonly longitude: number;
}

/** One place of Cloudflare's network, and of the clients that it serves. */
export interface Colo {
  readonly name: string;
  readonly spot: Spot;
  /** `request.cf` of its clients. */
  readonly cf: Readonly<Record<string, string>>;
}

/** Where the clusters and the objects of a region stand: a city with a large data centre. */
export const CITIES: Readonly<Record<Region, Spot>> = {
  wnam: { latitude: 37, longitude: -122 },
  enam: { latitude: 39, longitude: -77 },
  sam: { latitude: -23, longitude: -47 },
  weur: { latitude: 50, longitude: 9 },
  eeur: { latitude: 52, longitude: 21 },
  apac: { latitude: 1, longitude: 104 },
  oc: { latitude: -34, longitude: 151 },
  afr: { latitude: -26, longitude: 28 },
  me: { latitude: 25, longitude: 55 },
};

/** Continent, latitude, longitude, and how many of some 330 cities of the network lie about there. */
const METROS: readonly (readonly [continent: string, latitude: number, longitude: number, colos: number])[] = [
  ["NA", 41, -74, 20],
  ["NA", 42, -88, 14],
  ["NA", 32, -97, 12],
  ["NA", 34, -118, 14],
  ["NA", 47, -122, 6],
  ["NA", 26, -80, 6],
  ["NA", 19, -99, 6],
  ["NA", 44, -78, 8],
  ["SA", -23, -46, 22],
  ["SA", -35, -58, 8],
  ["SA", 5, -74, 8],
  ["SA", -25, -71, 6],
  ["EU", 51, 0, 12],
  ["EU", 48, 2, 10],
  ["EU", 50, 9, 14],
  ["EU", 40, -4, 7],
  ["EU", 45, 10, 9],
  ["EU", 59, 17, 8],
  ["EU", 52, 21, 8],
  ["EU", 41, 29, 5],
  ["EU", 52, 33, 5],
  ["AS", 35, 139, 10],
  ["AS", 37, 127, 5],
  ["AS", 31, 120, 18],
  ["AS", 23, 114, 14],
  ["AS", 2, 103, 10],
  ["AS", -6, 107, 7],
  ["AS", 14, 101, 7],
  ["AS", 14, 121, 6],
  ["AS", 19, 73, 12],
  ["AS", 28, 77, 8],
  ["AS", 25, 55, 8],
  ["AS", 25, 45, 6],
  ["AS", 43, 76, 4],
  ["AF", 6, 3, 7],
  ["AF", -1, 37, 6],
  ["AF", -26, 28, 7],
  ["AF", 30, 31, 5],
  ["AF", 33, -7, 3],
  ["OC", -33, 151, 7],
  ["OC", -37, 175, 3],
  ["OC", -32, 116, 2],
];

/** Degrees by which a colo lies beside its metro. */
const SCATTER = 4;

/** Colos spread over the continents about as the network is. */
export function colosOf(count: number, random: Random): Colo[] {
  const cities = METROS.reduce((sum, [, , , colos]) => sum + colos, 0);
  return Array.from({ length: count }, (_, index) => {
    const [continent, latitude, longitude] = metroAt(((index + random.next()) * cities) / count);
    const beside = (degrees: number) => degrees + random.between(-SCATTER, SCATTER);
    const spot = { latitude: beside(latitude), longitude: beside(longitude) };
    const name = `${continent}${index}`;
    const cf = { colo: name, continent, latitude: `${spot.latitude}`, longitude: `${spot.longitude}` };
    return { name, spot, cf };
  });
}

function metroAt(city: number): (typeof METROS)[number] {
  let first = 0;
  for (const metro of METROS) {
    first += metro[3];
    if (city < first) return metro;
  }
  return METROS[0] as (typeof METROS)[number];
}

/** Milliseconds of a round trip: light in fibre, on a way half as long again as the great circle, and some routers. */
export function roundTrip(from: Spot, to: Spot): number {
  return 4 + (2 * 1.5 * kilometres(from, to)) / 200;
}

/** By the angle between the two, seen from the middle of the Earth. */
function kilometres(from: Spot, to: Spot): number {
  const [a, b] = [onSphere(from), onSphere(to)];
  const cosine = a.reduce((sum, value, axis) => sum + value * (b[axis] as number), 0);
  return 6371 * Math.acos(Math.min(1, Math.max(-1, cosine)));
}

function onSphere({ latitude, longitude }: Spot): number[] {
  const [north, east] = [latitude, longitude].map((degrees) => (degrees * Math.PI) / 180) as [number, number];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}
