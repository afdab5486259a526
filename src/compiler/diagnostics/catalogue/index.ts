import type { CatalogueEntry } from "../diagnostic.ts";
import { annotationCodes } from "./annotations.ts";
import { clusterCodes } from "./clusters.ts";
import { commentCodes } from "./comments.ts";
import { ingressCodes } from "./ingress.ts";
import { policyCodes } from "./policies.ts";
import { resourceCodes } from "./resources.ts";
import { routeTestCodes } from "./route-tests.ts";
import { routeCodes } from "./routes.ts";
import { secretCodes } from "./secrets.ts";
import { sourceCodes } from "./sources.ts";

/**
 * Every code the compiler can report, one entry each, in families:
 * EI10xx reading files, EI11xx syntax, EI12xx shape of a resource, EI13xx comments, EI2xxx Ingress,
 * EI3xxx clusters and addresses, EI4xxx annotations, EI5xxx the merged routes,
 * EI6xxx policies and what they are attached to, EI7xxx Secrets that routes need, EI8xxx RouteTests.
 */
export const catalogue = {
  ...sourceCodes,
  ...resourceCodes,
  ...commentCodes,
  ...ingressCodes,
  ...clusterCodes,
  ...annotationCodes,
  ...routeCodes,
  ...policyCodes,
  ...secretCodes,
  ...routeTestCodes,
} as const satisfies Record<string, CatalogueEntry>;

/** A catalogued diagnostic code. */
export type Code = keyof typeof catalogue;
