/**
 * Whose habits an Ingress counts on. `ingress-nginx`: what its controller does without being asked holds, and ties are
 * settled its way. `kubernetes`: what the API's documentation says and nothing else.
 */
export type Dialect = "ingress-nginx" | "kubernetes";
