import type { CredentialSource } from "../../../table/policies/credential-source.ts";
import type { RulePolicies } from "../../../table/policies/rule-policies.ts";
import type { Problem } from "../../problem.ts";
import type { Visit } from "../visit.ts";

/** Who sends a request, as a check has proved. */
export interface Identity {
  /** Which check: `basic`, `jwt` … */
  readonly by: string;
  /** Where a check has several providers, the name of the one that vouches; else absent. */
  readonly provider?: string;
  /** Unique under that check. */
  readonly subject: string;
  /** What else was proved, by name: claims of a token, scopes of a key. Untrusted in shape. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What a check says of a request. */
export type Verdict = Allowed | Denied;

export interface Allowed {
  readonly allowed: true;
  readonly identity?: Identity;
  /** Where the credentials stood that it has checked. */
  readonly taken?: CredentialSource;
  /** Changes of headers that go with it; made only where this verdict counts. */
  readonly apply?: (visit: Visit) => void;
  /** It has nothing against the request, and nothing for it: where any check would do, this one does not. */
  readonly abstains?: boolean;
}

export interface Denied {
  readonly allowed: false;
  /** Decides between denials where any check would do: 401 stands above all others. */
  readonly status: number;
  readonly answer: Response | Problem;
}

/** One way to let requests in. It fails closed: what it can't decide it denies. */
export interface Check {
  judge(visit: Visit): Verdict | Promise<Verdict>;
  /** Keeps from the cluster what this check looks for, but for what stands at `taken`: another one has let the request in. */
  readonly withhold?: (visit: Visit, taken: CredentialSource | null) => void;
  /** What a client gets in the place of a 401, whichever check of the rule denied it; absent or null: that check's own answer. */
  readonly signIn?: (visit: Visit) => SignIn | Promise<SignIn>;
}

type SignIn = Response | Problem | null;

/** Makes the check of a rule out of its policies; null where they ask for none. Throws for a damaged table. */
export type CheckFactory = (policies: RulePolicies) => Check | null;
