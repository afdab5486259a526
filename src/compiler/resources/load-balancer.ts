import * as z from "zod";
import { dnsSubdomain, isIpAddress } from "./names.ts";
import type { LoadBalancerAddress } from "./resource.ts";
import { formed, unlessEmpty } from "./schema.ts";

const ip = (text: string) => (isIpAddress(text) ? null : "must be an IP address");
const name = (text: string) => (isIpAddress(text) ? "must be a DNS name, not an IP address" : dnsSubdomain(text));

/**
 * `status` of an Ingress or Service. Only the addresses are read: what a cloud or a newer version of Kubernetes puts
 * beside them is left alone. The rules are those of kubernetes/kubernetes:pkg/apis/networking/validation/validation.go,
 * ValidateIngressLoadBalancerStatus.
 */
export const loadBalancerStatus = z
  .object({
    loadBalancer: z
      .object({
        ingress: z
          .array(
            z.object({
              ip: z
                .string()
                .check(formed("EI1219", "the address", unlessEmpty(ip)))
                .nullish(),
              hostname: z
                .string()
                .check(formed("EI1219", "the host name", unlessEmpty(name)))
                .nullish(),
              ports: z.array(z.unknown()).nullish(),
            }),
          )
          .nullish(),
      })
      .nullish(),
  })
  .nullish();

/** The addresses of a status; entries that have neither an IP nor a name are none. */
export function loadBalancerAddresses(status: z.output<typeof loadBalancerStatus>): LoadBalancerAddress[] {
  const written = status?.loadBalancer?.ingress ?? [];
  return written.flatMap(({ ip, hostname }, index) => {
    if (!ip && !hostname) return [];
    return [{ ip: ip || null, hostname: hostname || null, path: ["status", "loadBalancer", "ingress", index] }];
  });
}
