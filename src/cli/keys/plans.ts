import { isQuota, type Plan, QUOTA_WINDOWS } from "../../table/quota.ts";
import type { NamespaceFlags } from "../kv-flags.ts";
import { UsageError } from "../output.ts";
import { KeyNamespace } from "./namespace.ts";
import { BOUND, type ListFlags, rowsText, tell } from "./run.ts";

export interface SetPlanFlags extends NamespaceFlags {
  readonly minute?: number;
  readonly day?: number;
  readonly month?: number;
}

export interface RemovePlanFlags extends NamespaceFlags {
  readonly force: boolean;
}

/** Writes a plan as a whole: a window that is not named has no limit. */
export async function setPlan(name: string, flags: SetPlanFlags): Promise<void> {
  const given = QUOTA_WINDOWS.flatMap((window) => (isQuota(flags[window]) ? [[window, flags[window]]] : []));
  if (given.length === 0) throw new UsageError("a plan needs one of --minute, --day and --month");
  const namespace = new KeyNamespace(flags);
  const plan: Plan = Object.fromEntries(given);
  await namespace.writePlan(name, plan);
  tell(`plan ${name} is in ${namespace.name}: ${planText(plan)}; it holds within ${BOUND}`);
}

export async function listPlans({ format, ...flags }: ListFlags): Promise<void> {
  const plans = await new KeyNamespace(flags).listPlans();
  if (format === "json") {
    const told = plans.map(({ name, plan }) => ({ name, ...plan }));
    process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
  } else if (plans.length === 0) tell("no plans");
  else {
    const rows = plans.map(({ name, plan }) => [name, ...QUOTA_WINDOWS.map((window) => String(plan[window] ?? "-"))]);
    process.stdout.write(rowsText([["PLAN", "MINUTE", "DAY", "MONTH"], ...rows]));
  }
}

/** Keys of a plan that is gone can't be judged any more, so one that keys have stays unless it is forced. */
export async function removePlan(name: string, { force, ...flags }: RemovePlanFlags): Promise<void> {
  const namespace = new KeyNamespace(flags);
  if ((await namespace.readPlan(name)) === null) throw new UsageError(`there is no plan ${name} in ${namespace.name}`);
  const users = (await namespace.list()).filter(({ plan, revokedAt }) => plan === name && revokedAt === null);
  if (users.length > 0 && !force) {
    const which = users
      .slice(0, 3)
      .map(({ id }) => id)
      .join(", ");
    throw new UsageError(
      `${users.length} keys have the plan ${name} (${which}${users.length > 3 ? ", …" : ""}): revoke them first, or give --force`,
    );
  }
  await namespace.removePlan(name);
  tell(`plan ${name} is removed; edges know within ${BOUND}`);
}

function planText(plan: Plan): string {
  return QUOTA_WINDOWS.flatMap((window) => (plan[window] === undefined ? [] : `${plan[window]} a ${window}`)).join(
    ", ",
  );
}
