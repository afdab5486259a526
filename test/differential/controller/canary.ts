import { type Annotations, canaryOf } from "./annotations.ts";

/**
 * balancer.lua, route_to_alternative_balancer, as maps: header, then cookie, then weight. Only weights that leave nothing to
 * chance. Maps compare texts without regard to case, so what is compared as a whole is written as an expression.
 */
export function canaryLines(
  variable: string,
  primary: string,
  canary: string,
  annotations: Annotations,
): readonly string[] {
  const read = canaryOf(annotations);
  if (read === null) throw new RangeError("no canary");
  const { header, headerValue, headerPattern, cookie, weight } = read;
  if (weight !== 0 && weight !== 100) throw new RangeError("a weight between leaves it to chance");
  const usual = ['"~^always$" 1;', '"~^never$" 0;'];
  const byHeader =
    headerValue !== "" ? [`"~^${headerValue}$" 1;`] : headerPattern !== "" ? [`"~${headerPattern}" 1;`] : usual;
  const headerVariable = header === "" ? '""' : `$http_${header.toLowerCase().replaceAll("-", "_")}`;
  const cookieVariable = cookie === "" ? '""' : `$cookie_${cookie}`;
  return [
    `map ${headerVariable} $${variable}_header { default ""; ${byHeader.join(" ")} }`,
    `map ${cookieVariable} $${variable}_cookie { default ""; ${usual.join(" ")} }`,
    `map "$${variable}_header:$${variable}_cookie" $${variable} {`,
    `"~^1" ${canary}; "~^0" ${primary}; "~^:1" ${canary}; "~^:0" ${primary}; default ${weight === 100 ? canary : primary}; }`,
  ];
}
