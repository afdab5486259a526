import { boolean, type Coded, list, record, u32 } from "../codec.ts";

/** Which answers the last of a rule's backends, of weight 0, gives in the place of others: ingress-nginx's default backend. */
export const errorPages = record({
  /** 400 to 599. */
  statuses: list(u32),
  /** Whether answers of Services are replaced too, and not only the edge's own. */
  intercepts: boolean,
  /** Whether it takes requests that the rule's own Service can't be sent. */
  standsIn: boolean,
});
export type ErrorPages = Coded<typeof errorPages>;
