/** What an EdgePolicy or an annotation attaches to a rule: guards, limits, retries. None is compiled yet. */
export type Policy = never;
