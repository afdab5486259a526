import { isUnreadable, type Unreadable } from "../../../resources/templates.ts";
import { FALSE, type FamilyFinding, TRUE } from "./entry.ts";

/** See `FamilyFinding.ofEdge`. */
export const OF_EDGE = { ofEdge: true } as const;

/** The values of a family, read one by one, and what was found wrong with them: one run tells everything. */
export class FamilyValues {
  readonly values: ReadonlyMap<string, string>;
  readonly findings: FamilyFinding[] = [];

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }

  /** False where one of the values can't be read. */
  get isSound(): boolean {
    return this.findings.every(({ code }) => code !== "EI4006");
  }

  /** Null where the annotation is absent, empty or can't be read. */
  get<Value>(name: string, parse: (value: string) => Value | Unreadable): Value | null {
    const value = this.values.get(name) ?? "";
    if (value === "") return null;
    const parsed = parse(value);
    if (!isUnreadable(parsed)) return parsed;
    this.problem(name, parsed.problem, parsed);
    return null;
  }

  /** Null where it is neither true nor false. */
  boolean(name: string, usual: boolean): boolean | null {
    const value = this.values.get(name) ?? "";
    if (value === "") return usual;
    if (TRUE.includes(value)) return true;
    if (FALSE.includes(value)) return false;
    this.problem(name, "is neither true nor false");
    return null;
  }

  problem(name: string, says: string, { ofEdge }: Pick<FamilyFinding, "ofEdge"> = {}): void {
    this.findings.push({ name, code: "EI4006", says, ...(ofEdge && { ofEdge }) });
  }

  remark(name: string, says: string): void {
    this.findings.push({ name, code: "EI4008", says });
  }
}
