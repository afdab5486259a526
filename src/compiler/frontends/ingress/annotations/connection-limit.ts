import type { ConcurrencyLimit } from "../../../ir/concurrency-limit.ts";
import { concurrencyTermsOf, MOST_AT_A_TIME } from "../../../resources/edge-policy-concurrency-limit.ts";
import type { FamilyContext, FamilyReading } from "./entry.ts";
import { FamilyValues, OF_EDGE } from "./family-values.ts";
import { readAllowlist, readStatus, wholeNumber } from "./request-limits.ts";

const CONNECTIONS = "limit-connections";

/** The controller's key for the status of a refusal. */
const STATUS_KEY = "limit-conn-status-code";

/**
 * `limit-connections`: nginx's `limit_conn`, which counts requests whose header has been read and whose answer has not
 * ended (ngx_http_limit_conn_module). One zone for the Ingress and a client's address, as for `limit-rps`.
 */
export function readConnectionLimit(written: ReadonlyMap<string, string>, context: FamilyContext): FamilyReading {
  const values = new FamilyValues(written);
  const maxRequests = values.get(CONNECTIONS, wholeNumber) ?? 0;
  if (maxRequests <= 0) return { settings: [], findings: values.findings };
  // What is wrong with the list is told where the rates are read; here it only must not be passed over.
  const list = new FamilyValues(written);
  const exempt = readAllowlist(list);
  const status = readStatus(CONNECTIONS, STATUS_KEY, context, values);
  if (maxRequests > MOST_AT_A_TIME)
    values.problem(CONNECTIONS, `is above ${MOST_AT_A_TIME}, more than the edge counts`, OF_EDGE);
  const { namespace, name } = context.ingress.metadata;
  const id = `ingress/${namespace}/${name}/${CONNECTIONS}`;
  const limit = concurrencyTermsOf(id, { name: CONNECTIONS, maxRequests, ipv6Prefix: 128, status });
  const value: ConcurrencyLimit = { limits: [limit], exempt, isOfAnnotation: true };
  const settings = [{ name: CONNECTIONS, setting: { field: "concurrencyLimit", value } }] as const;
  return { settings: values.isSound && list.isSound ? settings : [], findings: values.findings };
}
