import type * as z from "zod";
import { rememberedOf } from "../remembered.ts";
import { isMapping } from "./fields.ts";
import type { Report } from "./finding.ts";

/** Whether a value is valid as it stands. False where it may be valid too: only the schema itself can say what it lacks. */
type Acceptor = (value: unknown) => boolean;

/** A rule of a value: reports what keeps the value from being valid. */
type Judgement<Value> = (value: Value, report: Report) => void;

const judgements = new WeakMap<object, Judgement<unknown>>();

/** Says what a check of a schema looks at, where it does nothing but look. */
export function judging<Value, Check extends object>(check: Check, judgement: Judgement<Value>): Check {
  judgements.set(check, judgement as Judgement<unknown>);
  return check;
}

const narrowings = new WeakSet<object>();

/** Marks a transform that gives back the very value it was given, or reports: its values can be accepted as they stand. */
export function narrowing<Transform extends object>(transform: Transform): Transform {
  narrowings.add(transform);
  return transform;
}

/**
 * A function that tells of most valid values that they are, without making anything: no copy of the value, no list of
 * findings. Parsing by the schema makes both for each field, a sixth of all that a compile asked memory for. What is accepted is the value
 * that parsing would give, but for fields that the schema does not name and drops. Null where a schema changes values, or
 * has parts that are not known here.
 */
export const acceptorOf: (schema: z.core.$ZodType) => Acceptor | null = rememberedOf(
  (schema: z.core.$ZodType): Acceptor | null => {
    const ofType = acceptorOfType(schema as z.core.$ZodTypes);
    const { checks = [] } = schema._zod.def;
    return ofType === null || checks.length === 0 ? ofType : withChecks(ofType, checks);
  },
);

function acceptorOfType({ _zod: { def } }: z.core.$ZodTypes): Acceptor | null {
  switch (def.type) {
    case "unknown":
      return () => true;
    case "string":
      return isPlain(def) ? (value) => typeof value === "string" : null;
    case "number":
      return isPlain(def) ? (value) => typeof value === "number" && Number.isFinite(value) : null;
    case "optional":
    case "nullable": {
      const inner = acceptorOf(def.innerType);
      const absent = def.type === "optional" ? undefined : null;
      return inner && ((value) => value === absent || inner(value));
    }
    case "array": {
      const element = acceptorOf(def.element);
      return element && ((value) => Array.isArray(value) && holdsOnly(value, element));
    }
    case "object":
      return acceptorOfObject(def);
    case "pipe": {
      const inner = acceptorOf(def.in);
      const outer = (def.out as z.core.$ZodTypes)._zod.def;
      if (inner === null || outer.type !== "transform" || !narrowings.has(outer.transform)) return null;
      const payload: z.core.ParsePayload = { value: null, issues: [] };
      return (value) => {
        if (!inner(value)) return false;
        payload.value = value;
        const made = outer.transform(value, payload);
        return isClean(payload) && made === value;
      };
    }
    default:
      return null;
  }
}

/** Holes too are asked about, which `every` passes over. */
function holdsOnly(list: readonly unknown[], accepts: Acceptor): boolean {
  for (const value of list) if (!accepts(value)) return false;
  return true;
}

/** Neither a format nor a conversion. */
function isPlain(def: z.core.$ZodTypeDef): boolean {
  return !("format" in def) && !("coerce" in def && def.coerce === true);
}

function acceptorOfObject({ shape, catchall }: z.core.$ZodObjectDef): Acceptor | null {
  if (catchall !== undefined && catchall._zod.def.type !== "unknown") return null;
  const fields: { readonly key: string; readonly accepts: Acceptor }[] = [];
  for (const [key, schema] of Object.entries(shape)) {
    const accepts = acceptorOf(schema);
    if (accepts === null) return null;
    fields.push({ key, accepts });
  }
  return (value) => {
    if (!isMapping(value)) return false;
    for (const { key, accepts } of fields) if (!accepts(value[key])) return false;
    return true;
  };
}

function withChecks(ofType: Acceptor, checks: readonly object[]): Acceptor | null {
  const judges = checks.flatMap((check) => judgements.get(check) ?? []);
  if (judges.length < checks.length) return null;
  let isValid = true;
  const report = () => {
    isValid = false;
  };
  return (value) => {
    if (!ofType(value)) return false;
    isValid = true;
    for (const judge of judges) judge(value, report);
    return isValid;
  };
}

/** Whether nothing was found; it is ready for the next value then, whatever was. */
function isClean(payload: z.core.ParsePayload): boolean {
  if (payload.issues.length === 0) return true;
  payload.issues.length = 0;
  return false;
}
