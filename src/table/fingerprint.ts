import {
  BackendFlag,
  ENDPOINT_WORDS,
  EndpointFlag,
  FORMAT_VERSION,
  HOST_WORDS,
  HostFlag,
  hashHost,
  PATH_TYPES,
  RULE_WORDS,
  SECTIONS,
  TRANSPORTS,
  VALUE_MATCH_TYPES,
} from "./layout.ts";
import { conditionFields } from "./policies/authorization.ts";
import { clusterRecord } from "./policies/cluster-record.ts";
import { DEFAULT_RULE_POLICIES, rulePolicies } from "./policies/rule-policies.ts";

/**
 * Stands in each table's header. A compiler and a reader of different versions may agree on the format's version and
 * not on a policy's fields or defaults: they have different fingerprints, so that no table is read as something else.
 */
export const FINGERPRINT = hashHost(
  JSON.stringify([
    FORMAT_VERSION,
    [SECTIONS, PATH_TYPES, TRANSPORTS, VALUE_MATCH_TYPES],
    [ENDPOINT_WORDS, HOST_WORDS, RULE_WORDS, EndpointFlag, HostFlag, BackendFlag],
    [clusterRecord.shape, rulePolicies.shape, conditionFields.shape],
    DEFAULT_RULE_POLICIES,
  ]),
);
