import { HISTORY, historyName, type Publication, readPublication, versionOf } from "../../table/publication.ts";
import { UsageError } from "../output.ts";
import { labelOf, notThere, type Published, publishedAs, type Unusable } from "./baseline.ts";
import type { Signer } from "./signing-key.ts";
import type { TableNamespace } from "./table-namespace.ts";

/** As people name an earlier version. */
export interface NamedVersion {
  readonly version: number;
  /** First digits of its table's hash; empty: its number alone is said. */
  readonly hash: string;
}

/** What is in KV. */
interface There {
  readonly namespace: TableNamespace;
  readonly signer: Signer;
  readonly active: Published | Unusable | null;
}

/**
 * What is to be served again; undefined: what served before, of another table. The history also has publications that never
 * served: of publishers that lost, or that ended before they wrote `active`. So a number alone means one that served, and
 * the others have to be named with their table. Throws `UsageError` where it can't be had.
 */
export async function earlierVersion(named: NamedVersion | undefined, there: There): Promise<Published> {
  return named === undefined ? versionBefore(there) : versionNamed(named, there);
}

async function versionBefore({ namespace, signer, active }: There): Promise<Published> {
  if (active === null) throw new UsageError("say which version: nothing is published");
  // What it replaced is signed, whatever became of its table.
  if (active.publication === null) throw new UsageError(`say which version: ${(active as Unusable).problem}`);
  for await (const served of servedTo(active.publication, namespace, signer)) {
    if (served.hash !== active.publication.hash) return publishedAs(historyName(served), namespace, signer);
  }
  throw new UsageError(
    "there is no earlier version of another table that is known to have served: name one as VERSION-TABLE, as `edge-ingress history` lists them",
  );
}

async function versionNamed({ version, hash }: NamedVersion, there: There): Promise<Published> {
  const { namespace, signer, active } = there;
  const named = hash === "" ? `${version}` : `${version}-${hash}`;
  const listed = (await namespace.history())
    .filter((entry) => entry.version === version)
    .map(({ name }) => ({ name, digits: name.slice(HISTORY.length).split("-")[1] ?? "" }))
    .filter(({ digits }) => digits.startsWith(hash.slice(0, digits.length)));
  const [only, ...more] = listed;
  if (only === undefined) throw new UsageError(notThere(named, namespace));
  const names = hash === "" ? await servedDownTo(version, active, namespace, signer) : [];
  if (more.length > 0) {
    const labels = listed.map(
      (entry) => `${labelOf({ version, hash: entry.digits })}${names.includes(entry.name) ? " (served)" : ""}`,
    );
    throw new UsageError(`${named} is the version of ${listed.length} publications: name one, ${labels.join(" or ")}`);
  }
  const found = await publishedAs(only.name, namespace, signer);
  if (hash !== "" && !found.publication.hash.startsWith(hash)) throw new UsageError(notThere(named, namespace));
  if (hash === "" && !names.includes(only.name)) {
    const label = labelOf(found.publication);
    throw new UsageError(
      `version ${version} is not known to have served: what serves does not come from it. To have it served all the same, name its table too: ${label}`,
    );
  }
  return found;
}

/** Names in the history of what served, from the active one to a version. */
async function servedDownTo(
  version: number,
  active: There["active"],
  namespace: TableNamespace,
  signer: Signer,
): Promise<readonly string[]> {
  const publication = active?.publication ?? null;
  if (publication === null) return [];
  const names = [historyName(publication)];
  if (publication.version <= version) return names;
  for await (const served of servedTo(publication, namespace, signer)) {
    names.push(historyName(served));
    if (served.version <= version) break;
  }
  return names;
}

/** What a publication came in the place of, what that one did, and so on, as they were signed, until one is not there. */
async function* servedTo(
  active: Publication,
  namespace: TableNamespace,
  { trusted }: Signer,
): AsyncGenerator<Publication> {
  for (let at = active; versionOf(at.replaces) !== null; ) {
    const text = await namespace.publication(at.replaces);
    const read = text === null ? null : await readPublication(text, trusted);
    if (read === null || !read.ok) return;
    // A signed entry under another one's name leads nowhere.
    if (historyName(read.publication) !== at.replaces || read.publication.version >= at.version) return;
    at = read.publication;
    yield at;
  }
}
