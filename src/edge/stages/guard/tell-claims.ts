import type { JwtProvider } from "../../../table/policies/jwt.ts";
import { logUntold } from "../../observe/refusals.ts";
import type { Visit } from "../visit.ts";
import { type Claims, claimAt, headerValueOf } from "./jwt/claims.ts";

/** Tells the cluster claims in headers; one that can't be told, or is not there, is told by nobody else either. */
export function tellClaims(visit: Visit, claimsToHeaders: JwtProvider["claimsToHeaders"], claims: Claims): void {
  for (const { claim, header } of claimsToHeaders) {
    const value = claimAt(claims, claim) ?? null;
    const told = value === null ? null : headerValueOf(value);
    if (told !== null) visit.toCluster.set(header, told);
    else visit.toCluster.remove(header);
    if (value !== null && told === null) logUntold(claim, visit.requestId);
  }
}
